//! What a thread keeps for logging, and the road of a record through it.

pub(crate) mod deferred;
pub(crate) mod orphaned;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use kakashi_core::{Call, Guard, LogContext, LogRecord, LoggerEntry, Scratch, Site, Timestamp, Value};

use crate::clock::ThreadClock;
use crate::dispatch::thread_buffer::is_urgent;
use crate::queue::writer::Put;
use crate::queue::writer::QueueWriter;
use crate::queue::Queued;
use crate::dispatch::thread_dispatch::Roads;
use crate::dispatch;
use crate::dispatch::Route;
use crate::context;
use crate::queue::workers;

/// The process is ending: nothing stays in a buffer any more.
pub(crate) static EXITING: AtomicBool = AtomicBool::new(false);

/// What a logger is to the road of its records.
#[derive(Clone, Debug)]
pub(crate) struct LoggerCore {
    pub(crate) entry: Arc<LoggerEntry>,
    /// None: the root route, whichever it is.
    pub(crate) route: Option<Arc<Route>>,
    pub(crate) context: LogContext,
}

thread_local! {
    static LOCAL: RefCell<Local> = const { RefCell::new(Local::new()) };
    static IN_SINK: Cell<bool> = const { Cell::new(false) };
}

/// Catches the panic of foreign code.
pub(crate) struct CatchPanic;

impl Guard for CatchPanic {
    fn run(&self, code: &mut dyn FnMut()) -> bool {
        catch_unwind(AssertUnwindSafe(code)).is_ok()
    }
}

/// Runs a sink's code; what it logs takes the side road.
pub(crate) fn in_sink<R>(run: impl FnOnce() -> R) -> R {
    let before = IN_SINK.try_with(|flag| flag.replace(true)).unwrap_or(false);
    let result = run();
    let _ = IN_SINK.try_with(|flag| flag.set(before));
    result
}

/// Tells whether this thread is inside a sink's code, and so holds its lock.
pub(crate) fn is_in_sink() -> bool {
    IN_SINK.try_with(Cell::get).unwrap_or(false)
}

/// Tells whether this thread is inside a logging call or a sink.
pub(crate) fn is_busy() -> bool {
    is_in_sink() || LOCAL.try_with(|local| local.try_borrow_mut().is_err()).unwrap_or(false)
}

/// Takes a macro call's record down the road, with the time and the context of now.
#[inline]
pub(crate) fn submit_site(core: &LoggerCore, site: Site<'static>, values: &[Value<'_>]) {
    submit(core, &Call::of_site(site, values, &[]));
}

/// Takes a call's record down the road, with the time and the context of now.
#[inline]
pub(crate) fn submit(core: &LoggerCore, call: &Call<'_>) {
    let urgent = is_urgent(call.level) || EXITING.load(Ordering::Relaxed);
    if is_in_sink() {
        return deferred::keep(core, call);
    }
    let taken = LOCAL.try_with(|local| match local.try_borrow_mut() {
        Ok(mut local) => {
            local.log(core, call, urgent);
            true
        }
        Err(_) => false,
    });
    match taken {
        Ok(true) => {
            if deferred::is_pending() {
                deferred::replay();
            }
        }
        Ok(false) => deferred::keep(core, call),
        // The thread is being taken down: nothing may stay behind.
        Err(_) => Local::new().log(core, call, true),
    }
}

/// Takes a macro call's record to the worker, with the time and the context of now.
#[inline]
pub(crate) fn submit_queued_site(queued: &Queued, site: Site<'static>, values: &[Value<'_>]) {
    if !is_in_sink() {
        let put = LOCAL.try_with(|local| match local.try_borrow_mut() {
            Ok(mut local) => Some(local.enqueue_site(queued, site, values)),
            Err(_) => None,
        });
        if let Ok(Some(Put::Done)) = put
            && !deferred::is_pending()
        {
            return;
        }
        return finish_queued(queued, &Call::of_site(site, values, &[]), put.ok());
    }
    deferred::keep(&queued.core, &Call::of_site(site, values, &[]));
}

