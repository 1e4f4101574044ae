//! Traces whose records are written when one of them shows that they are worth it.
//!
//! As OpenTelemetry's tail sampling processor, with the policies for status codes and for a share of
//! all, where the records are: nothing that is left out is ever encoded for a receiver. It differs
//! in what nobody could reconstruct later: what is left out is counted, for a memory that is full
//! by another reason, and a flush writes what is undecided.
//!
//! A trace of the share is written at once, in its place in the stream: it need not be held.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use kakashi_core::{DropReason, Dropped, Event, LogLevel, LogRecord, TailSampling, Value};

use super::held_records::{HeldRecord, RecordHolder, Released};
use crate::sampling::trace_ratio::{ALL, bound_of, id_of, number_of_id};

/// Between two announcements of what was left out.
const ANNOUNCED_AFTER: Duration = Duration::from_secs(10);
/// So many decided traces are remembered.
const MOST_DECIDED: usize = 64 << 10;
/// Memory of a trace beside its records.
const TRACE_BYTES: usize = 128;

/// Holds the records of traces until these are decided.
#[derive(Debug)]
pub(super) struct TailSampler {
    sampling: TailSampling,
    /// Numbers below it are of the share that is written.
    bound: u64,
    traces: HashMap<u128, Trace>,
    /// When the traces that are held began, the oldest first, with the number of their first record; some
    /// have been decided since.
    begun: VecDeque<(Instant, u128, u64)>,
    /// When traces were decided, the oldest first.
    decided: VecDeque<(Instant, u128)>,
    held: usize,
    /// Memory of what is held.
    bytes: usize,
    /// Left out, and not counted yet: counted it is announced.
    uncounted: Dropped,
    /// When the first of these was left out.
    uncounted_since: Option<Instant>,
}

/// What is known of a trace.
#[derive(Debug)]
enum Trace {
    Held(Vec<HeldRecord>),
    Kept,
    LeftOut,
}

impl TailSampler {
    pub(super) fn new(sampling: TailSampling) -> Self {
        Self {
            bound: bound_of(sampling.ratio_of_others()),
            sampling,
            traces: HashMap::new(),
            begun: VecDeque::new(),
            decided: VecDeque::new(),
            held: 0,
            bytes: 0,
            uncounted: Dropped::default(),
            uncounted_since: None,
        }
    }

    /// Decides about a trace; returns what was held of it.
    fn decide(&mut self, id: u128, trace: Trace, now: Instant) -> Vec<HeldRecord> {
        self.decided.push_back((now, id));
        while self.decided.len() > MOST_DECIDED {
            self.forget_oldest();
        }
        let Some(Trace::Held(records)) = self.traces.insert(id, trace) else { return Vec::new() };
        self.held -= records.len();
        self.bytes -= TRACE_BYTES + records.iter().map(HeldRecord::memory).sum::<usize>();
        records
    }

    fn forget_oldest(&mut self) {
        if let Some((_, id)) = self.decided.pop_front() {
            self.traces.remove(&id);
        }
    }

    /// Writes a trace's records, and what comes of it from now on.
    fn keep(&mut self, id: u128, now: Instant, out: &mut Released<'_>) {
        for held in self.decide(id, Trace::Kept, now) {
            held.with(|record| out.write(record));
        }
    }

    /// Leaves a trace's records out.
    fn give_up(&mut self, id: u128, now: Instant, reason: DropReason) {
        for held in self.decide(id, Trace::LeftOut, now) {
            self.leave_out(held.level, now, reason);
        }
    }

    fn leave_out(&mut self, level: LogLevel, now: Instant, reason: DropReason) {
        self.uncounted.add(level, reason, 1);
        self.uncounted_since.get_or_insert(now);
    }

