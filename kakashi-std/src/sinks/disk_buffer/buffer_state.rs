//! What the writer and the thread that sends tell each other, under one lock.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kakashi_core::{Backoff, Sink, SinkError, StoredRecordCounter};

use super::blocks::BlockRun;
use super::store::{DiskStore, StoreEvent, StoredPlace};

/// A receiver, in the form in which it takes batches of the wire.
pub(super) type BoxedReceiver = Box<dyn Sink + Send>;

/// See the module.
pub(super) struct BufferState {
    pub(super) store: DiskStore,
    /// What the destination is called.
    pub(super) label: String,
    pub(super) counter: Option<Arc<dyn StoredRecordCounter>>,
    /// How many sinks there are; without one the thread ends.
    pub(super) sinks: usize,
    pub(super) has_thread: bool,
    /// Takes over between two calls.
    pub(super) newer: Option<BoxedReceiver>,
    pub(super) order: Option<BlockRun>,
    pub(super) answer: Option<OrderAnswer>,
    /// The order that is in flight lies there by now: nobody waits for its answer.
    pub(super) spilled: Option<StoredPlace>,
    pub(super) backoff: Backoff,
    pub(super) start: Instant,
    pub(super) looked_at: Instant,
    /// Since when the receiver could take no more just now.
    pub(super) busy_since: Option<Instant>,
    told_failure: bool,
    pub(super) told_store: bool,
}

/// What came of an order.
pub(super) struct OrderAnswer {
    pub(super) result: Result<(), SinkError>,
    /// How many ends were taken.
    pub(super) ends: usize,
    pub(super) rejected: usize,
}

impl BufferState {
    pub(super) fn new(store: DiskStore, label: &str) -> Self {
        Self {
            store,
            label: label.into(),
            counter: None,
            sinks: 1,
            has_thread: false,
            newer: None,
            order: None,
            answer: None,
            spilled: None,
            backoff: Backoff::new(),
            start: Instant::now(),
            looked_at: Instant::now(),
            busy_since: None,
            told_failure: false,
            told_store: false,
        }
    }

    fn now_millis(&self) -> f64 {
        1000.0 * self.start.elapsed().as_secs_f64()
    }

    /// Returns how long the receiver is left alone.
    pub(super) fn pause(&self) -> Duration {
        Duration::from_secs_f64(self.backoff.left(|| self.now_millis()).max(0.0) / 1000.0)
    }

    pub(super) fn back_off(&mut self, asked: Option<Duration>) {
        let asked_millis = asked.map_or(0.0, |pause| 1000.0 * pause.as_secs_f64());
        let now = self.now_millis();
        self.backoff.begin(now, asked_millis);
    }

    pub(super) fn note_success(&mut self) {
        self.backoff.reset();
        self.busy_since = None;
        self.told_failure = false;
    }

    /// Says once that the receiver fails.
    pub(super) fn say_failure(&mut self, error: SinkError) {
        if std::mem::replace(&mut self.told_failure, true) {
            return;
        }
        let cause = match error.os_code() {
            Some(code) => std::io::Error::from_raw_os_error(code).to_string(),
            None => error.to_string(),
        };
        let settings = &self.store.settings;
        let (folder, limit) = (settings.folder.display().to_string(), Size(settings.max_bytes));
        let label = &self.label;
        let notice = format!("{folder}: {label} failed: {cause}; its records wait here, up to {limit}");
        self.store.events.push(StoreEvent::Notice(notice));
    }
}

/// Bytes as people read them.
pub(super) struct Size(pub(super) u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= 1 << 20 => write!(f, "{} MiB", bytes >> 20),
            bytes => write!(f, "{} KiB", bytes >> 10),
        }
    }
}
