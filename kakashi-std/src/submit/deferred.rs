//! Records logged while a record is being logged: by a `Display`, a filter, a
//! sink, a panic hook.
//!
//! They cannot take the road, which is in use, so they are kept aside in wire
//! form and follow when the call that was in their way is done. What is
//! nested too deep, or too much, is dropped and counted as `reentrant`.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use kakashi_core::{Call, Clock as _, DropReason, LogLevel, LogRecord, encode_deferred, wire};

use crate::clock::SystemClock;
use crate::delivery::sink_queue::COUNTERS;
use crate::dispatch;
use crate::dispatch::Route;
use crate::context;
use crate::submit::CatchPanic;
use crate::submit::LoggerCore;
use crate::submit::is_in_sink;
use crate::submit::submit_kept;

/// What a thread keeps aside at most.
const MOST_BYTES: usize = 256 * 1024;
/// A `Display` that logs itself must end somewhere.
const MOST_DEPTH: usize = 4;
/// A sink that logs what it writes would go on for ever.
const MOST_ROUNDS: usize = 8;

thread_local! {
    static PENDING: Cell<bool> = const { Cell::new(false) };
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static SIDE: RefCell<Side> = const { RefCell::new(Side { kept: Vec::new(), bytes: 0 }) };
}

struct Side {
    kept: Vec<Kept>,
    bytes: usize,
}

struct Kept {
    route: Option<Arc<Route>>,
    level: LogLevel,
    /// A sink has logged it.
    of_sink: bool,
    block: Vec<u8>,
}

/// Tells whether something has been kept aside.
#[inline]
pub(crate) fn is_pending() -> bool {
    PENDING.try_with(Cell::get).unwrap_or(false)
}

/// Keeps a record aside.
#[cold]
pub(crate) fn keep(core: &LoggerCore, call: &Call<'_>) {
    let depth = DEPTH.try_with(|depth| depth.replace(depth.get() + 1)).unwrap_or(MOST_DEPTH);
    let kept = depth < MOST_DEPTH && keep_at_depth(core, call);
    let _ = DEPTH.try_with(|depth| depth.set(depth.get().saturating_sub(1)));
    if !kept {
        count_dropped(core.route.as_ref(), call.level);
    }
}

fn keep_at_depth(core: &LoggerCore, call: &Call<'_>) -> bool {
    let route = core.route.clone().or_else(dispatch::root_if_made);
    let base = route.as_ref().map(|route| dispatch::base_of(core.route.is_some(), route)).unwrap_or_default();
    let merged = base.merge(&core.context).merge(&context::current_context());
    let context = route.map(|route| route.pipeline.redaction.context(&merged)).unwrap_or(merged);
    let record = call.record(SystemClock.now(), core.entry.name(), context.fields());
    let Some(block) = block_of(&record) else { return false };
    let kept = SIDE.try_with(|side| {
        let Ok(mut side) = side.try_borrow_mut() else { return false };
        if side.bytes + block.len() > MOST_BYTES {
            return false;
        }
        side.bytes += block.len();
        side.kept.push(Kept { route: core.route.clone(), level: call.level, of_sink: is_in_sink(), block });
        true
    });
    let kept = kept.unwrap_or(false);
    if kept {
        let _ = PENDING.try_with(|pending| pending.set(true));
    }
    kept
}

/// Writes a record as a block; none if its values' code panics or never
/// yields the same length.
pub(crate) fn block_of(record: &LogRecord<'_>) -> Option<Vec<u8>> {
    encode_deferred(record, &CatchPanic, MOST_BYTES)
}

/// Logs what has been kept aside.
#[cold]
pub(crate) fn replay() {
    for round in 0.. {
        let kept = SIDE.try_with(|side| {
            let mut side = side.borrow_mut();
            side.bytes = 0;
            std::mem::take(&mut side.kept)
        });
        let _ = PENDING.try_with(|pending| pending.set(false));
        let kept = kept.unwrap_or_default();
        if kept.is_empty() {
            return;
        }
        for Kept { route, level, of_sink, block } in kept {
            if round == MOST_ROUNDS {
                count_dropped(route.as_ref(), level);
                continue;
            }
            for item in wire::Reader::new(&block) {
                if let wire::Item::Record(record) = item {
                    submit_kept(route.as_ref(), &record, of_sink);
                }
            }
        }
    }
}

fn count_dropped(route: Option<&Arc<Route>>, level: LogLevel) {
    match route.cloned().or_else(dispatch::root_if_made) {
        Some(route) => {
            let takes = route.drivers.iter().filter(|driver| driver.threshold.enables(level));
            takes.for_each(|driver| driver.outlet.count_dropped(level, DropReason::Reentrant));
        }
        None => COUNTERS.add_dropped(level, DropReason::Reentrant, 1),
    }
}