    fn hold(&mut self, id: u128, record: &LogRecord<'_>, now: Instant, out: &mut Released<'_>) {
        let Some(held) = HeldRecord::of(record, out.number()) else {
            // It is too long to be held: so the trace is written.
            self.keep(id, now, out);
            return out.write(record);
        };
        let memory = held.memory();
        let trace = self.traces.entry(id).or_insert_with(|| {
            self.begun.push_back((now, id, out.number()));
            self.bytes += TRACE_BYTES;
            Trace::Held(Vec::new())
        });
        let Trace::Held(records) = trace else { return };
        records.push(held);
        self.held += 1;
        self.bytes += memory;
        while self.bytes > self.sampling.most_bytes()
            && let Some((_, oldest, _)) = self.begun.pop_front()
        {
            if matches!(self.traces.get(&oldest), Some(Trace::Held(_))) {
                self.give_up(oldest, now, DropReason::QueueFull);
            }
        }
    }

    /// Decides about traces whose time is over, and forgets those that were decided long ago.
    fn look(&mut self, now: Instant) {
        let within = self.sampling.held_within();
        let is_over = |since: Instant| now.saturating_duration_since(since) >= within;
        while let Some(&(since, id, _)) = self.begun.front()
            && is_over(since)
        {
            self.begun.pop_front();
            if matches!(self.traces.get(&id), Some(Trace::Held(_))) {
                self.give_up(id, now, DropReason::Sampled);
            }
        }
        while self.decided.front().is_some_and(|(since, _)| is_over(*since)) {
            self.forget_oldest();
        }
    }

    fn count(&mut self, out: &mut Released<'_>) {
        self.uncounted_since = None;
        for (level, reason, records) in std::mem::take(&mut self.uncounted).iter() {
            (0..records).for_each(|_| out.leave_out(level, reason));
        }
    }
}

/// Returns the id of a record's trace, if it may be held for it.
fn trace_of(record: &LogRecord<'_>) -> Option<u128> {
    let Some(Value::Str(id)) = record.field("trace_id") else { return None };
    let is_event = Event::is_audit(record) || Event::is_security(record);
    id_of(id).filter(|_| !is_event && record.logger.text() != "kakashi")
}

impl RecordHolder for TailSampler {
    fn take(&mut self, record: &LogRecord<'_>, out: &mut Released<'_>) {
        let Some(id) = trace_of(record) else { return out.write(record) };
        if self.bound == ALL || number_of_id(id) < self.bound {
            return out.write(record);
        }
        let now = Instant::now();
        self.look(now);
        let shows = record.level >= self.sampling.kept_from();
        match self.traces.get(&id) {
            Some(Trace::Kept) => out.write(record),
            _ if shows => {
                self.keep(id, now, out);
                out.write(record);
            }
            Some(Trace::LeftOut) => self.leave_out(record.level, now, DropReason::Sampled),
            Some(Trace::Held(_)) | None => self.hold(id, record, now, out),
        }
    }

    fn let_go(&mut self, now: Instant, all: bool, out: &mut Released<'_>) {
        self.look(now);
        if all {
            while let Some((_, id, _)) = self.begun.pop_front() {
                if matches!(self.traces.get(&id), Some(Trace::Held(_))) {
                    self.keep(id, now, out);
                }
            }
        }
        let is_due =
            self.uncounted_since.is_some_and(|since| now.saturating_duration_since(since) >= ANNOUNCED_AFTER);
        if all || is_due {
            self.count(out);
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        let since = |since: Instant| now.saturating_duration_since(since);
        self.begun.front().is_some_and(|(begun, ..)| since(*begun) >= self.sampling.held_within())
            || self.uncounted_since.is_some_and(|left_out| since(left_out) >= ANNOUNCED_AFTER)
    }

    fn held(&self) -> usize {
        self.held + self.uncounted.total()
    }

    fn oldest(&mut self) -> Option<u64> {
        while let Some((_, id, first)) = self.begun.front() {
            let held = self.traces.get(id).and_then(|trace| match trace {
                Trace::Held(records) => records.first(),
                Trace::Kept | Trace::LeftOut => None,
            });
            if held.is_some_and(|held| held.number == *first) {
                return Some(*first);
            }
            self.begun.pop_front();
        }
        None
    }
}
