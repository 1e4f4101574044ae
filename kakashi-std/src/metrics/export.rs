//! The thread that sends counts to an OTLP receiver.
//!
//! It waits for its interval, or for a flush. Requests are cumulative: one that fails costs
//! nothing but its time. It never logs; a failure is reported on stderr, once.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{mem, process, thread};

use kakashi_core::Value;

use super::family::{Family, MetricKind, MetricUnit};
use super::record_counts::RecordCounts;
use crate::delivery::{counters, report};
use crate::dispatch::root::root_if_made;
use crate::flush::AFTER_FLUSH;
use crate::lifecycle;
use crate::sinks::http_client::{BusyPauses, cause_of_status};
use crate::sinks::otlp::{MetricData, MetricPoint, MetricsRequest, OtlpParts, SERVICE_FIELDS};
use crate::sync::timed_lock::lock_until;

/// So many points are in a request at most: with names as long and as bad as may be, 4 MiB.
const MOST_POINTS: usize = 2000;
/// How long a flush looks for the state of the exporter.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

static CURRENT: Mutex<Option<Arc<MetricsExport>>> = Mutex::new(None);

/// What a thread that sends and those who flush share.
struct MetricsExport {
    state: Mutex<ExportState>,
    changed: Condvar,
    /// The process that has the thread.
    pid: u32,
}

#[derive(Default)]
struct ExportState {
    /// How many exports flushes have asked for, and how many have been tried.
    wanted: u64,
    done: u64,
    is_failing: bool,
    /// Another one has been started in its place.
    is_ended: bool,
}

impl MetricsExport {
    fn lock(&self) -> MutexGuard<'_, ExportState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a thread that sends counts; ends the one before.
pub(super) fn start(parts: OtlpParts, interval: Duration) {
    lifecycle::install();
    AFTER_FLUSH.set(export_until);
    let export =
        Arc::new(MetricsExport { state: Mutex::default(), changed: Condvar::new(), pid: process::id() });
    let Some(mut current) = lock_until(&CURRENT, Instant::now() + LOCK_TIMEOUT) else { return };
    let former = current.replace(export.clone());
    drop(current);
    if let Some(former) = former.filter(|former| former.pid == export.pid) {
        former.lock().is_ended = true;
        former.changed.notify_all();
    }
    let sender = Sender { parts, pauses: BusyPauses::default(), not_before: None, is_reported: false };
    let spawned =
        thread::Builder::new().name("kakashi-metrics".into()).spawn(move || run(&export, sender, interval));
    if let Err(error) = spawned {
        report::print(format_args!("no metrics are sent: their thread can't be started: {error}"));
    }
}

/// Has the counts sent, and waits for it up to a deadline, unless the receiver fails.
fn export_until(deadline: Instant) {
    let Some(export) = lock_until(&CURRENT, deadline).and_then(|current| current.clone()) else { return };
    if export.pid != process::id() {
        return;
    }
    let Some(mut state) = lock_until(&export.state, deadline) else { return };
    state.wanted += 1;
    let wanted = state.wanted;
    export.changed.notify_all();
    while state.done < wanted && !state.is_failing && !state.is_ended {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        state = export.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn run(export: &MetricsExport, mut sender: Sender, interval: Duration) {
    let mut next = Instant::now() + interval;
    loop {
        let mut state = export.lock();
        while !state.is_ended && state.wanted == state.done {
            let left = next.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = export.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.is_ended {
            return;
        }
        let wanted = state.wanted;
        drop(state);
        let sent = sender.send_all();
        let mut state = export.lock();
        state.done = wanted;
        state.is_failing = !sent;
        drop(state);
        export.changed.notify_all();
        if next <= Instant::now() {
            next = Instant::now() + interval;
        }
    }
}

/// Sends requests, one after the other.
struct Sender {
    parts: OtlpParts,
    pauses: BusyPauses,
    /// The receiver has asked for a pause until then.
    not_before: Option<Instant>,
    /// Its failure has been reported.
    is_reported: bool,
}

impl Sender {
    /// Sends all counts; false if not all of them were taken.
    fn send_all(&mut self) -> bool {
        if self.not_before.is_some_and(|at| at > Instant::now()) {
            return false;
        }
        let counts = RecordCounts::read();
        let resource = self.resource();
        let (since_unix_nanos, unix_nanos) = (nanos(counters::since()), nanos(SystemTime::now()));
        let mut failure = None;
        for metrics in requests(&counts.families()) {
            let request = MetricsRequest { resource: &resource, metrics, since_unix_nanos, unix_nanos };
            failure = self.send(&self.parts.form.metrics_request(&request)).err();
            if failure.is_some() {
                break;
            }
        }
        match failure {
            None => self.is_reported = false,
            Some(cause) if !mem::replace(&mut self.is_reported, true) => {
                report::print(format_args!("{} takes no metrics: {cause}", self.parts.name));
            }
            Some(_) => {}
        }
        !self.is_reported
    }

    fn send(&mut self, request: &[u8]) -> Result<(), String> {
        let OtlpParts { client, form, .. } = &mut self.parts;
        let answer = client.send(form.content_type(), request).map_err(|error| error.to_string())?;
        match answer.status {
            200..300 => {
                self.pauses.reset();
                match form.rejected(&answer.body.unwrap_or_default()) {
                    0 => Ok(()),
                    rejected => Err(format!("it refuses {rejected} points (partial success)")),
                }
            }
            status => {
                if matches!(status, 429 | 502..=504) {
                    let pause = self.pauses.next(answer.retry_after.as_deref());
                    self.not_before = Instant::now().checked_add(pause);
                }
                Err(cause_of_status(status).to_owned())
            }
        }
    }

    /// The resource of records outside of any context.
    fn resource(&self) -> Vec<(String, String)> {
        let root = root_if_made();
        let mut service = [None; SERVICE_FIELDS.len()];
        if let Some(root) = &root {
            for (text, (field, _)) in service.iter_mut().zip(SERVICE_FIELDS) {
                *text = match root.base.get(field) {
                    Some(Value::Str(text)) => Some(text),
                    _ => None,
                };
            }
        }
        self.parts.resource.attributes(service)
    }
}

/// Splits metrics into requests with not too many points each.
fn requests<'a>(families: &'a [Family<'a>]) -> Vec<Vec<MetricData<'a>>> {
    let mut requests = vec![Vec::new()];
    let mut points = 0;
    for family in families {
        for part in family.points.chunks(MOST_POINTS) {
            if points + part.len() > MOST_POINTS {
                requests.push(Vec::new());
                points = 0;
            }
            points += part.len();
            let metric = MetricData {
                name: format!("kakashi.{}", family.name.join(".")),
                description: family.help,
                unit: match family.unit {
                    MetricUnit::Records => "{record}",
                    MetricUnit::Calls => "{call}",
                    MetricUnit::Bytes => "By",
                },
                is_sum: family.kind == MetricKind::Counter,
                points: part
                    .iter()
                    .map(|point| MetricPoint {
                        attributes: point.labels.iter().flatten().copied().collect(),
                        value: i64::try_from(point.value).unwrap_or(i64::MAX),
                    })
                    .collect(),
            };
            if let Some(request) = requests.last_mut() {
                request.push(metric);
            }
        }
    }
    requests
}

fn nanos(time: SystemTime) -> u64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}
