//! The flight recorder in scopes: each has what belongs to it, and nobody else's.
//!
//! Over 400 lines because what keeps scopes apart is one promise, with many ways to break it.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::MutexGuard;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use kakashi_std::sinks::MemorySink;
use kakashi_std::tower::RequestLayer;
use kakashi_std::{
    Destination, FlightRecorder, Format, LogContext, Scope as _, Trigger, configure, debug,
    dump_flight_recorder, error, fail_scope, fields, flush, get_async_logger, get_logger, info, spawn, task,
    trace, warning,
};
use kakashi_tests::harness::flight_recorder::{BEGIN, END, arrived, messages};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::{ArrivedRecord, entries};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use tower::{Layer as _, ServiceExt as _, service_fn};

fn recorder() -> FlightRecorder {
    FlightRecorder::new().dumps_per_minute(1_000_000)
}

/// Begins anew: everything is written to this memory as text, from INFO on; all else is kept.
fn begin(recorder: FlightRecorder) -> (MutexGuard<'static, ()>, MemorySink) {
    let alone = alone();
    flush();
    let memory = MemorySink::new();
    configure()
        .reset()
        .format(Format::Text)
        .destination(Destination::new(memory.clone()))
        .flight_recorder(recorder)
        .apply();
    (alone, memory)
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(4).build().expect("threads")
}

fn request(id: &str) -> LogContext {
    LogContext::new().with_request_id(id)
}

/// What one request, whose handler logs from several threads and tasks, leaves.
async fn handle(id: u64, steps: u64, fails: bool) {
    debug!("Begun", id);
    for step in 0..steps {
        match step % 4 {
            0 => trace!(get_async_logger("step"), "Step", id, step),
            1 => task::spawn(async move { debug!("Step", id, step) }).await.expect("it does not panic"),
            2 => spawn(move || debug!(get_logger("thread"), "Step", id, step)).unwrap().join().unwrap(),
            _ => {
                let part = LogContext::new().with_custom(fields![part = step]);
                part.scope(async { debug!("Step", id, step) }).await;
            }
        }
        yield_now().await;
    }
    info!("Nearly done", id);
    if fails {
        error!("Failed", id);
    }
}

/// Checks that of failed requests all has come out that was kept, before the record of its failure, and of others nothing.
fn check(lines: &[ArrivedRecord], requests: u64, steps: u64, fails: impl Fn(u64) -> bool) {
    let mut kept: BTreeMap<u64, Vec<Option<u64>>> = BTreeMap::new();
    let mut open: HashMap<String, usize> = HashMap::new();
    for line in lines {
        let id = || line.number("id").unwrap();
        match &*line.message {
            BEGIN => _ = open.insert(line.get("request_id").unwrap().to_owned(), 0),
            END => {
                let count = open.remove(line.get("request_id").unwrap()).expect("it was begun");
                assert_eq!(count as u64, steps + 1);
            }
            "Begun" | "Step" => {
                assert_eq!(line.get("request_id"), Some(&*format!("r-{}", id())));
                assert_eq!(line.get("replayed"), Some("true"));
                kept.entry(id()).or_default().push(line.number("step"));
                *open.get_mut(line.get("request_id").unwrap()).expect("between the two records") += 1;
            }
            "Failed" => {
                assert_eq!(kept.get(&id()).map(Vec::len), Some(steps as usize + 1), "before its failure")
            }
            "Nearly done" | "Request finished" => {}
            other => panic!("{other}"),
        }
    }
    assert!(kept.keys().copied().eq((0..requests).filter(|id| fails(*id))));
    for (id, steps_kept) in kept {
        let expected = std::iter::once(None).chain((0..steps).map(Some));
        assert!(steps_kept.iter().copied().eq(expected), "{id}: {steps_kept:?}");
    }
}

#[test]
fn under_load_only_failed_requests_records_come_out_all_that_were_kept_and_none_of_others() {
    const REQUESTS: u64 = if cfg!(miri) { 4 } else { 200 };
    let fails = |id: u64| id % 7 == 3;
    let (_alone, memory) = begin(recorder());
    for format in [Format::Text, Format::Json, Format::Wire] {
        memory.clear();
        configure().format(format).apply();
        memory.clear();
        let runtime = runtime();
        let tasks: Vec<_> = (0..REQUESTS)
            .map(|id| runtime.spawn(request(&format!("r-{id}")).scope(handle(id, 12, fails(id)))))
            .collect();
        runtime.block_on(async {
            for task in tasks {
                task.await.expect("it does not panic");
            }
        });
        assert!(flush().is_complete());
        check(&entries(format, &memory.bytes()), REQUESTS, 12, fails);
    }
    assert_eq!(dump_flight_recorder("what is left"), 0);
}

