//! Spans that are entered elsewhere than where they were made: they bring that context along.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::sync::{Arc, Once, mpsc};
use std::thread;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use kakashi_std::sinks::MemorySink;
use kakashi_std::tower::RequestLayer;
use kakashi_std::{
    Destination, Format, LogContext, LogLevel, RequestContext, Scope as _, UserContext, bridges, capture,
    clear_context, configure, debug, fields, flush, info, set_custom_context, set_request_context,
    set_user_context,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::text;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing::{Instrument as _, Span, info_span};

/// Begins anew: everything is written to this memory as text.
fn to_memory() -> MemorySink {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        bridges::log::install().unwrap();
        bridges::tracing::install().unwrap();
    });
    let memory = MemorySink::new();
    configure().reset().format(Format::Text).destination(Destination::new(memory.clone())).apply();
    memory
}

/// Returns each message, and its fields.
fn shown(memory: &MemorySink) -> Vec<String> {
    assert!(flush().is_complete());
    let shown = text(&memory.bytes()).into_iter().map(|entry| {
        let fields = entry.fields.iter().map(|(key, value)| format!(" {key}={value}"));
        entry.message + &fields.collect::<String>()
    });
    shown.collect()
}

/// A thread that does what it is sent, inside of the sender's span: as that of sqlx's SQLite.
struct Worker {
    commands: mpsc::Sender<(Box<dyn FnOnce() + Send>, Span)>,
    thread: thread::JoinHandle<()>,
}

impl Worker {
    fn new(begin: impl FnOnce() + Send + 'static) -> Self {
        let (commands, sent) = mpsc::channel::<(Box<dyn FnOnce() + Send>, Span)>();
        let thread = thread::spawn(move || {
            begin();
            for (command, span) in sent {
                span.in_scope(command);
            }
            info!("idle");
        });
        Self { commands, thread }
    }

    fn send(&self, command: impl FnOnce() + Send + 'static) {
        self.commands.send((Box::new(command), Span::current())).unwrap();
    }

    fn end(self) {
        drop(self.commands);
        self.thread.join().unwrap();
    }
}

fn request(id: &str) -> LogContext {
    LogContext::new().with_request_id(id)
}

#[test]
fn what_works_for_a_request_in_its_span_has_its_context_on_any_thread() {
    let _alone = alone();
    let memory = to_memory();
    let worker = Worker::new(|| ());
    for id in ["r-1", "r-2"] {
        request(id).with_custom(fields![step = 1]).within(|| {
            info_span!("request", user = 7).in_scope(|| {
                worker.send(move || {
                    tracing::info!("{id}: tracing");
                    log::info!("{id}: log");
                    info!("kakashi", step = 2);
                    info_span!("below", n = 3).in_scope(|| info!("below"));
                    // It was made inside of what the span has brought.
                    let again = info_span!("again");
                    thread::spawn(move || again.in_scope(|| info!("on a third thread"))).join().unwrap();
                });
            });
        });
        worker.send(|| info!("for nobody"));
    }
    worker.end();
    let mut expected = Vec::new();
    for id in ["r-1", "r-2"] {
        let request = format!("request_id={id} step=1 user=7");
        expected.extend([
            format!("{id}: tracing {request}"),
            format!("{id}: log {request}"),
            format!("kakashi step=2 request_id={id} user=7"),
            format!("below {request} n=3"),
            format!("on a third thread {request}"),
            "for nobody".to_owned(),
        ]);
    }
    expected.push("idle".to_owned());
    assert_eq!(shown(&memory), expected);
}

