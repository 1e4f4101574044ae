//! Records that were kept, on their way to their destinations.
//!
//! They are a source of [collections](collect) of their own, with one tick for all: that of the moment at which
//! they were published. So they stand together in each destination, behind what was logged before
//! and before what is logged after it, and they are encoded where they are written.

use std::sync::Arc;

use kakashi_core::{DropReason, Field, LogLevel, LogRecord, Name, Timestamp, Value, civil};

use super::published::PublishedMark;
use super::record_ring::KeptRecords;
use super::replay::Replay;
use crate::delivery::collect::{self, RecordSource};
use crate::delivery::logger_counts;
use crate::delivery::run::{QueuedMark, QueuedRecords, Records, Run};
use crate::delivery::sink_queue::SinkQueue;
use crate::dispatch::endpoint::Endpoint;
use crate::dispatch::root::root_if_made;
use crate::dispatch::{Dispatch, flush_signal};
use crate::reentrancy::{CallDepth, thread_number};
use crate::segment::kept_entry::{BEGIN, END};

/// Publishes records; returns how many. None inside of a collection.
pub(super) fn publish(reason: &str, kept: Vec<KeptRecords>, is_scope: bool) -> usize {
    if kept.iter().all(|kept| kept.bytes.is_empty()) {
        return 0;
    }
    // Code that runs when a logger's last handle is dropped may log.
    let _depth = CallDepth::begin();
    let replay = Arc::new(Replay::new(reason, kept, is_scope));
    let records = replay.places.len();
    let thread = thread_number();
    if !collect::register(Box::new(ReplaySource { replay: Some(replay), thread })) {
        return 0;
    }
    flush_signal::arm();
    records
}

/// Hands a replay to the first collection that comes.
struct ReplaySource {
    /// None once it is taken.
    replay: Option<Arc<Replay>>,
    /// The thread that has published it.
    thread: u64,
}

impl RecordSource for ReplaySource {
    fn has_records(&mut self) -> bool {
        self.replay.is_some()
    }

    fn is_own(&self) -> bool {
        self.thread == thread_number()
    }

    fn queue(&self) -> Option<&Arc<SinkQueue>> {
        None
    }

    fn take(&mut self, until: u64, _: bool, take: &mut dyn FnMut(&Arc<SinkQueue>, Run)) {
        let Some(replay) = self.replay.take_if(|replay| replay.moment.tick <= until) else { return };
        let root = root_if_made();
        let of_root = root.iter().map(|root| (0, root));
        for (target, dispatch) in of_root.chain((1..).zip(&replay.dispatches)) {
            for endpoint in &dispatch.endpoints {
                if let Some(run) = ReplayedRun::new(&replay, endpoint, target) {
                    let run = Run {
                        encoder: endpoint.encoder.clone(),
                        ordered: None,
                        records: Records::Queued(Box::new(run)),
                        held: endpoint.held.clone(),
                    };
                    take(&endpoint.queue, run);
                }
            }
            count(&replay, dispatch, target);
        }
    }

    fn is_at_end(&mut self) -> bool {
        self.replay.is_none()
    }

    fn waiting(&mut self) -> usize {
        self.replay.as_ref().map_or(0, |replay| replay.places.len())
    }
}

/// Counts the records for their loggers, each once.
fn count(replay: &Replay, dispatch: &Dispatch, target: u32) {
    for place in replay.places.iter().filter(|place| place.target == target) {
        if dispatch.endpoints.iter().any(|endpoint| endpoint.threshold.enables(place.level))
            && let Some((head, _)) = replay.entry(*place)
        {
            logger_counts::count(replay.logger(*place, head).counted_as(), place.level);
        }
    }
}

/// Where one destination is in a replay: before the record that begins it, among its records, or
/// before the one that ends it.
struct ReplayedRun {
    replay: Arc<Replay>,
    endpoint: Arc<Endpoint>,
    target: u32,
    at: ReplayPart,
    /// Records below it are left out.
    keep_from: Option<LogLevel>,
    /// How many records the destination's threshold admits, and the highest level of them.
    records: usize,
    highest: LogLevel,
    waiting: usize,
    /// The level of the last record.
    level: LogLevel,
}

#[derive(Clone, Copy)]
enum ReplayPart {
    Begin,
    Place(usize),
    End,
    Done,
}

impl ReplayedRun {
    /// Makes one, if the destination's threshold admits any record.
    fn new(replay: &Arc<Replay>, endpoint: &Arc<Endpoint>, target: u32) -> Option<Self> {
        let (records, highest) = {
            let levels = replay.places.iter().filter(|place| place.target == target).map(|place| place.level);
            let admitted = levels.filter(|level| endpoint.threshold.enables(*level));
            admitted.fold((0, None), |(count, highest), level| (count + 1, highest.max(Some(level))))
        };
        let highest = highest?;
        Some(Self {
            replay: replay.clone(),
            endpoint: endpoint.clone(),
            target,
            at: ReplayPart::Begin,
            keep_from: None,
            records,
            highest,
            waiting: records + 2,
            level: highest,
        })
    }

