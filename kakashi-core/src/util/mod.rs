//! What the rest of the crate writes with and looks things up in; none of it knows of logging.

pub(crate) mod char_class;
pub(crate) mod crc;
#[cfg(feature = "alloc")]
pub(crate) mod id_map;
#[cfg(feature = "alloc")]
pub(crate) mod key_index;
pub(crate) mod output;
