//! One input, from its first byte to its last.

use std::io::{self, ErrorKind, Read, Write};

use kakashi_std::wire::{Item, Reader, SYNC};

use crate::blocks::{Blocks, Front};
use crate::printer::{Printer, TooLong};
use crate::trouble::Trouble;

/// How much is read at once.
const PIECE: usize = 128 << 10;

/// Writes all records of an input, and tells what of it was passed over.
///
/// # Errors
/// When the output fails; what is wrong with the input is told instead.
pub(crate) fn decode<W: Write>(
    input: &mut dyn Read,
    printer: &mut Printer<W>,
    tell: &mut dyn FnMut(Trouble),
) -> io::Result<()> {
    let mut stream = Stream { printer, tell, blocks: Blocks::default(), offset: 0, damaged: 0, any: false };
    let mut piece = vec![0; PIECE];
    let mut bytes = Vec::new();
    let mut wanted = 1;
    loop {
        while bytes.len() < wanted {
            match input.read(&mut piece) {
                Ok(0) => return stream.finish(&bytes),
                Ok(len) => bytes.extend_from_slice(&piece[..len]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    stream.finish(&bytes)?;
                    tell(Trouble::Unreadable(error));
                    return Ok(());
                }
            }
        }
        let (passed, more) = stream.pass(&bytes, false)?;
        bytes.drain(..passed);
        wanted = more;
        // The next piece may be long in coming.
        stream.printer.flush()?;
    }
}

struct Stream<'s, W> {
    printer: &'s mut Printer<W>,
    tell: &'s mut dyn FnMut(Trouble),
    blocks: Blocks,
    /// Bytes of the input that lie behind.
    offset: u64,
    /// How many of the last of them are damaged and not told yet.
    damaged: u64,
    /// There was a block, or the input begins as one does.
    any: bool,
}

