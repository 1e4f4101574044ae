//! A logging call while the flight recorder is on: its record is only kept, or it has what is kept published.
//!
//! What nests too deep is not kept, and not counted either: it is below the threshold.

use kakashi_core::Call;

use super::local::{LOCAL, Local, NESTED, new_local};
use crate::dispatch::logger_core::LoggerCore;
use crate::flight_recorder::dump;
use crate::reentrancy::{CallDepth, CriticalSection, is_in_sink, is_muted};

/// Keeps a call's record if its logger does not write it, and tells whether that is so.
#[inline]
pub(super) fn is_only_kept(core: &LoggerCore, call: &Call<'_>) -> bool {
    if core.entry.writes(call.level) {
        dump::before_record(call.level);
        return false;
    }
    match call.site_and_values() {
        Some((site, values)) => keep(|local| local.keep_site(core, site, values)),
        None => keep(|local| local.keep(core, call)),
    }
    true
}

fn keep(keep: impl FnOnce(&mut Local)) {
    if CriticalSection::is_active() {
        return;
    }
    let (_depth, nested) = CallDepth::begin();
    if nested > 0 || is_in_sink() {
        if nested < CallDepth::MOST && !is_muted() {
            keep_nested(keep);
        }
        return;
    }
    // A thread whose locals are gone keeps nothing.
    let _ = LOCAL.try_with(|local| local.try_with(keep));
}

/// Keeps a record of a call inside of another, or of a sink.
#[cold]
fn keep_nested(keep: impl FnOnce(&mut Local)) {
    // Taken out while it is used: the record's own code may need one too.
    let local = NESTED.try_with(|locals| locals.try_borrow_mut().ok().and_then(|mut locals| locals.pop()));
    let local = local.ok().flatten().unwrap_or_else(new_local);
    local.try_with(|local| {
        local.is_nested = true;
        keep(local);
    });
    let _ = NESTED.try_with(|locals| {
        if let Ok(mut locals) = locals.try_borrow_mut() {
            locals.push(local);
        }
    });
}
