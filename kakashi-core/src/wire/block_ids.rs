//! What a block explains: its sites, names and contexts, by their ids.
//!
//! A block of a program explains a few hundred ids. One that was made to do harm may explain
//! an id in every four bytes, so that a table of what they mean would take thirty times the
//! block. Hence only the first thousand are kept; of all others the table has where in the
//! block they stand, four bytes each, and they are read when a record uses them.

use alloc::vec::Vec;
use core::cell::OnceCell;

use super::kind;
use super::read_record::{IdResolver, ResolvedSite, check_each_once};
use super::site_table::SiteTable;
use crate::codec::{Cursor, Malformed, Pairs};
use crate::record::{ContextFields, Name};
use crate::site::SiteParts;
use crate::util::id_map::IdMap;
use crate::util::key_index::sort_places;

/// How many items of a block are kept, read.
const MOST_KEPT: usize = 1024;
/// Whether there is a table of the others. A page downloads wasm's code with every visit:
/// there, more are kept where the block is large, and those that were still too many, an item
/// in each [`DENSE`] bytes of the block, are refused.
const HAS_TABLE: bool = !cfg!(target_family = "wasm");
/// What programs write explains an id in 40 bytes or more, on average.
const DENSE: usize = 24;
/// Of the others those whose bodies are that long are kept too: to read them for each
/// record that uses them would take too long, and beside them what is kept is small.
const LONG: usize = 256;

/// The ids that a block has explained so far.
#[derive(Debug, Default)]
pub(super) struct BlockIds<'a> {
    items: &'a [u8],
    /// The first items, by kind and id.
    kept: [IdMap<Meaning<'a>>; 3],
    kept_count: usize,
    /// Where the others stand, sorted by kind, id and place. They may lie behind what has
    /// been read.
    places: Vec<u32>,
    /// The long ones of these that were read, with their places, which ascend.
    long: Vec<(usize, Meaning<'a>)>,
    /// Where the record stands that is read.
    at: usize,
    /// The site of that record, where it was not kept.
    site: OnceCell<ResolvedSite<'a>>,
    /// The sites of the build that the block names.
    build: Option<&'a SiteTable<'a>>,
}

/// What an item explains.
#[derive(Clone, Copy, Debug)]
enum Meaning<'a> {
    Site(ResolvedSite<'a>),
    Name(Name<'a>),
    Context(ContextFields<'a>),
}

impl<'a> Meaning<'a> {
    /// Reads the body of a SITE, NAME or CONTEXT after its id.
    fn read(kind: u8, body: &'a [u8]) -> Result<Self, Malformed> {
        Ok(match kind {
            kind::SITE => {
                let site = ResolvedSite::read(body)?;
                site.check_keys()?;
                Self::Site(site)
            }
            kind::NAME => Self::Name(Name::new(Cursor::new(body).text()?)),
            _ => Self::Context(read_context(body)?),
        })
    }
}

/// Checks the pairs of a CONTEXT item after its id.
///
/// # Errors
/// [`Malformed`] when the bytes are none, or a key stands twice.
pub fn read_context(pairs: &[u8]) -> Result<ContextFields<'_>, Malformed> {
    let mask = Cursor::new(pairs).check_pairs()?;
    check_each_once(mask, Pairs::new(pairs).count(), SiteParts::default(), pairs)?;
    Ok(ContextFields { id: 0, mask, pairs })
}

impl<'a> BlockIds<'a> {
    /// Forgets everything: a block with these items begins.
    pub(super) fn begin(&mut self, items: &'a [u8]) {
        self.items = items;
        self.kept.iter_mut().for_each(IdMap::clear);
        (self.kept_count, self.build) = (0, None);
        if HAS_TABLE {
            self.long.clear();
            self.places = Vec::new();
        }
    }

    /// Sets the build whose sites and names the rest of the block uses.
    pub(super) fn set_build(&mut self, build: Option<&'a SiteTable<'a>>) {
        self.build = build;
    }

    /// Learns an id from the body of the SITE, NAME or CONTEXT at a place in the block.
    ///
    /// # Errors
    /// [`Malformed`] when it is none; then an id keeps its meaning.
    pub(super) fn explain(&mut self, at: usize, kind: u8, body: &'a [u8]) -> Result<(), Malformed> {
        let mut rest = Cursor::new(body);
        let id = rest.leb()?;
        let meaning = Meaning::read(kind, rest.rest())?;
        let most = if HAS_TABLE { MOST_KEPT } else { MOST_KEPT + self.items.len() / DENSE };
        if self.kept_count < most {
            self.kept_count += 1;
            if let Some(kept) = self.kept.get_mut(usize::from(kind - kind::SITE)) {
                kept.insert(id, meaning);
            }
            return Ok(());
        }
        if !HAS_TABLE {
            return Err(Malformed);
        }
        if self.places.is_empty() {
            self.places = places_from(self.items, at);
        }
        if body.len() >= LONG {
            self.long.push((at, meaning));
        }
        Ok(())
    }

    /// Prepares for the record at a place in the block.
    pub(super) fn at_record(&mut self, at: usize) {
        if HAS_TABLE {
            (self.at, self.site) = (at, OnceCell::new());
        }
    }

    #[inline]
    fn kept(&self, kind: u8, id: u64) -> Option<&Meaning<'a>> {
        self.kept.get(usize::from(kind - kind::SITE))?.get(&id)
    }

    #[inline]
    fn explained_late(&self, kind: u8, id: u64) -> Option<Meaning<'a>> {
        if !HAS_TABLE || self.places.is_empty() { None } else { self.find_late(kind, id) }
    }

    #[inline(never)]
    fn find_late(&self, kind: u8, id: u64) -> Option<Meaning<'a>> {
        let wanted = (kind, id, self.at);
        let next = self.places.partition_point(|&place| key_of(self.items, place) < wanted);
        let place = *self.places.get(next.checked_sub(1)?)?;
        let (of_kind, of_id, at) = key_of(self.items, place);
        if (of_kind, of_id) != (kind, id) {
            return None;
        }
        if let Ok(long) = self.long.binary_search_by_key(&at, |long| long.0) {
            return self.long.get(long).map(|long| long.1);
        }
        let (_, _, body) = item_at(self.items, at).ok()?;
        let mut body = Cursor::new(body);
        body.leb().ok()?;
        Meaning::read(kind, body.rest()).ok()
    }
}

