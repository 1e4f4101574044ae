//! Scopes in which loggers have a lower threshold.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};
use std::thread;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    Destination, Format, FutureInCurrentContext as _, LogContext, LogLevel, LoggerConfig, Scope as _,
    clear_context, configure, create_custom_logger, debug, flush, get_async_logger, get_logger,
    get_logger_with_level, get_performance_logger, info, set_log_level, spawn, trace,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::text;

/// Begins anew: everything is written to this memory as text, from INFO on.
fn to_memory() -> MemorySink {
    let memory = MemorySink::new();
    configure().reset().format(Format::Text).destination(Destination::new(memory.clone())).apply();
    memory
}

fn messages(memory: &MemorySink) -> Vec<String> {
    assert!(flush().is_complete());
    text(&memory.bytes()).into_iter().map(|entry| entry.message).collect()
}

fn debugged() -> LogContext {
    LogContext::new().level(LogLevel::Debug)
}

#[test]
fn in_a_scope_every_kind_of_logger_has_the_lower_threshold() {
    let _alone = alone();
    let memory = to_memory();
    let own = get_logger_with_level("scoped::own", LogLevel::Error);
    let custom_memory = MemorySink::new();
    let config =
        || LoggerConfig::new().destination(Destination::new(custom_memory.clone()).format(Format::Text));
    let custom = create_custom_logger("scoped::custom", config().level(LogLevel::Critical));
    let following = create_custom_logger("scoped::following", config());
    let log = |when: &str| {
        debug!("Module", when);
        kakashi_std::debug("Root", &[]);
        debug!(get_logger("scoped"), "Sync");
        debug!(get_async_logger("scoped"), "Async");
        debug!(get_performance_logger("scoped"), "Performance");
        debug!(own, "Own");
        debug!(custom, "Custom");
        debug!(following, "Following");
        trace!(own, "Never");
    };
    log("before");
    debugged().within(|| {
        assert!(own.is_enabled(LogLevel::Debug) && !own.is_enabled(LogLevel::Trace));
        assert_eq!(own.level(), LogLevel::Debug.into());
        log("within");
    });
    assert_eq!(own.level(), LogLevel::Error.into());
    log("after");
    assert_eq!(messages(&memory), ["Module", "Root", "Sync", "Async", "Performance", "Own"]);
    assert_eq!(messages(&custom_memory), ["Custom", "Following"]);
}

#[test]
fn a_scope_of_another_thread_changes_nothing_here_and_evaluates_nothing() {
    let _alone = alone();
    let memory = to_memory();
    let logger = get_logger("elsewhere");
    let together = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _guard = debugged().enter();
            together.wait();
            together.wait();
            debug!(logger, "There");
        });
        together.wait();
        let evaluated = Cell::new(false);
        debug!(logger, "Here", value = { evaluated.set(true) });
        assert!(!evaluated.get());
        assert!(!logger.is_enabled(LogLevel::Debug));
        debug!(get_logger("elsewhere::new"), "Here");
        together.wait();
    });
    debug!(logger, "Here");
    assert_eq!(messages(&memory), ["There"]);
}

#[test]
fn of_scopes_inside_of_each_other_the_innermost_with_a_level_counts() {
    let _alone = alone();
    let memory = to_memory();
    let logger = get_logger("nested");
    debugged().within(|| {
        LogContext::new().with_user_id("7").within(|| debug!(logger, "The outer's"));
        LogContext::new().level(LogLevel::Trace).within(|| trace!(logger, "The inner's"));
        LogContext::new().level(LogLevel::Critical).within(|| {
            debug!(logger, "Never");
            info!(logger, "A scope raises nothing");
        });
        debug!(logger, "The outer's again");
    });
    let outer = debugged().enter();
    let inner = LogContext::new().level(LogLevel::Trace).enter();
    drop(outer);
    trace!(logger, "Its guard is there");
    clear_context();
    trace!(logger, "A level is no field");
    drop(inner);
    debug!(logger, "Never");
    let expected = [
        "The outer's",
        "The inner's",
        "A scope raises nothing",
        "The outer's again",
        "Its guard is there",
        "A level is no field",
    ];
    assert_eq!(messages(&memory), expected);
}