impl<W: Write> Stream<'_, W> {
    /// Passes all blocks and all damage; returns how many bytes that were, and
    /// how many there must be to tell what comes next.
    fn pass(&mut self, bytes: &[u8], at_end: bool) -> io::Result<(usize, usize)> {
        self.any |= self.offset == 0 && bytes.starts_with(&SYNC);
        let mut at = 0;
        while at < bytes.len() {
            match self.blocks.front(&bytes[at..], at_end) {
                Front::Block(len) => {
                    self.tell_damage()?;
                    self.any = true;
                    self.block(&bytes[at..at + len])?;
                    at += len;
                    self.offset += len as u64;
                }
                Front::Damage(len) => {
                    at += len;
                    self.offset += len as u64;
                    self.damaged += len as u64;
                }
                Front::Unknown(wanted) => return Ok((at, wanted)),
            }
        }
        Ok((at, 1))
    }

    /// Passes what is left, of which no more will come.
    fn finish(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pass(bytes, true)?;
        if !self.any && self.damaged > 0 {
            let bytes = std::mem::take(&mut self.damaged);
            return self.tell(Trouble::NoBlock { bytes });
        }
        self.tell_damage()
    }

    fn block(&mut self, block: &[u8]) -> io::Result<()> {
        for item in Reader::new(block) {
            let printed = match item {
                Item::Record(record) => self.printer.record(&record)?,
                Item::Dropped(report) => self.printer.dropped(&report)?,
                Item::Skipped(bytes) => {
                    self.tell(Trouble::WrongItem { block: self.offset, bytes })?;
                    Ok(())
                }
                // Not an item of version 1.
                _ => Ok(()),
            };
            if let Err(TooLong(bytes)) = printed {
                self.tell(Trouble::TooLong { block: self.offset, bytes })?;
            }
        }
        Ok(())
    }

    fn tell_damage(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.damaged) {
            0 => Ok(()),
            bytes => self.tell(Trouble::Damaged { offset: self.offset - bytes, bytes }),
        }
    }

    /// Tells it after the lines that came before it.
    fn tell(&mut self, trouble: Trouble) -> io::Result<()> {
        self.printer.flush()?;
        (self.tell)(trouble);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::tests::block;
    use crate::options::Form;

    /// Gives so many bytes a call, then an error if there is one.
    struct Drip<'a>(&'a [u8], usize, Option<ErrorKind>);

    impl Read for Drip<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let len = self.1.min(room.len()).min(self.0.len());
            if let (0, Some(kind)) = (len, self.2) {
                return Err(kind.into());
            }
            let (now, rest) = self.0.split_at(len);
            room[..len].copy_from_slice(now);
            self.0 = rest;
            Ok(len)
        }
    }

    fn decoded(mut input: Drip<'_>) -> (String, Vec<String>) {
        let (mut lines, mut told) = (Vec::new(), Vec::new());
        let mut printer = Printer::new(Form::Text.encoder(false), &mut lines);
        decode(&mut input, &mut printer, &mut |trouble| told.push(trouble.to_string())).unwrap();
        drop(printer);
        (String::from_utf8(lines).unwrap(), told)
    }

    const LINE: &str = "1970-01-01T00:00:00.000000Z INFO t Said payload=";

    #[test]
    fn damage_is_told_once_with_its_place_whatever_the_pieces() {
        let one = block(b"one");
        let forged = block(&block(b"forged"));
        let len = one.len();
        let stream = [b"text\n", &one[..], &one[..20], &forged, b"\xf5", &one, &one[..len - 1]].concat();
        for piece in [1, 2, 3, 7, 64, 1000] {
            let (lines, told) = decoded(Drip(&stream, piece, None));
            let inner = "\"\\xf5kk";
            assert!(lines.starts_with(&format!("{LINE}one\n{LINE}{inner}")), "{lines}");
            assert!(lines.ends_with(&format!("\n{LINE}one\n")) && lines.lines().count() == 3, "{lines}");
            let expected = [
                "5 damaged bytes at offset 0 were passed over".to_owned(),
                format!("20 damaged bytes at offset {} were passed over", 5 + len),
                format!("1 damaged byte at offset {} was passed over", 25 + len + forged.len()),
                format!(
                    "{} damaged bytes at offset {} were passed over",
                    len - 1,
                    26 + 2 * len + forged.len()
                ),
            ];
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn an_input_without_a_block_is_told_to_be_none() {
        assert_eq!(decoded(Drip(b"", 9, None)), (String::new(), vec![]));
        let (lines, told) = decoded(Drip(b"2026-11-22T10:12:00.123456Z INFO app Started\n", 9, None));
        assert_eq!((lines.as_str(), told.len()), ("", 1));
        assert_eq!(told[0], "no kakashi block is in it (45 bytes); is it text or JSON already?");
        // One that has at least begun is a wire.
        let (lines, told) = decoded(Drip(&block(b"x")[..12], 5, None));
        assert_eq!(
            (lines.as_str(), told),
            ("", vec!["12 damaged bytes at offset 0 were passed over".into()])
        );
    }

    #[test]
    fn what_was_read_before_an_error_is_shown() {
        let one = block(b"one");
        let stream = [&one[..], &one[..9]].concat();
        let (lines, told) = decoded(Drip(&stream, 1000, Some(ErrorKind::TimedOut)));
        assert_eq!(lines, format!("{LINE}one\n"));
        let damaged = format!("9 damaged bytes at offset {} were passed over", one.len());
        assert_eq!(told, [damaged, "can't be read: timed out".into()]);
    }

    #[test]
    fn an_item_that_makes_no_sense_costs_itself_only() {
        let one = block(b"one");
        // A context that ends in its middle, before the record.
        let items = [&[3, 2, 1, 9], &one[10..one.len() - 4]].concat();
        let mut head = one[..6].to_vec();
        head.extend_from_slice(&(items.len() as u32).to_le_bytes());
        let mut wrong = [head, items].concat();
        let crc = crc32fast::hash(&wrong[4..]);
        wrong.extend_from_slice(&crc.to_le_bytes());
        let stream = [&one[..], &wrong].concat();
        let (lines, told) = decoded(Drip(&stream, 1000, None));
        assert_eq!(lines, format!("{LINE}one\n{LINE}one\n"));
        let expected =
            format!("4 bytes in the block at offset {} make no sense and were passed over", one.len());
        assert_eq!(told, [expected]);
    }
}
