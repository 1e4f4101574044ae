//! Sites of other crates' macros, which no compiler made: bytes that stay for ever.
//!
//! There is one for each call site and constant text that logs, up to a number; what is made
//! later has none, and costs its records some time.

use std::collections::HashMap;
use std::prelude::v1::*;
use std::sync::Mutex;

use super::{Site, SiteParts, check_body};

/// So many are made at most.
const MOST: usize = 1024;

static MADE: Mutex<Option<HashMap<&'static [u8], Site<'static>>>> = Mutex::new(None);

/// Finds or makes the site of a SITE item's body. None if it is malformed, a key stands in it
/// twice (or may), there are too many, or another thread (of a parent process, perhaps) makes
/// one.
pub(crate) fn made(body: &[u8]) -> Option<Site<'static>> {
    let mut made = MADE.try_lock().ok()?;
    let made = made.get_or_insert_default();
    if let Some(site) = made.get(body) {
        return Some(*site);
    }
    let (_, flags, mask) = check_body(body).ok()?;
    let key_count = SiteParts::read(body).ok()?.key_count;
    if made.len() >= MOST || mask.count_ones() as usize != key_count {
        return None;
    }
    let bytes = [&[flags.0], mask.to_le_bytes().as_slice(), body].concat();
    let site = Site::new(Box::leak(bytes.into_boxed_slice()));
    made.insert(site.wire(), site);
    Some(site)
}
