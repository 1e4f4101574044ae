//! Which fields a record carries besides its own, on which thread and task.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use kakashi_std::{
    Destination, Format, FunctionalLogger, LogContext, LoggerConfig, RequestContext, Scope as _, ScopeGuard,
    Text, UserContext, clear_context, clear_request_context, configure, create_custom_logger,
    current_context, fields, info, set_custom_context, set_request_context, set_user_context, sinks, spawn,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::{ArrivedRecord, entries, text};
use sinks::MemorySink;

/// A logger of this test alone, and where it writes.
fn logger() -> (FunctionalLogger, MemorySink) {
    let memory = MemorySink::new();
    (create_custom_logger("context", LoggerConfig::new().sink(Text, memory.clone())), memory)
}

fn arrived(logger: &FunctionalLogger, memory: &MemorySink) -> Vec<ArrivedRecord> {
    assert!(logger.flush().is_complete());
    text(&memory.bytes())
}

fn custom(fields: &[kakashi_std::Field<'_>]) -> LogContext {
    LogContext::new().with_custom(fields)
}

/// `key=value` of all fields, in their order.
fn shown(entry: &ArrivedRecord) -> String {
    let pairs: Vec<String> = entry.fields.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(" ")
}

#[test]
fn the_call_comes_before_the_inner_scope_the_outer_the_logger_and_the_configured() {
    let _alone = alone();
    let memory = MemorySink::new();
    for format in [Format::Text, Format::Json, Format::Wire] {
        memory.clear();
        configure().service("5", "5", "5").apply();
        let config = LoggerConfig::new().format(format).destination(Destination::new(memory.clone()));
        let logger = create_custom_logger("context", config)
            .with_context(&LogContext::new().with_service_name("4").with_version("4"))
            .with_fields(fields![a = 4, b = 4, c = 4, d = 4]);
        let outer = LogContext::new().with_service_name("3").with_custom(fields![a = 3, b = 3, c = 3]);
        outer.within(|| {
            custom(fields![a = 2, b = 2]).within(|| {
                info!(logger, "Inner", a = 1);
                logger.info("Inner", fields![a = 1]);
            });
            info!(logger, "Outer");
        });
        info!(logger, "Logger");
        assert!(logger.flush().is_complete());
        let entries = entries(format, &memory.bytes());
        let find =
            |at: usize, keys: [&str; 7]| keys.map(|key| entries[at].get(key).unwrap_or("none").to_owned());
        const KEYS: [&str; 7] = ["a", "b", "c", "d", "service_name", "version", "environment"];
        assert_eq!(find(0, KEYS), ["1", "2", "3", "4", "3", "4", "5"], "{format:?}");
        assert_eq!(find(1, KEYS), ["1", "2", "3", "4", "3", "4", "5"], "{format:?}");
        assert_eq!(find(2, KEYS), ["3", "3", "3", "4", "3", "4", "5"], "{format:?}");
        assert_eq!(find(3, KEYS), ["4", "4", "4", "4", "4", "4", "5"], "{format:?}");
        for entry in &entries {
            assert_eq!(entry.fields.len(), 7, "each key once: {entry:?}");
        }
    }
    configure().service("", "", "").apply();
}

#[test]
fn a_scope_ends_with_its_guard_also_in_a_panic() {
    let _alone = alone();
    let (logger, memory) = logger();
    let guard: ScopeGuard = custom(fields![scope = "first"]).enter();
    info!(logger, "Inside");
    drop(guard);
    info!(logger, "Outside");
    let panicked = std::panic::catch_unwind(|| {
        let _guard = custom(fields![scope = "second"]).enter();
        panic!("as asked");
    });
    assert!(panicked.is_err());
    info!(logger, "After the panic");
    let shown: Vec<String> = arrived(&logger, &memory).iter().map(shown).collect();
    assert_eq!(shown, ["scope=first", "", ""]);
}

#[test]
fn a_scope_ends_with_its_own_guard_in_any_order() {
    let _alone = alone();
    let (logger, memory) = logger();
    let outer = LogContext::new().with_user_id("u-1").enter();
    let inner = custom(fields![step = 2]).enter();
    info!(logger, "Both");
    drop(outer);
    info!(logger, "The inner");
    drop(inner);
    info!(logger, "None");
    let shown: Vec<String> = arrived(&logger, &memory).iter().map(shown).collect();
    assert_eq!(shown, ["user_id=u-1 step=2", "step=2", ""]);
}

#[test]
fn clearing_the_request_leaves_the_user_and_other_fields() {
    let _alone = alone();
    let (logger, memory) = logger();
    set_request_context(RequestContext::new("203.0.113.7", "GET /").request_id("r-1").user_agent("curl"));
    set_user_context(UserContext::new().user_id("42"));
    set_custom_context(fields![tenant = "acme"]);
    LogContext::new().with_request_id("r-2").with_custom(fields![step = 1]).within(|| {
        clear_request_context();
        info!(logger, "In a scope");
        set_request_context(RequestContext::new("", "GET /next"));
        LogContext::new().within(|| info!(logger, "Next"));
        clear_context();
        clear_request_context();
        info!(logger, "Nothing");
    });
    clear_request_context();
    info!(logger, "Outside");
    clear_context();
    let shown: Vec<String> = arrived(&logger, &memory).iter().map(shown).collect();
    let next = "user_id=42 access=GET /next tenant=acme step=1";
    assert_eq!(shown, ["user_id=42 tenant=acme step=1", next, "", "user_id=42 tenant=acme"]);
}

#[test]
fn what_is_set_in_a_scope_goes_with_it() {
    let _alone = alone();
    let (logger, memory) = logger();
    set_custom_context(fields![tenant = "acme"]);
    custom(fields![step = 1]).within(|| {
        set_user_context(UserContext::new().user_id("42"));
        info!(logger, "Inside");
        clear_context();
        info!(logger, "Cleared");
    });
    info!(logger, "Outside");
    clear_context();
    info!(logger, "Cleared");
    let shown: Vec<String> = arrived(&logger, &memory).iter().map(shown).collect();
    assert_eq!(shown, ["user_id=42 tenant=acme step=1", "", "tenant=acme", ""]);
}

#[test]
fn request_user_and_custom_context_add_up_and_the_last_of_a_key_counts() {
    let _alone = alone();
    let (logger, memory) = logger();
    set_request_context(RequestContext::new("203.0.113.7", "GET /").request_id("r-1").user_agent("curl"));
    set_user_context(UserContext::new().user_id("41").session_id("s").custom(fields![plan = "pro"]));
    set_user_context(UserContext::new().user_id("42"));
    set_custom_context(fields![
        tenant = "acme",
        plan = "free",
        ip = "a custom key does not hide a typed one"
    ]);
    info!(logger, "All");
    info!(logger, "Own", ip = "own", plan = "own");
    let context = current_context();
    assert_eq!(
        (context.user_id(), context.session_id(), context.ip()),
        (Some("42"), Some("s"), Some("203.0.113.7"))
    );
    clear_context();
    assert!(current_context().is_empty());
    info!(logger, "None");
    let entries = arrived(&logger, &memory);
    assert_eq!(
        shown(&entries[0]),
        "ip=203.0.113.7 access=GET / request_id=r-1 user_agent=curl user_id=42 session_id=s plan=free tenant=acme"
    );
    assert_eq!((entries[1].get("ip"), entries[1].get("plan")), (Some("own"), Some("own")));
    assert_eq!(entries[1].fields.len(), 8, "each key once");
    assert!(entries[2].fields.is_empty());
}

#[test]
fn a_new_thread_starts_empty_unless_it_is_spawned_with_the_context() {
    let _alone = alone();
    let (logger, memory) = logger();
    set_custom_context(fields![tenant = "acme"]);
    let logger = &logger;
    thread::scope(|scope| {
        scope.spawn(|| info!(logger, "Empty"));
    });
    let again = logger.clone();
    let spawned = spawn(move || {
        info!(again, "Carried");
        set_custom_context(fields![tenant = "the child's own"]);
        info!(again, "Own");
    });
    spawned.unwrap().join().unwrap();
    info!(logger, "The parent's is as it was");
    let entries = arrived(logger, &memory);
    let find = |message: &str| shown(entries.iter().find(|entry| entry.message == message).unwrap());
    assert_eq!(find("Empty"), "");
    assert_eq!(find("Carried"), "tenant=acme");
    assert_eq!(find("Own"), "tenant=the child's own");
    assert_eq!(find("The parent's is as it was"), "tenant=acme");
    clear_context();
}

/// Sends the thread that polls a message: poll again.
struct Ring(mpsc::Sender<()>);

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(());
    }
}

