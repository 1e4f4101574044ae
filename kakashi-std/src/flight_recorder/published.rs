//! Rings that outlive the process, while a trigger has their records written.

use std::sync::{Arc, Mutex};

use kakashi_core::FileEnd;

use crate::delivery::run::QueuedMark;
use crate::reentrancy::hold;
use crate::segment::live::{BoxPlace, MappedItem, MappedRing};

/// The rings, and what their records name; all as long as a destination lacks some of them.
#[derive(Debug)]
pub(super) struct PublishedRings {
    rings: Mutex<Vec<MappedRing>>,
    _named: Vec<MappedItem>,
}

impl PublishedRings {
    /// Says of rings that a trigger has them written; none if there is no ring.
    pub(super) fn new(mut rings: Vec<MappedRing>, named: Vec<MappedItem>) -> Option<Arc<Self>> {
        rings.iter_mut().for_each(MappedRing::set_published);
        let is_any = !rings.is_empty();
        is_any.then(|| Arc::new(Self { rings: Mutex::new(rings), _named: named }))
    }
}

/// What says of them how far one destination has come.
#[derive(Debug)]
pub(super) struct PublishedMark {
    pub(super) rings: Arc<PublishedRings>,
    pub(super) place: BoxPlace,
}

impl PublishedMark {
    fn each(&self, mark: impl Fn(&mut MappedRing, u16)) {
        if let Some(slot) = self.place.slot_number() {
            hold(&self.rings.rings).iter_mut().for_each(|ring| mark(ring, slot));
        }
    }
}

impl QueuedMark for PublishedMark {
    fn note_write(&self, end: Option<FileEnd>) {
        self.place.note_write(end);
    }

    fn begin_write(&self) {
        self.each(MappedRing::set_begun);
    }

    fn settle(&self) {
        self.each(MappedRing::set_written);
    }
}
