//! Output buffers, checksums, character classes and look-up tables; none of them knows of
//! logging.

pub(crate) mod char_class;
pub(crate) mod crc;
#[cfg(feature = "alloc")]
pub(crate) mod id_map;
#[cfg(feature = "alloc")]
pub(crate) mod key_index;
pub(crate) mod output;
