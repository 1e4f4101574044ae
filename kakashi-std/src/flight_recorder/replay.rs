//! What was kept, as it comes out: of several rings, in the order of time.

use std::sync::{Arc, Weak};

use kakashi_core::wire::{read_record, read_record_time};
use kakashi_core::{LogContext, LogLevel, LogRecord, Name, Timestamp};

use super::published::PublishedRings;
use super::record_ring::{KeptContext, KeptLogger, KeptRecords, marked};
use super::registry;
use crate::clock::{Moment, ThreadClock};
use crate::dispatch::Dispatch;
use crate::dispatch::root::root_if_made;
use crate::queue::interner::{self, InternerSnapshot};
use crate::segment::kept_entry::KeptHead;

/// What was kept, in the order of time.
pub(super) struct Replay {
    pub(super) moment: Moment,
    pub(super) reason: Box<str>,
    pub(super) overwritten: usize,
    /// Triggers before this one that were ignored.
    pub(super) ignored: usize,
    /// Of the two records around it.
    pub(super) context: LogContext,
    rings: Vec<ReplayedRing>,
    pub(super) places: Vec<KeptPlace>,
    /// Where records of custom loggers go.
    pub(super) dispatches: Vec<Arc<Dispatch>>,
    interner: Arc<InternerSnapshot>,
    /// What outlives the process until it is written.
    pub(super) outliving: Option<Arc<PublishedRings>>,
}

/// Takes out what outlives the process.
fn outliving_of(kept: &mut [KeptRecords]) -> Option<Arc<PublishedRings>> {
    let (mut rings, mut named) = (Vec::new(), Vec::new());
    for kept in kept {
        rings.extend(kept.mapped.take());
        named.extend(kept.loggers.iter_mut().flatten().filter_map(|logger| logger.item.take()));
        named.extend(kept.contexts.iter_mut().flatten().filter_map(|context| context.item.take()));
    }
    PublishedRings::new(rings, named)
}

struct ReplayedRing {
    bytes: Vec<u8>,
    loggers: Vec<Option<KeptLogger>>,
    /// Each with the mark of a replayed record.
    contexts: Vec<Option<LogContext>>,
}

/// Where a record is.
#[derive(Clone, Copy)]
pub(super) struct KeptPlace {
    tick: u64,
    ring: u32,
    at: u32,
    pub(super) level: LogLevel,
    /// 0: the root's; else that of the custom logger's dispatch, and one.
    pub(super) target: u32,
}

impl Replay {
    pub(super) fn new(reason: &str, mut kept: Vec<KeptRecords>, is_scope: bool) -> Self {
        let mut replay = Self {
            moment: ThreadClock::new().now(),
            reason: reason.into(),
            overwritten: kept.iter().map(|kept| kept.overwritten).sum(),
            ignored: registry::take_ignored(),
            context: root_if_made().map(|root| root.base.clone()).unwrap_or_default(),
            rings: Vec::with_capacity(kept.len()),
            places: Vec::new(),
            dispatches: Vec::new(),
            // After the bytes: each id in them has its entry by now.
            interner: interner::snapshot(),
            outliving: None,
        };
        replay.outliving = outliving_of(&mut kept);
        kept.into_iter().for_each(|kept| replay.add(kept, is_scope));
        // Those of one thread stay in their order.
        replay.places.sort_by_key(|place| place.tick);
        replay
    }

    fn add(&mut self, kept: KeptRecords, is_scope: bool) {
        let KeptRecords { bytes, loggers, contexts, .. } = kept;
        let targets: Vec<_> = loggers.iter().map(|logger| self.target_of(logger.as_ref()?)).collect();
        let (mut rest, mut last) = (&*bytes, None);
        while let Some((head, _, after)) = KeptHead::split(rest) {
            let at = (bytes.len() - rest.len()) as u32;
            let ring = self.rings.len() as u32;
            // A custom logger that is gone has no destinations.
            if let Some(target) = targets.get(head.logger as usize).copied().flatten() {
                self.places.push(KeptPlace { tick: head.tick, ring, at, level: head.level, target });
            }
            (rest, last) = (after, Some(head.context));
        }
        if is_scope && let Some(Some(last)) = last.and_then(|last| contexts.get(last as usize)) {
            self.context = last.context.clone();
        }
        let marked = |kept: Option<KeptContext>| Some(marked(&kept?.context));
        let contexts = contexts.into_iter().map(marked).collect();
        self.rings.push(ReplayedRing { bytes, loggers, contexts });
    }

    fn target_of(&mut self, logger: &KeptLogger) -> Option<u32> {
        let Some(dispatch) = &logger.dispatch else { return Some(0) };
        let dispatch = Weak::upgrade(dispatch)?;
        let known = self.dispatches.iter().position(|known| Arc::ptr_eq(known, &dispatch));
        let at = known.unwrap_or_else(|| {
            self.dispatches.push(dispatch);
            self.dispatches.len() - 1
        });
        Some(at as u32 + 1)
    }

    pub(super) fn entry(&self, place: KeptPlace) -> Option<(KeptHead, &[u8])> {
        let (head, body, _) =
            KeptHead::split(self.rings[place.ring as usize].bytes.get(place.at as usize..)?)?;
        Some((head, body))
    }

    pub(super) fn logger(&self, place: KeptPlace, head: KeptHead) -> Name<'_> {
        let logger =
            self.rings[place.ring as usize].loggers.get(head.logger as usize).and_then(Option::as_ref);
        logger.map_or(const { Name::new("") }, |logger| logger.entry.name())
    }

    /// Hands a record over as it was kept; false if it can't be read.
    pub(super) fn with_record(&self, place: KeptPlace, deliver: &mut dyn FnMut(&LogRecord<'_>)) -> bool {
        let Some((head, body)) = self.entry(place) else { return false };
        let record = read_record(body, &*self.interner);
        debug_assert!(record.is_ok(), "a ring holds what this process has written");
        let Ok(mut record) = record else { return false };
        record.logger = self.logger(place, head);
        let context = self.rings[place.ring as usize].contexts.get(head.context as usize);
        if let Some(Some(context)) = context {
            record.set_context(context.fields());
        }
        deliver(&record);
        true
    }

    /// Returns when the first record of a target was logged.
    pub(super) fn begin_of(&self, target: u32) -> Option<Timestamp> {
        let first = self.places.iter().find(|place| place.target == target)?;
        read_record_time(self.entry(*first)?.1).ok()
    }

    pub(super) fn memory(&self) -> usize {
        self.rings.iter().map(|ring| ring.bytes.len()).sum::<usize>() + size_of_val(&*self.places)
    }
}