/// Runs a future to its end, each poll on another thread.
fn run_on_many_threads<F: Future<Output = ()> + Send>(future: F) {
    let (sender, woken) = mpsc::channel();
    let waker = Waker::from(Arc::new(Ring(sender)));
    let mut future = Box::pin(future);
    let poll = |future: &mut Pin<Box<F>>| {
        thread::scope(|scope| {
            scope.spawn(|| future.as_mut().poll(&mut Context::from_waker(&waker))).join().unwrap()
        })
    };
    while poll(&mut future).is_pending() {
        woken.recv().unwrap();
    }
}

/// Is pending once.
async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn a_scoped_future_keeps_its_context_on_whichever_thread_it_runs() {
    let _alone = alone();
    let (logger, memory) = logger();
    let inner = logger.clone();
    set_custom_context(fields![tenant = "acme"]);
    let future = custom(fields![task = 1]).scope(async move {
        info!(inner, "First");
        pause().await;
        set_user_context(UserContext::new().user_id("42"));
        info!(inner, "Second");
        pause().await;
        // In a statement of its own: borrowed fields must not live over an `await`.
        let deeper = custom(fields![task = 2]);
        deeper
            .scope(async {
                info!(inner, "Inner");
                pause().await;
                info!(inner, "Inner again");
            })
            .await;
        info!(inner, "Third");
        clear_context();
        pause().await;
        info!(inner, "Cleared");
    });
    clear_context();
    set_custom_context(fields![outside = true]);
    run_on_many_threads(future);
    info!(logger, "Outside");
    clear_context();
    let entries = arrived(&logger, &memory);
    let find = |message: &str| shown(entries.iter().find(|entry| entry.message == message).unwrap());
    assert_eq!(find("First"), "tenant=acme task=1", "the context where the future was made");
    assert_eq!(find("Second"), "user_id=42 tenant=acme task=1", "what it sets stays");
    assert_eq!(find("Inner"), "user_id=42 tenant=acme task=2");
    assert_eq!(find("Inner again"), "user_id=42 tenant=acme task=2");
    assert_eq!(find("Third"), "user_id=42 tenant=acme task=1");
    assert_eq!(find("Cleared"), "");
    assert_eq!(find("Outside"), "outside=true", "nothing of the future's is left here");
}

