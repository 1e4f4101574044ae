//! The format of the section `kakashi_sites`: what lies in it, and how it is marked.

#[cfg(any(feature = "alloc", all(feature = "ring", target_os = "none")))]
use super::SiteParts;
#[cfg(any(feature = "alloc", all(feature = "ring", target_os = "none")))]
use crate::codec::{Cursor, Malformed};

/// Marks a site among what lies in the section of sites.
pub(super) const IN_SECTION: u8 = 0x10;
/// Marks, beside it, one that says where in the source it stands.
pub(super) const LOCATED: u8 = 0x20;
/// Marks a logger's name there; its `text` follows.
pub(super) const NAME_IN_SECTION: u8 = 0x40;

/// What lies in the section of sites.
#[cfg(any(feature = "alloc", all(feature = "ring", target_os = "none")))]
#[derive(Clone, Copy, Debug)]
pub(crate) enum InSection<'a> {
    /// A SITE item's body.
    Site(&'a [u8]),
    /// A logger's name.
    Name(&'a [u8]),
}

/// Reads what begins at the front of `section`; returns what follows it, too.
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