/// As [`submit_queued_site`], for any call.
pub(crate) fn submit_queued(queued: &Queued, call: &Call<'_>) {
    if is_in_sink() {
        return deferred::keep(&queued.core, call);
    }
    let put = LOCAL.try_with(|local| match local.try_borrow_mut() {
        Ok(mut local) => Some(local.enqueue(queued, call)),
        Err(_) => None,
    });
    finish_queued(queued, call, put.ok());
}

/// Does what is left to do for a record, outside of the thread's borrow.
#[cold]
fn finish_queued(queued: &Queued, call: &Call<'_>, put: Option<Option<Put>>) {
    match put {
        Some(Some(Put::Done)) => {}
        Some(Some(Put::Closed)) => {
            // No worker: what it has from this thread first, then this.
            let line = LOCAL.try_with(|local| local.borrow().queue.as_ref().map(QueueWriter::line));
            if let Ok(Some(line)) = line {
                orphaned::wait_for_the_last(&line);
            }
            orphaned::rescue();
            submit(&queued.core, call);
        }
        Some(Some(Put::Left)) => orphaned::rescue(),
        Some(None) => return deferred::keep(&queued.core, call),
        // The thread is being taken down: its queue is the worker's.
        None => {
            workers::flush_until(Instant::now() + orphaned::PATIENCE);
            submit(&queued.core, call);
        }
    }
    if deferred::is_pending() {
        deferred::replay();
    }
}

/// Lends the thread's roads to who forwards records for others; none inside of
/// a logging call.
pub(crate) fn with_roads<R>(run: impl FnOnce(&mut Roads) -> R) -> Option<R> {
    let lent = LOCAL.try_with(|local| local.try_borrow_mut().ok().map(|mut local| run(&mut local.roads)));
    lent.unwrap_or_default()
}

/// Makes this thread's queue before its first record.
pub(crate) fn prepare_queue() {
    let _ = LOCAL.try_with(|local| {
        if let Ok(mut local) = local.try_borrow_mut() {
            let Local { queue, roads, .. } = &mut *local;
            QueueWriter::renew(queue, roads);
        }
    });
}

/// Takes a record that was kept aside, with its time and context, down the road.
///
/// What a sink has logged is not urgent, whatever its level: writing it at once
/// would make the sink log again.
pub(crate) fn submit_kept(route: Option<&Arc<Route>>, record: &LogRecord<'_>, of_sink: bool) {
    let urgent = (is_urgent(record.level) && !of_sink) || EXITING.load(Ordering::Relaxed);
    let taken = LOCAL.try_with(|local| match local.try_borrow_mut() {
        Ok(mut local) => {
            local.strayed |= local.queue.is_some();
            local.send(route, record, urgent);
        }
        Err(_) => debug_assert!(false, "kept records are replayed outside of calls"),
    });
    if taken.is_err() {
        Local::new().send(route, record, true);
    }
}

/// Forgets, in the child of a fork, what this thread has buffered: the parent
/// writes it.
#[cfg(unix)]
pub(crate) fn abandon_inherited() {
    // If a call is under way in this very thread, it finds out by itself.
    let _ = LOCAL.try_with(|local| {
        if let Ok(mut local) = local.try_borrow_mut() {
            local.roads.refresh(dispatch::generation());
            if let Some(queue) = local.queue.take_if(|queue| queue.is_inherited()) {
                std::mem::forget(queue);
            }
        }
    });
}

struct Local {
    clock: ThreadClock,
    merged: MergedContext,
    scratch: Scratch,
    /// Goes before `roads`: what the worker is to write is published first.
    queue: Option<QueueWriter>,
    /// A record of a queued logger has taken the sync way.
    strayed: bool,
    roads: Roads,
}

impl Local {
    const fn new() -> Self {
        Self {
            clock: ThreadClock::new(),
            merged: MergedContext::new(),
            scratch: Scratch::new(),
            queue: None,
            strayed: false,
            roads: Roads::new(),
        }
    }

    /// Sends a record with the time and the context of now.
    #[inline]
    fn log(&mut self, core: &LoggerCore, call: &Call<'_>, urgent: bool) {
        let Self { clock, merged, scratch, roads, .. } = self;
        let road = roads.road(core.route.as_ref());
        let now = time(&road.route, clock);
        let context = merged.get(core.route.is_some(), &road.route, &core.context);
        let record = call.record(now, core.entry.name(), context.fields());
        if let Some(reached) = road.send(&record, scratch, urgent, &[]) {
            roads.send_again(core.route.as_ref(), &record, scratch, urgent, reached);
        }
    }

