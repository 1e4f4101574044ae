//! The sites of other crates' macros that a thread has logged from last.
//!
//! A record with a site costs an encoder what a macro's of kakashi does: it remembers the text.
//! So a call site whose text and keys stay the same gets one. Whether a text stays the same
//! nobody says, mostly: it does if it comes twice in a row.

use std::prelude::v1::*;

use crate::codec::Cursor;
use crate::level::LogLevel;
use crate::site::Site;
use crate::site::made::made;

/// What a site is made of.
pub(super) struct SiteContent<'a> {
    pub(super) level: LogLevel,
    pub(super) text: &'a str,
    /// As a SITE has them.
    pub(super) keys: &'a [u8],
    pub(super) key_count: usize,
    /// As a SITE has it.
    pub(super) place: &'a [u8],
}

/// The sites that a thread has logged from last.
#[derive(Default)]
pub(super) struct KnownSites {
    slots: Vec<SiteSlot>,
}

#[derive(Clone, Copy, Default)]
struct SiteSlot {
    site: Option<Site<'static>>,
    /// The hash of the last text that the site does not have.
    last: u64,
    /// How often such a text came: after a few, no other site is made here.
    misses: u8,
}

impl KnownSites {
    const SLOTS: usize = 64;
    const MOST_MISSES: u8 = 8;

    /// Finds or makes the site of a record; `is_constant` if the text is known to stay the same.
    #[inline]
    pub(super) fn find(&mut self, text: &SiteContent<'_>, is_constant: bool) -> Option<Site<'static>> {
        if self.slots.is_empty() {
            self.slots.resize_with(Self::SLOTS, SiteSlot::default);
        }
        let slot = self.slots.get_mut(text.slot())?;
        if let Some(site) = slot.site
            && text.is_of(site.wire())
        {
            return Some(site);
        }
        if slot.misses >= Self::MOST_MISSES { None } else { slot.miss(text, is_constant) }
    }
}

impl SiteSlot {
    #[cold]
    fn miss(&mut self, text: &SiteContent<'_>, is_constant: bool) -> Option<Site<'static>> {
        let hash = text.hash();
        let is_same = core::mem::replace(&mut self.last, hash) == hash;
        self.misses += 1;
        if !is_constant && !is_same {
            return None;
        }
        // In a site's message a brace is a placeholder's.
        let found = if text.text.contains(['{', '}']) { None } else { made(&text.body()) };
        match found {
            Some(_) => self.site = found,
            None => self.misses = KnownSites::MOST_MISSES,
        }
        found
    }
}

impl SiteContent<'_> {
    /// Chooses a slot by the place: its front has the line, its end the file.
    #[inline]
    fn slot(&self) -> usize {
        let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let mixed = word(self.place.first_chunk()) ^ word(self.place.last_chunk()).rotate_left(17);
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize
    }

    /// Tells whether this is the body of a site.
    #[inline]
    fn is_of(&self, body: &[u8]) -> bool {
        let mut rest = Cursor::new(body);
        rest.byte() == Ok(self.level.number())
            && rest.len() == Ok(self.text.len())
            && rest.bytes(self.text.len()) == Ok(self.text.as_bytes())
            && rest.len() == Ok(self.key_count)
            && rest.bytes(self.keys.len()) == Ok(self.keys)
            && rest.rest() == self.place
    }

    fn body(&self) -> Vec<u8> {
        let mut body = alloc::vec![self.level.number()];
        put_leb(&mut body, self.text.len());
        body.extend_from_slice(self.text.as_bytes());
        put_leb(&mut body, self.key_count);
        body.extend_from_slice(self.keys);
        body.extend_from_slice(self.place);
        body
    }

    /// FNV-1a.
    fn hash(&self) -> u64 {
        self.text.bytes().chain(self.place.iter().copied()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

pub(super) fn put_leb(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
