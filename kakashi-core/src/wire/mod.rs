//! The wire: records as bytes, for every boundary they cross.
//!
//! Version 1. Numbers, `leb`, `text`, values and pairs are those of
//! [`codec`](crate::codec).
//!
//! # Blocks
//!
//! A stream is blocks, one after the other; each can be read alone.
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 4 | sync marker `F5 6B 6B FA`; `F5` and `FA` occur in no UTF-8 text |
//! | 4 | 1 | version, `01` |
//! | 5 | 1 | flags, `00`; a reader refuses a block with a flag it does not know |
//! | 6 | 4 | length *n* of the items, at most 2²⁸ |
//! | 10 | *n* | items |
//! | 10 + *n* | 4 | CRC-32 (ISO-HDLC, as in zlib) of the bytes from 4 to 10 + *n* |
//!
//! After damage a reader looks for the next sync marker with a whole block
//! behind it and says how many bytes it passed over. It may give up on a block
//! that lies inside of dozens that are none.
//!
//! # Items
//!
//! An item is a kind (1 byte), the length of its body (`leb`; a writer may pad
//! it) and the body. A reader passes over kinds it does not know and over
//! bytes at the end of a body that it does not know.
//!
//! | kind | item | body |
//! |---|---|---|
//! | `01` | SITE | `leb` id · level (1 byte, the level's number) · `text` message template · `leb` number of keys · each key a `text` · and, if it is known where the site stands, `leb` line · `text` module · `text` file |
//! | `02` | NAME | `leb` id · `text` |
//! | `03` | CONTEXT | `leb` id · pairs to the end |
//! | `04` | RECORD | below |
//! | `05` | DROPPED | time · number of records dropped of each level, lowest first: six `leb` · `leb` number of reasons · for each a `text` and a `leb` count |
//! | `06` | BUILD | the first 8 bytes of the build id of a program: sites and names that the block does not explain are that program's, see below |
//!
//! An id holds within its block, for its kind of item, from its item on; an
//! item with an id that is already taken replaces the earlier item.
//!
//! # The sites of a build
//!
//! Where the words of call sites would take a device's flash, they stay in its ELF
//! file: in the section `kakashi_sites`, whose offsets are the ids of sites and names.
//! What begins with `10` is a site and goes on as a SITE's body after its id, without
//! its place in the source; with `30`, with it; 1 to 7 more in this byte are hints for
//! encoders. What begins with `40` is a name, a `text`; zeros stand between. The
//! build id is that of the linker (`--build-id`), in the ELF note `NT_GNU_BUILD_ID`.
//!
//! # RECORD
//!
//! | field | when | |
//! |---|---|---|
//! | flags | always | 1 byte: `01` site, `02` logger, `04` context, `08` extra, `10` sequence, `20` place (not with `01`); the others are 0 |
//! | time | always | see below |
//! | site | flag `01` | `leb` id of a SITE |
//! | level, message | not flag `01` | 1 byte, the level's number · `text`, which means itself |
//! | place | flag `20` | `leb` line · `text` module · `text` file: where in the source the message stands |
//! | logger | flag `02` | `leb` id of a NAME; without the flag the name is empty |
//! | context | flag `04` | `leb` id of a CONTEXT |
//! | sequence | flag `10` | `leb` |
//! | values | flag `01` | as many values as the SITE has keys |
//! | extra | flag `08` | pairs to the end |
//!
//! A time is a head byte and up to 8 bytes of a nanosecond count: the low
//! digit of the head says how many bytes; `00`–`08` a wall time *n* ≥ 0 since
//! 1970-01-01T00:00:00Z, `10`–`18` a wall time −1−*n*, `20`–`28` an uptime *n*.
//!
//! In a SITE's message `{key}` means the value of that key, and `{{`, `}}`
//! a brace. Keys of a record hide the same keys of its extra pairs, and both
//! hide those of its context. A SITE or CONTEXT in which a key stands twice is
//! malformed; of extra pairs with one key the first counts.

#[cfg(feature = "alloc")]
mod block_ids;
#[cfg(feature = "alloc")]
mod block_len;
#[cfg(feature = "alloc")]
mod read_record;
#[cfg(feature = "alloc")]
mod reader;
#[cfg(feature = "alloc")]
mod site_table;
mod writer;

#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use block_ids::read_context;
#[cfg(feature = "alloc")]
pub(crate) use block_len::whole_blocks_len;
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use read_record::{IdResolver, ResolvedSite, read_record, read_record_time};
#[cfg(feature = "alloc")]
pub use reader::{DropReport, Item, Reader};
#[cfg(feature = "alloc")]
pub use site_table::SiteTable;
#[cfg(any(test, target_os = "none", all(feature = "ring", feature = "alloc")))]
pub(crate) use writer::OpenBlock;
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use writer::explaining_items;
#[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
pub(crate) use writer::put_flags_and_time;
pub use writer::{BLOCK_OVERHEAD, BlockWriter, RecordIds, finish_block, put_call, put_record};

/// The first bytes of a block.
pub const SYNC: [u8; 4] = [0xf5, b'k', b'k', 0xfa];
/// The version that this crate writes and reads.
pub const VERSION: u8 = 1;
/// The most bytes of items that a block may have.
pub const MAX_ITEMS_LEN: usize = 1 << 28;

/// How many bytes of a build's id a BUILD has.
pub(crate) const BUILD_ID_LEN: usize = 8;

pub(crate) mod kind {
    pub(crate) const SITE: u8 = 1;
    pub(crate) const NAME: u8 = 2;
    pub(crate) const CONTEXT: u8 = 3;
    pub(crate) const RECORD: u8 = 4;
    pub(crate) const DROPPED: u8 = 5;
    pub(crate) const BUILD: u8 = 6;
}

pub(crate) mod flag {
    pub(crate) const SITE: u8 = 1;
    pub(crate) const LOGGER: u8 = 2;
    pub(crate) const CONTEXT: u8 = 4;
    pub(crate) const EXTRA: u8 = 8;
    pub(crate) const SEQUENCE: u8 = 16;
    pub(crate) const PLACE: u8 = 32;
    #[cfg(feature = "alloc")]
    pub(crate) const KNOWN: u8 = 63;
}

#[cfg(all(test, feature = "alloc"))]
mod tests;