impl<'a> IdResolver<'a> for BlockIds<'a> {
    fn site(&self, id: u64) -> Option<&ResolvedSite<'a>> {
        match (self.explained_late(kind::SITE, id), self.kept(kind::SITE, id)) {
            (Some(Meaning::Site(site)), _) => Some(self.site.get_or_init(|| site)),
            (None, Some(Meaning::Site(site))) => Some(site),
            _ => self.build?.site(id),
        }
    }

    fn logger(&self, id: u64) -> Option<Name<'a>> {
        match (self.explained_late(kind::NAME, id), self.kept(kind::NAME, id)) {
            (Some(Meaning::Name(name)), _) | (None, Some(&Meaning::Name(name))) => Some(name),
            _ => self.build?.name(id),
        }
    }

    fn context(&self, id: u64) -> Option<ContextFields<'a>> {
        match (self.explained_late(kind::CONTEXT, id), self.kept(kind::CONTEXT, id)) {
            (Some(Meaning::Context(context)), _) | (None, Some(&Meaning::Context(context))) => Some(context),
            _ => None,
        }
    }
}

/// Reads the item at a place: its kind, where it ends, its body.
fn item_at(items: &[u8], at: usize) -> Result<(u8, usize, &[u8]), Malformed> {
    let mut rest = Cursor::new(items.get(at..).ok_or(Malformed)?);
    let kind = rest.byte()?;
    let len = rest.len()?;
    let body = rest.bytes(len)?;
    Ok((kind, items.len() - rest.rest().len(), body))
}

/// What places are sorted by.
fn key_of(items: &[u8], place: u32) -> (u8, u64, usize) {
    let at = place as usize;
    let (kind, id) = match item_at(items, at) {
        Ok((kind, _, body)) => (kind, Cursor::new(body).leb().unwrap_or_default()),
        Err(Malformed) => (0, 0),
    };
    (kind, id, at)
}

/// Finds all well-formed SITE, NAME and CONTEXT items from a place on.
fn places_from(items: &[u8], at: usize) -> Vec<u32> {
    let all = || {
        let mut next = at;
        core::iter::from_fn(move || {
            let (kind, end, body) = item_at(items, next).ok()?;
            Some((core::mem::replace(&mut next, end), kind, body))
        })
    };
    let explains = |kind| (kind::SITE..=kind::CONTEXT).contains(&kind);
    // Of exactly that size: it may be as large as the block.
    let mut places = Vec::with_capacity(all().filter(|item| explains(item.1)).count());
    for (at, kind, body) in all().filter(|item| explains(item.1)) {
        let mut body = Cursor::new(body);
        if body.leb().is_ok() && Meaning::read(kind, body.rest()).is_ok() {
            places.push(at as u32);
        }
    }
    sort_places(&mut places, &|a, b| key_of(items, a).cmp(&key_of(items, b)));
    places
}
