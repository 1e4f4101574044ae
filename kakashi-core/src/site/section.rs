//! The format of the section `kakashi_sites`: its entries and their marks.

#[cfg(any(feature = "alloc", all(feature = "ring", target_os = "none")))]
use super::SiteParts;
#[cfg(any(feature = "alloc", all(feature = "ring", target_os = "none")))]
use crate::codec::{Cursor, Malformed};

/// Marks an entry of the section as a site.
pub(super) const IN_SECTION: u8 = 0x10;
/// Marks, beside it, a site that has its place in the source.
pub(super) const LOCATED: u8 = 0x20;
/// Marks an entry as a logger's name; its `text` follows.
pub(super) const NAME_IN_SECTION: u8 = 0x40;

/// An entry of the section.
#[cfg(any(feature = "alloc", all(feature = "ring", target_os = "none")))]
#[derive(Clone, Copy, Debug)]
pub(crate) enum InSection<'a> {
    /// A SITE item's body.
    Site(&'a [u8]),
    /// A logger's name.
    Name(&'a [u8]),
}

/// Reads the first entry of `section`; returns what follows it, too.
#[cfg(any(feature = "alloc", all(feature = "ring", target_os = "none")))]
pub(crate) fn in_section(section: &[u8]) -> Result<(InSection<'_>, &[u8]), Malformed> {
    let (&mark, body) = section.split_first().ok_or(Malformed)?;
    if mark & IN_SECTION != 0 {
        let rest = SiteParts::read_short(body)?.after(mark & LOCATED != 0)?;
        Ok((InSection::Site(&body[..body.len() - rest.len()]), rest))
    } else if mark == NAME_IN_SECTION {
        let mut body = Cursor::new(body);
        Ok((InSection::Name(body.text_bytes()?), body.rest()))
    } else {
        Err(Malformed)
    }
}