    /// Queues a record with the time and the context of now for the worker.
    #[inline(never)]
    fn enqueue(&mut self, queued: &Queued, call: &Call<'_>) -> Put {
        let Self { clock, merged, scratch, roads, queue, strayed } = self;
        // As they are before foreign code runs, which may change them.
        let now_holds = (dispatch::generation(), context::current_id());
        if std::mem::take(strayed) {
            // What took the sync way stands before what is queued from now on.
            roads.hand_over_forwarded();
        }
        let queue = match queue {
            Some(queue) if !queue.is_stale() => queue,
            _ => QueueWriter::renew(queue, roads),
        };
        // Before any code of the call's values runs: it would run once more.
        if !queue.is_served() {
            *strayed = true;
            return Put::Closed;
        }
        let road = roads.road(None);
        let now = time(&road.route, clock);
        let context = merged.get(false, &road.route, &queued.core.context);
        let record = call.record(now, queued.core.entry.name(), context.fields());
        let put = road
            .route
            .pipeline
            .run(&record, scratch, &CatchPanic, |record| queue.put(queued, call.site(), record, context));
        let put = put.unwrap_or(Put::Done);
        let route = &road.route;
        let plain = put == Put::Done && route.clock.is_none() && route.pipeline.is_empty();
        // The context finds no room where the record finds none.
        let plain = plain && queue.has_context(context);
        queue.plain_while = plain.then_some(now_holds);
        *strayed = put == Put::Closed;
        put
    }

    /// As [`enqueue`](Self::enqueue), without a look at what was the same last time.
    #[inline]
    fn enqueue_site(&mut self, queued: &Queued, site: Site<'static>, values: &[Value<'_>]) -> Put {
        let Self { clock, queue, .. } = self;
        if let Some(queue) = queue
            && queue.plain_while == Some((dispatch::generation(), context::current_id()))
            && let Some(put) = queue.put_plain(queued, site, values, clock.now())
        {
            return put;
        }
        self.enqueue(queued, &Call::of_site(site, values, &[]))
    }

    /// Sends a record as it is.
    fn send(&mut self, route: Option<&Arc<Route>>, record: &LogRecord<'_>, urgent: bool) {
        if let Some(reached) = self.roads.road(route).send(record, &mut self.scratch, urgent, &[]) {
            self.roads.send_again(route, record, &mut self.scratch, urgent, reached);
        }
    }
}

/// Asks a route's own clock, if it has one that does not panic, or the thread's.
#[inline]
fn time(route: &Route, clock: &mut ThreadClock) -> Timestamp {
    let Some(own) = &route.clock else { return clock.now() };
    let mut told = None;
    CatchPanic.run(&mut || told = Some(own.now()));
    told.unwrap_or_else(|| clock.now())
}

/// The context that the last record had, and what it was merged of.
struct MergedContext {
    scope: usize,
    logger: usize,
    /// The route whose base and redaction count, and when.
    route: *const Route,
    generation: usize,
    context: LogContext,
}

impl MergedContext {
    const fn new() -> Self {
        Self { scope: 0, logger: 0, route: std::ptr::null(), generation: 0, context: LogContext::new() }
    }

    /// Returns the context of a record of now.
    #[inline]
    fn get(&mut self, own: bool, route: &Arc<Route>, logger: &LogContext) -> &LogContext {
        let now = (context::current_id(), logger.fields().id, Arc::as_ptr(route), dispatch::generation());
        if now != (self.scope, self.logger, self.route, self.generation) {
            (self.scope, self.logger, self.route, self.generation) = now;
            self.merge(own, route, logger);
        }
        &self.context
    }

    #[cold]
    fn merge(&mut self, own: bool, route: &Arc<Route>, logger: &LogContext) {
        let merged = dispatch::base_of(own, route).merge(logger).merge(&context::current_context());
        self.context = route.pipeline.redaction.context(&merged);
    }
}