#[test]
fn futures_that_take_turns_on_one_thread_do_not_mix_their_contexts() {
    let _alone = alone();
    let (logger, memory) = logger();
    let task = |number: u64| {
        let logger = logger.clone();
        custom(fields![task = number]).scope(async move {
            for step in 0..100 {
                info!(logger, "Step", number, step);
                pause().await;
            }
        })
    };
    let waker = Waker::noop();
    let mut context = Context::from_waker(waker);
    let (mut first, mut second) = (pin!(task(1)), pin!(task(2)));
    loop {
        let ready = [first.as_mut().poll(&mut context), second.as_mut().poll(&mut context)];
        assert!(current_context().is_empty(), "between polls nothing is left");
        if ready.iter().all(Poll::is_ready) {
            break;
        }
    }
    let entries = arrived(&logger, &memory);
    assert_eq!(entries.len(), 200);
    assert!(entries.iter().all(|entry| entry.get("task") == entry.get("number")));
}

#[test]
fn a_future_that_panics_leaves_the_context_as_it_was() {
    let _alone = alone();
    set_custom_context(fields![outside = true]);
    let future = custom(fields![task = 1]).scope(async { panic!("as asked") });
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut future = pin!(future);
        let _: Poll<()> = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }));
    assert!(panicked.is_err());
    assert_eq!(current_context(), custom(fields![outside = true]));
    clear_context();
}