#[test]
fn requests_of_the_tower_layer_have_their_own_and_server_errors_are_failures() {
    const REQUESTS: u64 = 100;
    let fails = |id: u64| id % 5 == 2;
    // A response of 500 is a failure without a record of ERROR.
    let layer = RequestLayer::new().level(|_| kakashi_std::LogLevel::Info);
    let (_alone, memory) = begin(recorder().on(Trigger::FailedScope));
    let service = service_fn(move |request: Request<()>| async move {
        let id: u64 = request.uri().path()[1..].parse().unwrap();
        handle(id, 8, false).await;
        let status = if fails(id) { 500 } else { 200 };
        Ok::<_, Infallible>(
            Response::builder()
                .status(status)
                .body(http_body_util::Full::<bytes::Bytes>::from("done"))
                .unwrap(),
        )
    });
    let service = layer.layer(service);
    let runtime = runtime();
    // The server has a scope of its own around all requests.
    runtime.block_on(LogContext::new().with_custom(fields![server = "a"]).scope(async {
        debug!("Serving");
        let tasks: Vec<_> = (0..REQUESTS)
            .map(|id| {
                let request = Request::get(format!("/{id}"))
                    .header("x-request-id", format!("r-{id}"))
                    .body(())
                    .unwrap();
                tokio::spawn(service.clone().oneshot(request))
            })
            .collect();
        for task in tasks {
            use http_body_util::BodyExt as _;
            let response = task.await.unwrap().unwrap();
            drop(response.into_body().collect().await);
        }
    }));
    let lines = arrived(&memory);
    check(&lines, REQUESTS, 8, fails);
    let ended = |id: u64| {
        let is_end = |line: &ArrivedRecord| {
            line.message == "Request finished" && line.get("request_id") == Some(&*format!("r-{id}"))
        };
        lines.iter().position(is_end).expect("each has its record")
    };
    let last = |id: u64| {
        lines
            .iter()
            .rposition(|line| line.message == END && line.get("request_id") == Some(&*format!("r-{id}")))
    };
    assert!((0..REQUESTS).filter(|id| fails(*id)).all(|id| last(id).expect("it has failed") < ended(id)));
}

#[test]
fn a_trigger_in_a_scope_leaves_what_others_have_kept() {
    let (_alone, memory) = begin(recorder());
    let poll = |future: &mut std::pin::Pin<&mut dyn Future<Output = ()>>| {
        future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    };
    debug!("Of the thread");
    let mut one = pin!(request("1").scope(async {
        debug!("Of one");
        yield_now().await;
        debug!("Of one again");
        error!("One failed");
    }));
    let mut two = pin!(request("2").scope(async {
        debug!("Of two");
        yield_now().await;
    }));
    let one: &mut std::pin::Pin<&mut dyn Future<Output = ()>> = &mut (one.as_mut() as _);
    let two: &mut std::pin::Pin<&mut dyn Future<Output = ()>> = &mut (two.as_mut() as _);
    let runtime = runtime();
    let _in_runtime = runtime.enter();
    assert_eq!((poll(one), poll(two)), (Poll::Pending, Poll::Pending));
    assert_eq!(poll(one), Poll::Ready(()));
    let lines = arrived(&memory);
    assert_eq!(messages(&memory), [BEGIN, "Of one", "Of one again", END, "One failed"]);
    assert!(lines.iter().all(|line| line.get("request_id") == Some("1")), "{lines:?}");
    memory.clear();
    error!("Outside");
    assert_eq!(messages(&memory), [BEGIN, "Of the thread", END, "Outside"]);
    memory.clear();
    assert_eq!(dump_flight_recorder("all"), 1);
    assert_eq!(messages(&memory), [BEGIN, "Of two", END]);
    assert_eq!(poll(two), Poll::Ready(()));
}

