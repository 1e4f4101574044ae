//! How the memory of a flight recorder is laid out that outlives its process: `<16 hex digits>.kept`.
//!
//! A file is a [`KeptFileHeader`], a table with a word for each [`UNIT`] bytes of memory, and that memory. Where an
//! item begins the table has its [`KeptKind`], which is stored last and taken away first: what has none is
//! free, or a piece of a ring. An item is a head with a checksum and what it says ([`KeptItem`]); of a ring it
//! says where the pieces are, in words that one store writes:
//!
//! | at | of a ring |
//! |---|---|
//! | [`RING_STATE_AT`] | [`RING_KEPT`], or [`RING_PUBLISHED`]: a trigger has them written, they may stand at their destinations |
//! | [`RING_CURRENT_AT`] | which of two places holds: a ring that grows fills the other first |
//! | [`RING_OVERWRITTEN_AT`] | how many records have gone |
//! | [`RING_BEGUN_AT`] | a bit for each slot: its destination's writer has begun with them |
//! | [`RING_WRITTEN_AT`] | a bit for each slot: they are written there, or counted as dropped |
//! | [`RING_PLACES_AT`] | two places ([`RingPlace`]): the piece, its bytes, and from where to where they are in use |
//!
//! In use are the bytes from `start` up to `end`, which count on and on: that modulo the capacity is where they lie.
//! `start` is stored before what it gives away is written to, `end` after it is; so there is no torn record. They are
//! entries (`segment::kept_entry`) whose loggers and contexts are items with the ring's number as their owner,
//! and whose sites are items of nobody's. The root ([`KeptKind::Root`]) says where records of loggers without destinations of
//! their own go; of two the one with the larger id holds.

use super::bytes::{VERSION, bytes_at, is_whole, put, u16_at, u32_at, u64_at};

const KEPT_MAGIC: [u8; 8] = *b"kkkept01";
/// What the names of these files end with.
pub const KEPT_SUFFIX: &str = ".kept";
/// The bytes of memory for which the table has a word, a `u32`.
pub const UNIT: usize = 256;
/// Where the table begins.
pub const TABLE_AT: usize = 64;
const FILE_HEADER_BYTES: usize = 64;
/// The bytes of an item before what it says.
pub const ITEM_HEAD: usize = 32;

/// See the module; a `u64`, as all that follow.
pub const RING_STATE_AT: usize = 64;
/// See the module.
pub const RING_CURRENT_AT: usize = 72;
/// See the module.
pub const RING_OVERWRITTEN_AT: usize = 80;
/// See the module.
pub const RING_BEGUN_AT: usize = 88;
/// See the module.
pub const RING_WRITTEN_AT: usize = 96;
/// See the module.
pub const RING_PLACES_AT: usize = 104;
/// The bytes of a place.
pub const PLACE_BYTES: usize = 32;
/// Where, in a place, the first byte's position in use stands.
pub const PLACE_START_AT: usize = 16;
/// Where, in a place, the position behind the last one stands.
pub const PLACE_END_AT: usize = 24;
/// The state of a ring whose records are only kept.
pub const RING_KEPT: u64 = 0;
/// The state of a ring whose records are being written.
pub const RING_PUBLISHED: u64 = 1;

/// Returns the name of a file.
pub fn kept_file_name(number: u64) -> String {
    format!("{number:016x}{KEPT_SUFFIX}")
}

/// Tells whether a name is such a file's.
pub fn is_kept_file(file_name: &str) -> bool {
    let digits = file_name.strip_suffix(KEPT_SUFFIX);
    digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// What a file of kept records is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeptFileHeader {
    /// That of the process.
    pub nonce: u64,
    /// Its number, which is its name.
    pub number: u64,
    /// How many [`UNIT`]s of memory it has.
    pub units: u32,
}

impl KeptFileHeader {
    /// Returns where the memory begins in the file.
    pub fn memory_at(&self) -> usize {
        (TABLE_AT + 4 * self.units as usize).next_multiple_of(4096)
    }

    /// Returns the bytes of the file.
    pub fn file_bytes(&self) -> usize {
        self.memory_at() + self.units as usize * UNIT
    }

    /// Returns the header's bytes.
    pub fn encode(&self) -> [u8; FILE_HEADER_BYTES] {
        let mut file = [0; FILE_HEADER_BYTES];
        put(&mut file, 0, &KEPT_MAGIC);
        put(&mut file, 8, &VERSION.to_le_bytes());
        put(&mut file, 16, &self.nonce.to_le_bytes());
        put(&mut file, 24, &self.number.to_le_bytes());
        put(&mut file, 32, &self.units.to_le_bytes());
        let sum = crc32fast::hash(&file);
        put(&mut file, 12, &sum.to_le_bytes());
        file
    }

    /// Reads it from a file; none if it is damaged or of another version.
    pub fn decode(file: &[u8]) -> Option<Self> {
        let file = file.get(..FILE_HEADER_BYTES)?;
        if !is_whole(file, KEPT_MAGIC) {
            return None;
        }
        Some(Self { nonce: u64_at(file, 16)?, number: u64_at(file, 24)?, units: u32_at(file, 32)? })
    }
}

