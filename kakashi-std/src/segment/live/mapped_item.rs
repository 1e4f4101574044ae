//! What the records of a flight recorder name: sites, loggers, contexts, and where they go.

use std::sync::Arc;

use kakashi_core::LevelFilter;

use super::BoxPlace;
use super::recorder_memory::{MemoryPiece, RecorderMemory};
use super::slot::BoxSlot;
use crate::segment::layout::kept::{KeptItem, KeptKind, LoggerPlace, LoggerPlaces, UNIT};

/// What a site, a logger, a context or the root is, as long as this lives.
#[derive(Debug)]
pub(crate) struct MappedItem {
    _piece: MemoryPiece,
    /// The slots that it names.
    _slots: Vec<Arc<BoxSlot>>,
}

/// Puts an item into memory of its own.
pub(super) fn put(memory: &Arc<RecorderMemory>, item: &KeptItem<'_>) -> Option<MemoryPiece> {
    let bytes = item.encode();
    let is_ring = item.kind == KeptKind::Ring;
    let mut piece = memory.take(if is_ring { UNIT } else { bytes.len() })?;
    let (head, rest) = piece.bytes_mut().split_at_mut(bytes.len());
    head.copy_from_slice(&bytes);
    if is_ring {
        rest.fill(0);
    }
    piece.list(item.kind as u32);
    Some(piece)
}

impl MappedItem {
    /// Says what the body of a SITE with this id is.
    pub(crate) fn site(memory: &Arc<RecorderMemory>, id: u32, body: &[u8]) -> Option<Self> {
        Self::new(memory, KeptKind::Site, (0, id.into()), body, Vec::new())
    }

    /// Says what the pairs of a ring's context are.
    pub(crate) fn context(memory: &Arc<RecorderMemory>, owner: u64, id: u32, pairs: &[u8]) -> Option<Self> {
        Self::new(memory, KeptKind::Context, (owner, id.into()), pairs, Vec::new())
    }

    /// Says what a ring's logger is called, and where its records go, each place with its threshold;
    /// none: where the root's do.
    pub(crate) fn logger(
        memory: &Arc<RecorderMemory>,
        owner: u64,
        id: u32,
        name: &str,
        places: Option<&[(BoxPlace, LevelFilter)]>,
    ) -> Option<Self> {
        let (places, slots) = match places {
            Some(places) => own_places(memory, places),
            None => (LoggerPlaces::Root, Vec::new()),
        };
        let contents = [&places.encode()[..], name.as_bytes()].concat();
        Self::new(memory, KeptKind::Logger, (owner, id.into()), &contents, slots)
    }

    /// Says where the root's records go, and which pairs are in all of them; of two the one with the
    /// larger id holds.
    pub(crate) fn root(
        memory: &Arc<RecorderMemory>,
        id: u64,
        places: &[(BoxPlace, LevelFilter)],
        pairs: &[u8],
    ) -> Option<Self> {
        let (places, slots) = own_places(memory, places);
        let contents = [&places.encode()[..], pairs].concat();
        Self::new(memory, KeptKind::Root, (0, id), &contents, slots)
    }

    fn new(
        memory: &Arc<RecorderMemory>,
        kind: KeptKind,
        (owner, id): (u64, u64),
        contents: &[u8],
        slots: Vec<Arc<BoxSlot>>,
    ) -> Option<Self> {
        let piece = put(memory, &KeptItem { kind, owner, id, contents })?;
        Some(Self { _piece: piece, _slots: slots })
    }
}

/// Returns places as they are read, and their slots, which they need; those without a slot are left out.
fn own_places(
    memory: &RecorderMemory,
    places: &[(BoxPlace, LevelFilter)],
) -> (LoggerPlaces, Vec<Arc<BoxSlot>>) {
    let (mut found, mut slots) = (Vec::new(), Vec::new());
    for (place, threshold) in places {
        let Some((number, slot)) = place.slot(memory.live()) else { continue };
        let (threshold, form) = (threshold.number(), place.written_form as u8);
        found.push(LoggerPlace { slot: number, threshold, form });
        slots.push(slot);
    }
    (LoggerPlaces::Own(found), slots)
}