#[test]
fn a_scope_that_returns_an_err_comes_out_and_one_that_returns_ok_is_forgotten() {
    let (_alone, memory) = begin(recorder());
    let runtime = runtime();
    let parse = |text: &'static str| {
        debug!("Parsed", text);
        text.parse::<u8>()
    };
    let of_future = |text| {
        let handle = async move {
            yield_now().await;
            parse(text)
        };
        runtime.block_on(request("1").scope(handle).fail_on_err())
    };
    let of_closure = |text| request("2").try_within(|| parse(text));
    assert_eq!((of_future("7"), of_closure("8")), (Ok(7), Ok(8)));
    assert_eq!((messages(&memory), dump_flight_recorder("nothing is left")), (vec![], 0));
    let ends: [&dyn Fn() -> bool; 2] = [&|| of_future("x").is_err(), &|| of_closure("x").is_err()];
    for (end, id) in ends.into_iter().zip(["1", "2"]) {
        assert!(end());
        let lines = arrived(&memory);
        assert_eq!(messages(&memory), [BEGIN, "Parsed", END]);
        assert_eq!(lines[0].get("reason"), Some("invalid digit found in string"));
        assert_eq!(lines[1].get("request_id"), Some(id));
        memory.clear();
    }
    // Without `fail_on_err` an error is a value like any other.
    assert!(runtime.block_on(request("3").scope(async { parse("x") })).is_err());
    assert!(request("4").within(|| parse("x")).is_err());
    assert_eq!((messages(&memory), dump_flight_recorder("nothing is left")), (vec![], 0));
}

#[test]
fn a_part_of_a_request_that_returns_an_err_fails_the_request() {
    let (_alone, memory) = begin(recorder());
    let step = LogContext::new().with_custom(fields![step = 2]);
    let of_request = || {
        debug!("Before the step");
        step.try_within(|| Err::<(), _>("the step failed")).unwrap_err();
        debug!("After the step");
        Err::<(), _>("a later reason")
    };
    assert!(request("1").try_within(of_request).is_err());
    assert_eq!(messages(&memory), [BEGIN, "Before the step", "After the step", END]);
    assert_eq!(arrived(&memory)[0].get("reason"), Some("the step failed"));
}

#[test]
fn the_text_of_an_error_is_not_made_where_nothing_keeps_records() {
    #[derive(Debug)]
    struct Untold;

    impl std::fmt::Display for Untold {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("nobody asks")
        }
    }

    let (_alone, _memory) = begin(recorder());
    assert!(LogContext::new().try_within(|| Err::<(), _>(Untold)).is_err(), "it is no scope with records");
    configure().no_flight_recorder().apply();
    assert!(request("1").try_within(|| Err::<(), _>(Untold)).is_err());
    assert!(runtime().block_on(request("1").scope(async { Err::<(), _>(Untold) }).fail_on_err()).is_err());
}

#[test]
fn an_error_whose_text_panics_fails_its_scope_and_nobody_else() {
    #[derive(Debug)]
    struct Untellable;

    impl std::fmt::Display for Untellable {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            debug!("Logged by the error");
            panic!("it has no text")
        }
    }

    let (_alone, memory) = begin(recorder().on(Trigger::FailedScope));
    let fail = || {
        debug!("Kept");
        Err::<(), _>(Untellable)
    };
    assert!(request("1").try_within(fail).is_err(), "the caller gets the error");
    let lines = arrived(&memory);
    let reason = lines.iter().find_map(|line| line.get("reason"));
    assert_eq!(reason, Some("[panicked while it was formatted]"));
    let kept: Vec<_> = lines.iter().filter(|line| line.get("replayed").is_some()).collect();
    assert_eq!(kept.len(), 2, "{:?}", messages(&memory));
}

#[test]
fn a_scope_that_ends_well_is_forgotten_at_once_and_one_that_failed_comes_out() {
    let (_alone, memory) = begin(recorder());
    let runtime = runtime();
    let run = |id: &str, fails: bool| {
        runtime.block_on(request(id).scope(async move {
            debug!("Kept");
            warning!("Written");
            if fails {
                fail_scope("the order was lost");
                fail_scope("a later reason");
            }
        }));
    };
    run("1", false);
    assert_eq!((messages(&memory), dump_flight_recorder("nothing is left")), (vec!["Written".to_owned()], 0));
    memory.clear();
    run("2", true);
    assert_eq!(messages(&memory), ["Written", BEGIN, "Kept", END]);
    assert_eq!(arrived(&memory)[1].get("reason"), Some("the order was lost"));
    memory.clear();
    fail_scope("there is none");
    // One that is dropped before its end has not failed.
    let mut dropped = Box::pin(request("3").scope(async {
        debug!("Kept");
        std::future::pending::<()>().await;
    }));
    let polled = dropped.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    drop(dropped);
    assert_eq!((polled, messages(&memory), dump_flight_recorder("none")), (Poll::Pending, vec![], 0));
}

