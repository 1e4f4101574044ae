//! No task sets what the next one would have.

use kakashi_std::task::{self, refused_contexts};
use kakashi_std::{
    ClosureInCurrentContext as _, LogContext, RequestContext, Scope as _, UserContext, clear_context,
    configure, current_context, fields, flush, set_custom_context, set_request_context, set_user_context,
    sinks::MemorySink,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::{ArrivedRecord, text};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{LocalSet, yield_now};

use crate::to_memory;

/// All tasks on one thread.
fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).build().expect("a runtime")
}

/// What was said about refusals.
fn warnings(memory: &MemorySink) -> Vec<ArrivedRecord> {
    assert!(flush().is_complete());
    text(&memory.bytes()).into_iter().filter(|entry| entry.logger == "kakashi").collect()
}

fn set_all() {
    set_request_context(RequestContext::new("10.0.0.2", "GET /").request_id("r-1"));
    set_user_context(UserContext::new().user_id("42"));
    set_custom_context(fields![tenant = "acme"]);
}

#[test]
fn a_task_in_no_scope_sets_no_context_for_itself_or_the_next() {
    let _alone = alone();
    let before = refused_contexts();
    let contexts = runtime().block_on(async {
        let first = tokio::spawn(async {
            set_all();
            yield_now().await;
            current_context()
        });
        let first = first.await.unwrap();
        [first, tokio::spawn(async { current_context() }).await.unwrap()]
    });
    assert_eq!(contexts, [LogContext::new(), LogContext::new()]);
    assert_eq!(refused_contexts() - before, 3);
}

#[test]
fn blocking_work_in_no_scope_sets_no_context_for_itself_or_the_next() {
    let _alone = alone();
    let runtime = Builder::new_multi_thread().worker_threads(1).max_blocking_threads(1).build().unwrap();
    let contexts = runtime.block_on(async {
        let first = tokio::task::spawn_blocking(|| {
            set_all();
            current_context()
        });
        let first = first.await.unwrap();
        [first, tokio::task::spawn_blocking(current_context).await.unwrap()]
    });
    assert_eq!(contexts, [LogContext::new(), LogContext::new()]);
}

#[test]
fn a_refusal_is_said_once_for_each_place_and_names_it() {
    let _alone = alone();
    let memory = to_memory();
    let before = refused_contexts();
    let line = runtime().block_on(async {
        let task = tokio::spawn(async {
            for _ in 0..3 {
                set_user_context(UserContext::new().user_id("42"));
                set_custom_context(fields![tenant = "acme"]);
            }
            line!()
        });
        task.await.unwrap()
    });
    assert_eq!(refused_contexts() - before, 6);
    let warnings = warnings(&memory);
    let said: Vec<_> = warnings.iter().map(|entry| entry.get("function").unwrap()).collect();
    assert_eq!(said, ["set_user_context", "set_custom_context"]);
    for (entry, line) in warnings.iter().zip([line - 3, line - 2]) {
        assert_eq!(entry.level, "WARNING");
        assert!(
            ["LogContext::scope", "task::spawn", "RequestLayer"]
                .iter()
                .all(|use_this| entry.message.contains(use_this))
        );
        let place = entry.get("place").unwrap();
        assert!(
            place.contains("refused.rs:") && place.contains(&format!(":{line}:")),
            "{place} is not in line {line}"
        );
    }
    configure().reset().apply();
}

#[test]
fn a_task_in_a_scope_sets_its_own_context() {
    let _alone = alone();
    let before = refused_contexts();
    let contexts = runtime().block_on(async {
        let scoped = tokio::spawn(LogContext::new().scope(async {
            set_all();
            yield_now().await;
            current_context()
        }));
        let guarded = tokio::spawn(async {
            let step = LogContext::new().with_custom(fields![step = 1]);
            step.within(|| {
                set_all();
                current_context()
            })
        });
        let spawned = task::spawn(async {
            set_all();
            current_context()
        });
        let blocking = task::spawn_blocking(|| {
            set_all();
            current_context()
        });
        let contexts = [scoped.await, guarded.await, spawned.await, blocking.await].map(Result::unwrap);
        assert!(tokio::spawn(async { current_context() }).await.unwrap().is_empty());
        contexts
    });
    for context in contexts {
        assert_eq!((context.request_id(), context.user_id()), (Some("r-1"), Some("42")));
        assert!(context.get("tenant").is_some());
    }
    assert_eq!(refused_contexts(), before);
}

#[test]
fn a_thread_sets_its_own_context_also_one_that_drives_a_runtime() {
    let _alone = alone();
    let before = refused_contexts();
    runtime().block_on(async {
        set_all();
        assert_eq!(current_context().user_id(), Some("42"));
    });
    assert_eq!(current_context().user_id(), Some("42"));
    clear_context();
    assert_eq!(refused_contexts(), before);
}

#[test]
fn a_task_does_not_change_the_scope_of_whoever_drives_it() {
    let _alone = alone();
    let before = refused_contexts();
    let (runtime, local) = (Builder::new_current_thread().build().unwrap(), LocalSet::new());
    let driver = LogContext::new().with_request_id("driver");
    let context = local.block_on(
        &runtime,
        driver.scope(async {
            let inner = LocalSet::new();
            let first = inner.run_until(async {
                tokio::task::spawn_local(async { set_user_context(UserContext::new().user_id("42")) }).await
            });
            first.await.unwrap();
            current_context()
        }),
    );
    assert_eq!(context, driver);
    let _guard = driver.enter();
    runtime.block_on(async {
        tokio::spawn(async { set_user_context(UserContext::new().user_id("42")) }).await.unwrap();
    });
    assert_eq!(current_context(), driver);
    assert_eq!(refused_contexts() - before, 2);
}

#[test]
fn a_closure_that_runs_in_a_task_sets_its_own_context() {
    let _alone = alone();
    let before = refused_contexts();
    let job = set_all.in_current_context();
    runtime().block_on(async { tokio::spawn(async { job() }).await.unwrap() });
    assert_eq!(refused_contexts(), before);
}
