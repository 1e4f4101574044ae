//! Announcing what samplers leave out: records of the logger `kakashi`, in the stream that the
//! others are missing from.
//!
//! An announcement has the level of what is missing: so it stands wherever that would have stood, and nowhere
//! else. No sampler is asked about it. It has the service's context, and no request's.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kakashi_core::{Call, Field, Value};

use super::local::{Local, with_local};
use crate::dispatch::left_out;
use crate::reentrancy::CallDepth;
use crate::sampling::samplers::{self, LeftOutOfSite};
use crate::sampling::site_counts::SitePlace;

/// Between announcements that nobody asks for, in nanoseconds.
const INTERVAL: u64 = 10_000_000_000;
/// To publish a count takes microseconds, unless its thread is not running.
const MOST_WAIT: Duration = Duration::from_secs(1);
/// So many call sites are announced one by one.
const NAMED: usize = 20;

/// Announces what was left out, if the last announcement is long enough ago; true if something
/// is left to announce later.
pub(crate) fn announce_if_due() -> bool {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    if !samplers::any() || !samplers::has_unannounced() {
        return false;
    }
    let now = samplers::now();
    if now < NEXT.load(Ordering::Relaxed) {
        return true;
    }
    NEXT.store(now.saturating_add(INTERVAL), Ordering::Relaxed);
    announce();
    false
}

/// How many threads have taken counts, perhaps, that they have not published yet.
static ANNOUNCING: AtomicUsize = AtomicUsize::new(0);

/// A thread that announces.
struct Announcing;

impl Announcing {
    fn begin() -> Self {
        ANNOUNCING.fetch_add(1, Ordering::AcqRel);
        Self
    }
}

impl Drop for Announcing {
    fn drop(&mut self) {
        // Where a child of a fork has forgotten its parent's, this one counts no more.
        let less = |announcing: usize| announcing.checked_sub(1);
        let _ = ANNOUNCING.fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
    }
}

/// Forgets, in the child of a fork, the parent's threads.
#[cfg(unix)]
pub(super) fn abandon() {
    ANNOUNCING.store(0, Ordering::Release);
}

/// Announces what was left out until now. What another thread has taken to announce is
/// published when this returns: a flush, the last one too, takes it.
pub(crate) fn announce() {
    if !samplers::any() {
        return;
    }
    let announcing = Announcing::begin();
    publish_all();
    drop(announcing);
    let begun = Instant::now();
    while ANNOUNCING.load(Ordering::Acquire) > 0 && begun.elapsed() < MOST_WAIT {
        thread::yield_now();
    }
}

fn publish_all() {
    left_out::count();
    let mut of_sites = samplers::take_unannounced();
    of_sites.sort_unstable_by_key(|of_site| Reverse(of_site.records));
    let rest = of_sites.split_off(NAMED.min(of_sites.len()));
    let mut of_others: Vec<LeftOutOfSite> = Vec::new();
    for LeftOutOfSite { level, reason, records, .. } in rest {
        match of_others.iter_mut().find(|other| (other.level, other.reason) == (level, reason)) {
            Some(other) => other.records += records,
            None => of_others.push(LeftOutOfSite { level, reason, records, origin: None }),
        }
    }
    of_sites.iter().chain(&of_others).for_each(publish);
}

fn publish(left_out: &LeftOutOfSite) {
    let LeftOutOfSite { level, reason, records, origin } = *left_out;
    let place;
    let mut fields = vec![
        Field { key: "left_out", value: Value::U64(records as u64) },
        Field { key: "reason", value: Value::Str(reason.name()) },
    ];
    match origin.map(|origin| &origin.place) {
        None => fields.push(Field { key: "call_site", value: Value::Str("several") }),
        Some(SitePlace::Macro(site)) => {
            let location = site.location();
            place = format!("{}:{}", location.file, location.line);
            fields.push(Field { key: "call_site", value: Value::Str(&place) });
            fields.push(Field { key: "template", value: Value::Str(site.message()) });
        }
        Some(SitePlace::Line(file, line)) => {
            place = format!("{file}:{line}");
            fields.push(Field { key: "call_site", value: Value::Str(&place) });
        }
        Some(SitePlace::Words(words)) => fields.push(Field { key: "template", value: Value::Str(words) }),
        Some(SitePlace::Unknown) => {}
    }
    if let Some(origin) = origin {
        fields.push(Field { key: "of_logger", value: Value::Str(&origin.logger) });
    }
    let call = Call::literal(level, "Records were left out", &fields);
    let _depth = CallDepth::begin();
    let published = with_local(|local| local.log_notice(&call));
    if published.is_none() {
        // The thread's locals are gone.
        Local::default().log_notice(&call);
    }
}