#[test]
fn a_scope_that_panics_has_failed() {
    for (trigger, reason) in [(Trigger::Panic, "panic"), (Trigger::FailedScope, "the scope panicked")] {
        let (_alone, memory) = begin(recorder().on(trigger));
        configure().panic_text(false).apply();
        debug!("Of the thread");
        let joined = runtime().block_on(async {
            tokio::spawn(request("1").scope(async {
                debug!("Kept");
                panic!("a fault");
            }))
            .await
        });
        assert!(joined.is_err());
        let lines = arrived(&memory);
        let told: Vec<_> = lines.iter().map(|line| &*line.message).collect();
        let expected = match trigger {
            Trigger::Panic => [BEGIN, "Kept", END, "Panicked"],
            _ => ["Panicked", BEGIN, "Kept", END],
        };
        assert_eq!(told, expected);
        let begin = lines.iter().find(|line| line.message == BEGIN).unwrap();
        assert_eq!((begin.get("reason"), begin.get("request_id")), (Some(reason), Some("1")));
        // Blocks and closures that are a request, too.
        memory.clear();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            request("2").within(|| {
                debug!("Kept");
                panic!("a fault");
            });
        }));
        assert!(caught.is_err());
        let told = messages(&memory);
        assert!(told == expected, "{told:?}");
        configure().panic_text(true).no_flight_recorder().apply();
    }
}

#[test]
fn a_scope_within_a_scope_is_a_part_of_it_unless_it_is_a_request() {
    let (_alone, memory) = begin(recorder());
    let part = LogContext::new().with_custom(fields![part = 1]);
    runtime().block_on(request("1").scope(async {
        part.scope(async { debug!("Of a part that ended well") }).await;
        part.within(|| debug!("Of a block"));
        request("2").scope(async { debug!("Of another request") }).await;
        request("3").within(|| debug!("Of another request"));
        kakashi_std::clear_context();
        error!("Failed");
    }));
    assert_eq!(messages(&memory), [BEGIN, "Of a part that ended well", "Of a block", END, "Failed"]);
}

#[test]
fn what_a_task_logs_after_its_request_has_ended_is_kept_for_its_thread() {
    let (_alone, memory) = begin(recorder());
    let (ended, has_ended) = std::sync::mpsc::channel::<()>();
    let thread = runtime().block_on(request("1").scope(async {
        debug!("Forgotten");
        spawn(move || {
            has_ended.recv().unwrap();
            debug!("Left over");
        })
        .unwrap()
    }));
    ended.send(()).unwrap();
    thread.join().unwrap();
    error!("Failed");
    let lines = arrived(&memory);
    assert_eq!(messages(&memory), [BEGIN, "Left over", END, "Failed"]);
    assert_eq!(lines[1].get("request_id"), Some("1"));
}

#[test]
fn a_scope_keeps_to_its_bound_and_gives_its_memory_back() {
    let (_alone, memory) = begin(recorder().bytes_per_scope(4096).bytes_in_all(64 << 10));
    let runtime = runtime();
    for id in 0..200_u64 {
        runtime.block_on(request(&id.to_string()).scope(async {
            (0..1000_u64).for_each(|n| debug!("Kept", n));
            if id % 100 == 99 {
                error!("Failed");
            }
        }));
    }
    let lines = arrived(&memory);
    for dump in lines.chunk_by(|_, next| next.message != BEGIN) {
        let overwritten = dump[0].number("overwritten").unwrap();
        let kept: Vec<_> = dump.iter().filter_map(|line| line.number("n")).collect();
        assert!(kept.len() > 40, "memory is given back: {}", kept.len());
        assert!(kept.iter().copied().eq(overwritten..1000));
    }
    assert_eq!(lines.iter().filter(|line| line.message == "Failed").count(), 2);
}

#[test]
fn without_fields_a_scope_is_one_all_the_same() {
    for format in [Format::Text, Format::Json, Format::Wire] {
        let (_alone, memory) = begin(recorder());
        configure().format(format).apply();
        runtime().block_on(LogContext::new().scope(async {
            debug!("Kept");
            info!("Written");
            error!("Failed");
        }));
        assert!(flush().is_complete());
        let lines = entries(format, &memory.bytes());
        let told: Vec<_> = lines.iter().map(|line| (&*line.message, line.fields.len())).collect();
        assert_eq!(told, [("Written", 0), (BEGIN, 4), ("Kept", 1), (END, 1), ("Failed", 0)], "{format:?}");
    }
}