#[test]
fn a_future_that_is_dropped_logs_in_its_own_context() {
    let _alone = alone();
    struct Says(FunctionalLogger);
    impl Drop for Says {
        fn drop(&mut self) {
            info!(self.0, "Dropped");
        }
    }
    let (logger, memory) = logger();
    let says = Says(logger.clone());
    let mut future = Box::pin(custom(fields![task = 1]).scope(async move {
        pause().await;
        drop(says);
    }));
    assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(future);
    assert_eq!(shown(&arrived(&logger, &memory)[0]), "task=1");
    assert!(current_context().is_empty());
}

#[test]
fn many_contexts_in_turn_are_never_taken_for_each_other() {
    let _alone = alone();
    // Encoders keep what they made of a context; more of them than they keep.
    let (logger, memory) = logger();
    let contexts: Vec<LogContext> = (0..100).map(|number| custom(fields![tenant = number])).collect();
    for round in 0..3 {
        for (number, context) in contexts.iter().enumerate() {
            context.within(|| info!(logger, "Turn", round, number));
        }
    }
    // Made, used once, and gone: their memory becomes the next one's.
    for number in 0..300 {
        custom(fields![tenant = number]).within(|| info!(logger, "Turn", number));
        logger.with_fields(fields![tenant = number]).info("Turn", fields![number]);
    }
    let entries = arrived(&logger, &memory);
    assert_eq!(entries.len(), 900);
    assert!(entries.iter().all(|entry| entry.get("tenant") == entry.get("number")));
}

#[test]
fn a_message_speaks_of_its_own_fields_and_not_of_the_contexts() {
    let _alone = alone();
    let (logger, memory) = logger();
    custom(fields![name = "context"]).within(|| {
        info!(logger, "{name}", name = "own");
        logger.info("{name}", &[]);
    });
    let entries = arrived(&logger, &memory);
    assert_eq!((entries[0].message.as_str(), entries[1].message.as_str()), ("own", "{name}"));
}

#[test]
fn a_logger_by_name_and_its_children_carry_their_fields() {
    let captured = kakashi_std::capture();
    let shop = kakashi_std::get_logger("shop").with_fields(fields![tenant = "acme", step = 1]);
    let db = shop.child("db").with_context(&LogContext::new().with_custom(fields![step = 2]));
    info!(shop, "One");
    info!(db, "Two", tenant = "other");
    info!(kakashi_std::get_logger("shop::db"), "Three");
    shop.exception("Four", &*Box::<dyn std::error::Error>::from("failed"), &[]);
    let lines: Vec<_> = captured.records().iter().map(|record| record.line()[28..].to_owned()).collect();
    assert_eq!(lines[0], "INFO shop One tenant=acme step=1");
    assert_eq!(lines[1], "INFO shop::db Two tenant=other step=2");
    assert_eq!(lines[2], "INFO shop::db Three");
    assert!(lines[3].starts_with("ERROR shop Four exception.message=failed "), "{}", lines[3]);
    assert!(lines[3].ends_with("tenant=acme step=1"), "{}", lines[3]);
}