    /// Returns the level of a part, if the destination gets it.
    fn level_of(&self, part: ReplayPart) -> Option<LogLevel> {
        let level = match part {
            ReplayPart::Begin | ReplayPart::End => self.highest,
            ReplayPart::Place(at) => {
                let place = self.replay.places[at];
                if place.target != self.target {
                    return None;
                }
                place.level
            }
            ReplayPart::Done => return None,
        };
        let is_kept = self.keep_from.is_none_or(|least| level >= least);
        (is_kept && self.endpoint.threshold.enables(level)).then_some(level)
    }

    fn after(&self, part: ReplayPart) -> ReplayPart {
        let next = match part {
            ReplayPart::Begin => 0,
            ReplayPart::Place(at) => at + 1,
            ReplayPart::End | ReplayPart::Done => return ReplayPart::Done,
        };
        if next < self.replay.places.len() { ReplayPart::Place(next) } else { ReplayPart::End }
    }

    /// Hands over the record of a part, if the destination's filter admits it; tells whether to go on.
    fn deliver_part(&self, part: ReplayPart, deliver: &mut dyn FnMut(&LogRecord<'_>) -> bool) -> bool {
        let mut goes_on = true;
        let mut deliver = |record: &LogRecord<'_>| {
            goes_on = !self.endpoint.admits(record) || deliver(record);
        };
        match part {
            ReplayPart::Begin => self.with_begin(&mut deliver),
            ReplayPart::End => self.with_line(END, &[], &mut deliver),
            ReplayPart::Place(at) => {
                if !self.replay.with_record(self.replay.places[at], &mut deliver) {
                    self.endpoint.queue.count_dropped(self.level, DropReason::EncoderFailed);
                }
            }
            ReplayPart::Done => {}
        }
        goes_on
    }

    fn with_begin(&self, deliver: &mut dyn FnMut(&LogRecord<'_>)) {
        let Replay { overwritten, ignored, .. } = &*self.replay;
        let since = self.replay.begin_of(self.target).map(text_of).unwrap_or_default();
        let fields = [
            Field::new("records", &self.records),
            Field::new("overwritten", overwritten),
            Field::new("since", &since),
            Field::new("ignored_triggers", ignored),
        ];
        // What is rarely there stands last.
        let shown = if *ignored > 0 { fields.len() } else { fields.len() - 1 };
        self.with_line(BEGIN, &fields[..shown], deliver);
    }

    fn with_line(&self, message: &str, more: &[Field<'_>], deliver: &mut dyn FnMut(&LogRecord<'_>)) {
        let mut fields = vec![Field { key: "reason", value: Value::Str(&self.replay.reason) }];
        fields.extend_from_slice(more);
        let time = self.replay.moment.time;
        let record = LogRecord::new(time, self.highest, const { Name::new("kakashi") }, message);
        deliver(&record.with_fields(&fields).with_context(self.replay.context.fields()));
    }
}

impl QueuedRecords for ReplayedRun {
    fn tick(&self) -> Option<u64> {
        match self.at {
            ReplayPart::Done => None,
            _ => Some(self.replay.moment.tick),
        }
    }

    fn deliver(&mut self, until: u64, deliver: &mut dyn FnMut(&LogRecord<'_>) -> bool) {
        while self.tick().is_some_and(|tick| tick <= until) {
            let part = self.at;
            // Before it is delivered: a record that panics is not delivered again.
            self.at = self.after(part);
            let Some(level) = self.level_of(part) else { continue };
            self.level = level;
            self.waiting = self.waiting.saturating_sub(1);
            if !self.deliver_part(part, deliver) {
                return;
            }
        }
    }

    fn level(&self) -> LogLevel {
        self.level
    }

    fn waiting(&self) -> usize {
        self.waiting
    }

    fn memory(&self) -> usize {
        self.replay.memory()
    }

    fn mark(&self) -> Option<Box<dyn QueuedMark>> {
        let (rings, place) = (self.replay.outliving.clone()?, self.endpoint.pool.place()?.clone());
        Some(Box::new(PublishedMark { rings, place }))
    }

    fn keep_from(&mut self, least: Option<LogLevel>, dropped: &mut dyn FnMut(LogLevel)) {
        let (mut part, mut waiting) = (self.at, 0);
        while !matches!(part, ReplayPart::Done) {
            if let Some(level) = self.level_of(part) {
                match least.is_some_and(|least| level >= least) {
                    true => waiting += 1,
                    false => dropped(level),
                }
            }
            part = self.after(part);
        }
        self.waiting = waiting;
        match least {
            Some(_) => self.keep_from = least.max(self.keep_from),
            None => self.at = ReplayPart::Done,
        }
    }
}

/// Returns a time as encoders write it.
fn text_of(time: Timestamp) -> String {
    match time {
        Timestamp::Wall(nanos) => {
            let (second, micro) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000) / 1000);
            let (year, month, day) = civil(second.div_euclid(86_400));
            let of_day = second.rem_euclid(86_400);
            let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z")
        }
        Timestamp::Uptime(nanos) => format!("+{}.{:06}s", nanos / 1_000_000_000, nanos / 1000 % 1_000_000),
    }
}
