//! Counting what a sink has stored on the disk as its destination's.

use std::sync::{Arc, Weak};

use kakashi_core::{Dropped, StoredRecordCounter};

use super::counters::{ByLevel, DestinationCounters};

/// What counts drops, and announces them in its stream.
pub(super) trait DropAnnouncer: Send + Sync {
    /// Counts dropped records, to be announced.
    fn drop_stored(&self, dropped: &Dropped);

    /// Counts records that the receiver refused, and says so.
    fn reject_stored(&self, rejected: &Dropped, cause: Option<&'static str>);

    /// Has drops announced that are counted.
    fn announce_again(&self, dropped: &Dropped);

    /// Notes that the receiver has refused nothing of a batch.
    fn note_accepted(&self);

    /// Has what is to be announced written.
    fn begin_announcing(self: Arc<Self>);
}

/// Counts for a queue; for its counters alone when the queue is gone.
pub(super) struct QueueStoreCounter<Q> {
    queue: Weak<Q>,
    counters: Arc<DestinationCounters>,
}

impl<Q: DropAnnouncer> QueueStoreCounter<Q> {
    pub(super) fn new(queue: Weak<Q>, counters: Arc<DestinationCounters>) -> Self {
        Self { queue, counters }
    }

    fn add_dropped(&self, dropped: &Dropped) {
        match self.queue.upgrade() {
            // It announces them, too.
            Some(queue) => {
                queue.drop_stored(dropped);
                queue.begin_announcing();
            }
            None => dropped.iter().for_each(|(level, reason, records)| {
                self.counters.add_dropped(level, reason, records);
            }),
        }
    }
}

impl<Q: DropAnnouncer> StoredRecordCounter for QueueStoreCounter<Q> {
    fn stored(&self, records: usize) {
        self.counters.add_stored(records, 0);
    }

    fn found(&self, records: usize) {
        self.counters.add_stored(0, records);
    }

    fn delivered(&self, records: ByLevel, bytes: usize) {
        let sum = records.iter().sum();
        // First that they are written: counted twice for a moment rather than not at all.
        self.counters.add_written(records, bytes);
        self.counters.add_settled(sum);
        if sum > 0
            && let Some(queue) = self.queue.upgrade()
        {
            queue.note_accepted();
        }
    }

    fn rejected(&self, rejected: &Dropped, cause: Option<&'static str>) {
        match self.queue.upgrade() {
            Some(queue) => {
                queue.reject_stored(rejected, cause);
                queue.begin_announcing();
            }
            None => self.add_dropped(rejected),
        }
        self.counters.add_settled(rejected.total());
    }

    fn dropped(&self, dropped: &Dropped) {
        self.add_dropped(dropped);
        self.counters.add_settled(dropped.total());
    }

    fn announce(&self, dropped: &Dropped) {
        if let Some(queue) = self.queue.upgrade() {
            queue.announce_again(dropped);
            queue.begin_announcing();
        }
    }

    fn failed(&self) {
        self.counters.add_failure();
    }
}