/// What an item is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum KeptKind {
    /// A ring.
    Ring = 1,
    /// A call site, as the body of a SITE item after its id.
    Site = 2,
    /// A logger: [`LoggerPlaces`], then its name.
    Logger = 3,
    /// The pairs of a context, with the mark of a replayed record.
    Context = 4,
    /// Where records of loggers without own destinations go: [`LoggerPlaces`], then the pairs of the context that lies under all.
    Root = 5,
}

impl KeptKind {
    /// Returns the kind that a word of the table says; none if nothing begins there.
    pub fn of(word: u32) -> Option<Self> {
        [Self::Ring, Self::Site, Self::Logger, Self::Context, Self::Root]
            .into_iter()
            .find(|kind| *kind as u32 == word)
    }
}

/// What an item says, and whose it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeptItem<'a> {
    /// What it is.
    pub kind: KeptKind,
    /// The number of its ring; 0: nobody's.
    pub owner: u64,
    /// Its index in the ring, or the site's id.
    pub id: u64,
    /// What it says.
    pub contents: &'a [u8],
}

impl<'a> KeptItem<'a> {
    /// Returns its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut item = vec![0; ITEM_HEAD];
        item[0] = self.kind as u8;
        put(&mut item, 8, &self.owner.to_le_bytes());
        put(&mut item, 16, &self.id.to_le_bytes());
        put(&mut item, 24, &(self.contents.len() as u32).to_le_bytes());
        item.extend_from_slice(self.contents);
        let sum = crc32fast::hash(&item);
        put(&mut item, 4, &sum.to_le_bytes());
        item
    }

    /// Reads it; none if it is damaged.
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        let len = u32_at(bytes, 24)? as usize;
        let item = bytes.get(..ITEM_HEAD.checked_add(len)?)?;
        let mut sum = crc32fast::Hasher::new();
        sum.update(&item[..4]);
        sum.update(&[0; 4]);
        sum.update(&item[8..]);
        if u32_at(item, 4)? != sum.finalize() {
            return None;
        }
        Some(Self {
            kind: KeptKind::of(item[0].into())?,
            owner: u64_at(item, 8)?,
            id: u64_at(item, 16)?,
            contents: &item[ITEM_HEAD..],
        })
    }
}

/// Where a ring's bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RingPlace {
    /// The number of the file.
    pub file: u32,
    /// The unit in it at which they begin.
    pub unit: u32,
    /// How many there are.
    pub capacity: u64,
    /// The position of the first byte in use.
    pub start: u64,
    /// The position behind the last one.
    pub end: u64,
}

impl RingPlace {
    /// Returns its four words.
    pub fn words(&self) -> [u64; PLACE_BYTES / 8] {
        [u64::from(self.file) << 32 | u64::from(self.unit), self.capacity, self.start, self.end]
    }

    /// Reads the one that holds from a ring's item; none if it is damaged.
    pub fn decode(ring: &[u8]) -> Option<Self> {
        let at = match u64_at(ring, RING_CURRENT_AT)? {
            0 => RING_PLACES_AT,
            1 => RING_PLACES_AT + PLACE_BYTES,
            _ => return None,
        };
        let word = |word: usize| u64_at(ring, at + 8 * word);
        let place = word(0)?;
        let found = Self {
            file: (place >> 32) as u32,
            unit: place as u32,
            capacity: word(1)?,
            start: word(2)?,
            end: word(3)?,
        };
        (found.end.checked_sub(found.start)? <= found.capacity).then_some(found)
    }
}

/// A destination of a logger's records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoggerPlace {
    /// The number of its slot in the process's file.
    pub slot: u16,
    /// The number of the lowest level that goes there.
    pub threshold: u8,
    /// The number of the form that its records have there.
    pub form: u8,
}

/// The destinations of a logger's records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoggerPlaces {
    /// Those of the root.
    Root,
    /// Its own.
    Own(Vec<LoggerPlace>),
}

impl LoggerPlaces {
    const ROOT: u16 = u16::MAX;

    /// Returns their bytes.
    pub fn encode(&self) -> Vec<u8> {
        let Self::Own(places) = self else { return Self::ROOT.to_le_bytes().into() };
        let mut bytes = Vec::from((places.len() as u16).to_le_bytes());
        for LoggerPlace { slot, threshold, form } in places {
            bytes.extend_from_slice(&slot.to_le_bytes());
            bytes.extend_from_slice(&[*threshold, *form]);
        }
        bytes
    }

    /// Splits bytes into them and the rest.
    pub fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (count, rest) = bytes.split_first_chunk()?;
        let count = u16::from_le_bytes(*count);
        if count == Self::ROOT {
            return Some((Self::Root, rest));
        }
        let (places, rest) = rest.split_at_checked(4 * usize::from(count))?;
        let place = |bytes: &[u8]| {
            let [threshold, form] = bytes_at(bytes, 2)?;
            Some(LoggerPlace { slot: u16_at(bytes, 0)?, threshold, form })
        };
        Some((Self::Own(places.chunks_exact(4).filter_map(place).collect()), rest))
    }
}