#[test]
fn a_thread_with_a_context_of_its_own_keeps_it_and_the_two_do_not_mix() {
    let _alone = alone();
    let memory = to_memory();
    let worker = Worker::new(|| set_request_context(RequestContext::new("203.0.113.7", "GET /other")));
    request("r-1").within(|| {
        info_span!("request", user = 7).in_scope(|| {
            worker.send(|| info!("one"));
            worker.send(|| {
                clear_context();
                info!("two");
            });
            worker.send(|| {
                info!("three");
                set_user_context(UserContext::new().user_id("of the thread"));
                LogContext::new().with_custom(fields![step = 1]).within(|| info!("four"));
            });
            worker.send(|| info!("five"));
        });
    });
    worker.end();
    assert_eq!(
        shown(&memory),
        [
            "one ip=203.0.113.7 access=GET /other user=7",
            "two user=7",
            "three request_id=r-1 user=7",
            "four user_id=of the thread request_id=r-1 user=7 step=1",
            "five user_id=of the thread user=7",
            "idle user_id=of the thread",
        ]
    );
}

#[test]
fn where_a_span_was_made_what_is_current_counts_and_a_root_is_nobodys() {
    let _alone = alone();
    let memory = to_memory();
    let (span, root) = request("r-1").within(|| {
        set_custom_context(fields![step = 1]);
        let made = (info_span!("request"), info_span!(parent: None, "root"));
        made.0.in_scope(|| {
            clear_context();
            info!("cleared");
        });
        made.0.in_scope(|| info!("still cleared"));
        made
    });
    span.in_scope(|| info!("after the scope"));
    thread::spawn(move || {
        root.in_scope(|| info!("root"));
        tracing::info!(parent: &root, "of the root");
        tracing::info!(parent: &span, "of the span");
        span.in_scope(|| tracing::info!(parent: None, "of nobody"));
        info!("none");
    })
    .join()
    .unwrap();
    assert_eq!(
        shown(&memory),
        [
            "cleared",
            "still cleared",
            "after the scope",
            "root",
            "of the root",
            "of the span request_id=r-1 step=1",
            "of nobody request_id=r-1 step=1",
            "none",
        ]
    );
}

#[test]
fn a_task_that_is_spawned_with_a_span_only_has_the_level_and_the_capture_too() {
    let _alone = alone();
    let memory = to_memory();
    let captured = capture();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let request = request("r-1").level(LogLevel::Debug);
        let task = async {
            debug!("one");
            tokio::task::yield_now().await;
            tracing::debug!("two");
        };
        let span = request.within(|| info_span!("task", n = 1));
        tokio::spawn(task.instrument(span)).await.unwrap();
        tokio::spawn(async { info!("without") }).await.unwrap();
    });
    for message in ["one", "two"] {
        assert!(captured.contains(LogLevel::Debug, message, fields![request_id = "r-1", n = 1]));
    }
    drop(captured);
    assert_eq!(shown(&memory), ["without"]);
}

#[test]
fn a_requests_span_brings_along_what_the_request_has_set_since() {
    let _alone = alone();
    let memory = to_memory();
    for (layer, user) in [(RequestLayer::new(), "7"), (RequestLayer::new().tracing_span(), "8")] {
        let worker = Arc::new(Worker::new(|| ()));
        let sender = Arc::clone(&worker);
        let service = service_fn(move |_: Request<()>| {
            let sender = Arc::clone(&sender);
            async move {
                set_user_context(UserContext::new().user_id(user));
                sender.send(|| info!("on the worker"));
                let handled = fields![handled = true];
                LogContext::new().with_custom(handled).within(|| {
                    info_span!("below", n = 1).in_scope(|| sender.send(|| info!("below")));
                });
                Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
            }
        });
        let request = Request::get("/").header("x-request-id", "r-1").body(()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(layer.layer(service).oneshot(request)).unwrap();
        Arc::into_inner(worker).unwrap().end();
    }
    let request = |user: &str| format!("access=GET / request_id=r-1 user_id={user}");
    let mut seen = shown(&memory);
    seen.retain(|line| !line.starts_with("Request finished"));
    assert_eq!(
        seen,
        [
            "on the worker".to_owned(),
            // This span was made in the request, too.
            format!("below {} method=GET handled=true n=1", request("7")),
            "idle".to_owned(),
            format!("on the worker {} method=GET", request("8")),
            format!("below {} method=GET handled=true n=1", request("8")),
            "idle".to_owned(),
        ]
    );
}
