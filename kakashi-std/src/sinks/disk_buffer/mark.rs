//! How far a set of files has been sent: a line in the set's lock file.
//!
//! It is written after the receiver's answer, by one write: a kill between the two has those
//! records sent twice, and nothing else has. A line that does not hold (the machine lost its
//! power while it was written) or that names a file which is gone counts as none.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

/// Where the line begins; before it stands the holder's id.
const OFFSET: u64 = 32;
const LINE_LEN: usize = 3 * 21 + 17;

/// A place in a file.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Mark {
    /// The file's number.
    pub(super) file: u64,
    /// Where the block begins that is next, or that has been taken in part.
    pub(super) block: u64,
    /// Up to where records have been taken.
    pub(super) taken: u64,
}

impl Mark {
    pub(super) fn write(self, mut file: &File) -> io::Result<()> {
        let mut line = format!("{:020} {:020} {:020} ", self.file, self.block, self.taken);
        line.push_str(&format!("{:016x}\n", sum(line.as_bytes())));
        file.seek(SeekFrom::Start(OFFSET))?;
        file.write_all(line.as_bytes())
    }

    pub(super) fn read(mut file: &File) -> Option<Self> {
        let mut line = [0; LINE_LEN];
        file.seek(SeekFrom::Start(OFFSET)).ok()?;
        file.read_exact(&mut line).ok()?;
        let mut words = std::str::from_utf8(&line).ok()?.split_whitespace();
        let mut number = || words.next()?.parse().ok();
        let mark = Self { file: number()?, block: number()?, taken: number()? };
        let holds = u64::from_str_radix(words.next()?, 16).ok()? == sum(line.get(..3 * 21)?);
        (holds && mark.block <= mark.taken).then_some(mark)
    }
}

/// FNV-1a.
fn sum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
