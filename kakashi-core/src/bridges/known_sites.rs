//! The sites of other crates' macros that a thread has logged from last.
//!
//! A record with a site costs an encoder what a macro's of kakashi does: it remembers the text.
//! So a call site whose text and keys stay the same gets one. Whether a text stays the same
//! nobody says, mostly: it does if it comes twice in a row.
//!
//! A site is found by its place alone, before the record is written: then keys need not be
//! written, only compared. Constant texts are compared by their addresses.

use core::ptr;
use std::prelude::v1::*;

use crate::level::LogLevel;
use crate::site::SourceLocation;
use crate::site::made::{MadeSite, made};

/// Where in the source a record is from.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// Nobody said.
    Unknown,
    /// Texts that may change: such a call gets no site.
    Passing(SourceLocation<'a>),
    /// Constants of the program.
    Constant(SourceLocation<'static>),
}

impl<'a> Place<'a> {
    /// Returns the place, if somebody said it.
    #[inline(always)]
    pub(super) fn location(&self) -> Option<&SourceLocation<'a>> {
        match self {
            Self::Unknown => None,
            Self::Passing(location) | Self::Constant(location) => Some(location),
        }
    }
}

/// What a site is made of.
pub(super) struct SiteContent<'a> {
    pub(super) level: LogLevel,
    pub(super) text: &'a str,
    /// The text, if it is known to stay the same.
    pub(super) constant: Option<&'static str>,
    /// As a SITE has them.
    pub(super) keys: &'a [u8],
    pub(super) key_count: usize,
    pub(super) location: SourceLocation<'static>,
}

/// The sites that a thread has logged from last.
#[derive(Debug)]
pub(super) struct KnownSites {
    slots: Vec<SiteSlot>,
}

#[derive(Clone, Copy, Debug, Default)]
struct SiteSlot {
    site: Option<&'static MadeSite>,
    /// The hash of the last text that the site does not have.
    last: u64,
    /// How often such a text came: after a few, no other site is made here.
    misses: u8,
}

impl KnownSites {
    const SLOTS: usize = 64;
    const MOST_MISSES: u8 = 8;

    pub(super) const fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// Finds the site of a call by its place; text and keys may be others.
    #[inline(always)]
    pub(super) fn at(
        &self,
        level: LogLevel,
        location: &SourceLocation<'static>,
    ) -> Option<&'static MadeSite> {
        let slot = slot_of(location);
        let site = self.slots.get(slot)?.site?;
        if site.is_at(level, location) { Some(site) } else { self.second(slot, level, location) }
    }

    #[cold]
    fn second(
        &self,
        slot: usize,
        level: LogLevel,
        location: &SourceLocation<'static>,
    ) -> Option<&'static MadeSite> {
        let site = self.slots.get(slot ^ 1)?.site?;
        site.is_at(level, location).then_some(site)
    }

    /// Finds or makes the site of a record for which [`at`](Self::at) found none or another.
    pub(super) fn learn(&mut self, content: &SiteContent<'_>) -> Option<&'static MadeSite> {
        if self.slots.is_empty() {
            self.slots.resize_with(Self::SLOTS, SiteSlot::default);
        }
        let location = &content.location;
        let first = slot_of(location);
        // The second is for what shares the first.
        let is_others = |slot: &SiteSlot| slot.site.is_some_and(|site| !site.is_at(content.level, location));
        let slot = if self.slots.get(first).is_some_and(is_others) { first ^ 1 } else { first };
        let slot = self.slots.get_mut(slot)?;
        if slot.misses >= Self::MOST_MISSES { None } else { slot.miss(content) }
    }
}

/// Chooses a slot by the place.
#[inline]
fn slot_of(location: &SourceLocation<'_>) -> usize {
    let mixed = location.file.as_ptr().addr() as u64 ^ u64::from(location.line).rotate_left(32);
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize % KnownSites::SLOTS
}

impl SiteSlot {
    #[cold]
    fn miss(&mut self, content: &SiteContent<'_>) -> Option<&'static MadeSite> {
        let hash = content.hash();
        let is_same = core::mem::replace(&mut self.last, hash) == hash;
        self.misses += 1;
        if content.constant.is_none() && !is_same {
            return None;
        }
        // In a site's message a brace is a placeholder's.
        let has_brace = content.text.contains(['{', '}']);
        let found = if has_brace { None } else { made(&content.body(), content.constant, content.location) };
        match found {
            Some(_) => self.site = found,
            None => self.misses = KnownSites::MOST_MISSES,
        }
        found
    }
}

impl MadeSite {
    #[inline(always)]
    fn is_at(&self, level: LogLevel, location: &SourceLocation<'_>) -> bool {
        // Both are borrowed: what lies at one place is the same.
        let is_there =
            ptr::eq(self.location.file, location.file) & ptr::eq(self.location.module, location.module);
        self.location.line == location.line
            && self.level == level
            && (is_there || self.is_at_copy_of(location))
    }

    /// Compares texts: a compiler may make several of a constant.
    #[cold]
    fn is_at_copy_of(&self, location: &SourceLocation<'_>) -> bool {
        self.location == *location
    }

    /// Tells whether this is its text.
    #[inline]
    pub(super) fn has_text(&self, text: &str) -> bool {
        ptr::eq(self.text, text) || self.text == text
    }
}

/// Returns the keys after the first, if that is this one.
#[inline]
pub(super) fn after_key(keys: &'static [u8], key: &str) -> Option<&'static [u8]> {
    let (len, rest) = keys.split_first()?;
    // A longer key's length takes two bytes.
    if usize::from(*len) != key.len() || *len >= 0x80 {
        return None;
    }
    let (first, rest) = rest.split_at_checked(key.len())?;
    is_same_bytes(first, key.as_bytes()).then_some(rest)
}

/// Compares texts; short ones without a call.
#[inline]
pub(super) fn is_same_text(one: &str, other: &str) -> bool {
    one.len() == other.len() && is_same_bytes(one.as_bytes(), other.as_bytes())
}

/// Compares bytes, of which there are as many.
#[inline]
fn is_same_bytes(one: &[u8], other: &[u8]) -> bool {
    fn ends<const N: usize>(one: &[u8], other: &[u8]) -> bool {
        one.first_chunk::<N>() == other.first_chunk() && one.last_chunk::<N>() == other.last_chunk()
    }
    match one.len() {
        0..4 => one.iter().eq(other),
        4..8 => ends::<4>(one, other),
        8..=16 => ends::<8>(one, other),
        17..=32 => ends::<16>(one, other),
        _ => one == other,
    }
}

impl SiteContent<'_> {
    fn body(&self) -> Vec<u8> {
        let mut body = alloc::vec![self.level.number()];
        put_leb(&mut body, self.text.len());
        body.extend_from_slice(self.text.as_bytes());
        put_leb(&mut body, self.key_count);
        body.extend_from_slice(self.keys);
        put_place(&mut body, &self.location);
        body
    }

    /// FNV-1a.
    fn hash(&self) -> u64 {
        let SourceLocation { file, line, .. } = self.location;
        let place = file.bytes().chain(line.to_le_bytes());
        self.text.bytes().chain(place).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

/// Appends a place as a SITE has it.
pub(super) fn put_place(bytes: &mut Vec<u8>, location: &SourceLocation<'_>) {
    put_leb(bytes, location.line as usize);
    put_text(bytes, location.module);
    put_text(bytes, location.file);
}

/// Appends a `text`.
pub(super) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_leb(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

fn put_leb(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