#[test]
fn levels_that_change_within_a_scope_hold_after_it() {
    let _alone = alone();
    let memory = to_memory();
    let logger = get_logger("changing");
    debugged().within(|| {
        set_log_level(LogLevel::Error).unwrap();
        debug!(logger, "Within");
        debug!(get_logger("changing::new"), "Made within");
        debug!(get_logger_with_level("changing::own", LogLevel::Critical), "With a level of its own");
    });
    info!(logger, "Never");
    info!(get_logger("changing::new"), "Never");
    assert_eq!(get_logger("changing::own").level(), LogLevel::Critical.into());
    assert_eq!(messages(&memory), ["Within", "Made within", "With a level of its own"]);
    set_log_level(LogLevel::Info).unwrap();
}

/// Is pending once.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[test]
fn a_level_goes_with_a_future_and_a_thread() {
    let _alone = alone();
    let memory = to_memory();
    let logger = get_logger("tasks");
    let task = |logger: kakashi_std::Logger| async move {
        debug!(logger, "First poll");
        Yield(false).await;
        debug!(logger, "Second poll");
    };
    let mut future = Box::pin(debugged().scope(task(logger.clone())));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_pending());
    debug!(logger, "Between");
    let moved = thread::spawn(move || {
        debug!(get_logger("tasks"), "Beside");
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        debug!(get_logger("tasks"), "Beside");
    });
    moved.join().unwrap();
    let (inherited, taken) = debugged().within(|| {
        let inherited = spawn(|| debug!(get_logger("tasks"), "A thread's")).unwrap();
        (inherited, async { debug!(get_logger("tasks"), "Taken along") }.in_current_context())
    });
    inherited.join().unwrap();
    assert!(pin!(taken).poll(&mut cx).is_ready());
    let mut expected = ["First poll", "Second poll", "A thread's", "Taken along"];
    let mut found = messages(&memory);
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn a_destination_keeps_its_threshold() {
    let _alone = alone();
    let memory = to_memory();
    let destination = Destination::new(memory.clone()).threshold(LogLevel::Info);
    configure().destination(destination).apply();
    debugged().within(|| debug!(get_logger("bounded"), "Never"));
    assert_eq!(messages(&memory), [""; 0]);
}

#[test]
fn records_of_log_follow_a_scope_too() {
    let _alone = alone();
    let memory = to_memory();
    kakashi_std::bridges::log::install().unwrap();
    let watched = LogContext::new().level(LogLevel::Trace);
    log::debug!("Never");
    watched.within(|| log::trace!(target: "libraries", "Within"));
    log::trace!("Never");
    assert_eq!(log::max_level(), log::LevelFilter::Trace, "it is raised once");
    assert_eq!(messages(&memory), ["Within"]);
}

#[test]
fn records_and_spans_of_tracing_follow_a_scope_too() {
    let _alone = alone();
    let memory = to_memory();
    kakashi_std::bridges::tracing::install().unwrap();
    let asked = |user: &str| {
        // A call site of its own: what is cached of it before a scope must not hold in one.
        tracing::debug!(user, "Asked");
        let span = tracing::debug_span!("request", id = 7).entered();
        tracing::debug!(user, "Inside");
        debug!(get_logger("traced"), "Ours");
        drop(span);
    };
    asked("1");
    let memo = tracing::info_span!("around").entered();
    asked("1");
    debugged().within(|| asked("2"));
    asked("1");
    // The same fields around the same span, with and without a level.
    let span = tracing::info_span!("kept", id = 8);
    let request = LogContext::new().with_user_id("7");
    request.level(LogLevel::Debug).within(|| span.in_scope(|| tracing::debug!("With")));
    request.within(|| span.in_scope(|| tracing::debug!("Never")));
    request.level(LogLevel::Debug).within(|| span.in_scope(|| tracing::debug!("With")));
    drop(memo);
    assert_eq!(messages(&memory), ["Asked", "Inside", "Ours", "With", "With"]);
    let records = text(&memory.bytes());
    assert_eq!((records[1].get("id"), records[3].get("user_id")), (Some("7"), Some("7")));
}
