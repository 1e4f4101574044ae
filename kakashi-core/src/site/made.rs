//! Sites of other crates' macros, which no compiler made: bytes that stay for ever.
//!
//! There is one for each call site and constant text that logs, up to a number; what is made
//! later has none, and costs its records some time.

use std::collections::HashMap;
use std::prelude::v1::*;
use std::sync::Mutex;

use super::{Site, SiteParts, SourceLocation, check_body};
use crate::level::LogLevel;

/// So many are made at most.
const MOST: usize = 1024;

static MADE: Mutex<Option<HashMap<&'static [u8], &'static MadeSite>>> = Mutex::new(None);

/// A site that was made while the program runs, and its parts.
#[derive(Debug)]
pub(crate) struct MadeSite {
    pub(crate) site: Site<'static>,
    pub(crate) level: LogLevel,
    /// The message; where the call has a constant, that.
    pub(crate) text: &'static str,
    /// The keys, packed: each a `text`.
    pub(crate) keys: &'static [u8],
    /// Its texts are the constants that the call has, if it has some.
    pub(crate) location: SourceLocation<'static>,
}

/// Finds or makes the site of a SITE item's body. None if it is malformed, a key stands in it
/// twice (or may), there are too many, or another thread (of a parent process, perhaps) makes
/// one.
pub(crate) fn made(
    body: &[u8],
    text: Option<&'static str>,
    location: SourceLocation<'static>,
) -> Option<&'static MadeSite> {
    let mut made = MADE.try_lock().ok()?;
    let made = made.get_or_insert_default();
    if let Some(site) = made.get(body) {
        return Some(*site);
    }
    let (level, flags, mask) = check_body(body).ok()?;
    let SiteParts { key_count, .. } = SiteParts::read(body).ok()?;
    if made.len() >= MOST || mask.count_ones() as usize != key_count {
        return None;
    }
    let bytes = [&[flags.0], mask.to_le_bytes().as_slice(), body].concat();
    let site = Site::new(Box::leak(bytes.into_boxed_slice()));
    let parts = site.parts();
    let place = parts.after(false).ok()?;
    let keys = parts.keys.get(..parts.keys.len() - place.len())?;
    let text = text.unwrap_or_else(|| parts.template());
    let site: &'static MadeSite = Box::leak(Box::new(MadeSite { site, level, text, keys, location }));
    made.insert(site.site.wire(), site);
    Some(site)
}
