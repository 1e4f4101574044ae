//! What is spawned begins with the context of the one that spawns it.

use kakashi_std::task::rayon::{RayonScopeExt as _, ThreadPoolBuilderExt as _, join, scope};
use kakashi_std::task::{self, JoinSetExt as _, ThreadScopeExt as _};
use kakashi_std::{
    ClosureInCurrentContext as _, FutureInCurrentContext as _, LogContext, Scope as _, UserContext,
    current_context, set_user_context,
};
use kakashi_tests::harness::global_state::alone;
use rayon::ThreadPoolBuilder;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, LocalSet};

fn request(id: &str) -> LogContext {
    LogContext::new().with_request_id(id)
}

/// Whoever reads it has this one's alone afterwards.
fn read_and_set() -> LogContext {
    let context = current_context();
    set_user_context(UserContext::new().user_id("the child's"));
    context
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).build().expect("a runtime")
}

#[test]
fn tasks_of_tokio_have_the_context_of_the_one_that_spawns_them() {
    let _alone = alone();
    let local = LocalSet::new();
    let contexts = local.block_on(
        &runtime(),
        request("r-1").scope(async {
            let spawned = task::spawn(async { read_and_set() }).await;
            let blocking = task::spawn_blocking(read_and_set).await;
            let on_this_thread = task::spawn_local(async { read_and_set() }).await;
            let future = tokio::spawn(async { read_and_set() }.in_current_context()).await;
            let contexts = [spawned, blocking, on_this_thread, future].map(Result::unwrap);
            assert_eq!(current_context(), request("r-1"), "the children's is their own");
            contexts
        }),
    );
    assert_eq!(contexts, [const { 0 }; 4].map(|_| request("r-1")));
}

#[test]
fn tasks_of_a_set_have_the_context_of_the_one_that_spawns_them() {
    let _alone = alone();
    let local = LocalSet::new();
    let contexts = local.block_on(&runtime(), async {
        let mut tasks = JoinSet::new();
        for id in ["a", "b", "c"] {
            request(id).within(|| {
                tasks.spawn_in_current_context(async move { (id, read_and_set()) });
                tasks.spawn_blocking_in_current_context(move || (id, read_and_set()));
                tasks.spawn_local_in_current_context(async move { (id, read_and_set()) });
            });
        }
        tasks.join_all().await
    });
    assert_eq!(contexts.len(), 9);
    assert!(contexts.iter().all(|(id, context)| *context == request(id)));
}

#[test]
fn scoped_threads_have_the_context_of_the_one_that_spawns_them() {
    let context = request("r-1").within(|| {
        std::thread::scope(|threads| threads.spawn_in_current_context(read_and_set).join().unwrap())
    });
    assert_eq!(context, request("r-1"));
}

#[test]
fn jobs_of_rayon_have_the_context_of_the_one_that_spawns_them() {
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let ids: Vec<String> = (0..100).map(|id| id.to_string()).collect();
    // Jobs of many requests, whose threads take each other's while they wait.
    pool.scope(|jobs| {
        for id in &ids {
            jobs.spawn(move |_| {
                request(id).within(|| {
                    let (first, second) = join(read_and_set, read_and_set);
                    assert_eq!([&first, &second], [&request(id); 2]);
                    let in_scope = scope(|jobs| {
                        jobs.spawn_in_current_context(|jobs| {
                            assert_eq!(read_and_set(), request(id));
                            jobs.spawn_in_current_context(|_| {
                                assert_eq!(read_and_set().request_id(), Some(id.as_str()));
                            });
                        });
                        current_context()
                    });
                    assert_eq!(in_scope, request(id));
                    assert_eq!(current_context(), request(id));
                });
                assert!(current_context().is_empty());
            });
        }
    });
    let (sender, receiver) = std::sync::mpsc::channel();
    request("spawned").within(|| task::rayon::spawn(move || sender.send(read_and_set()).unwrap()));
    assert_eq!(receiver.recv().unwrap(), request("spawned"));
    assert_eq!(
        request("installed").within(|| pool.install(read_and_set.in_current_context())),
        request("installed")
    );
    assert!(pool.broadcast(|_| current_context().is_empty()).into_iter().all(|is_empty| is_empty));
}

#[test]
fn a_job_that_is_taken_while_another_waits_has_none_of_its_context() {
    let pool = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    request("waits").within(|| {
        pool.install(
            (|| {
                // The one thread takes it while it waits in the scope.
                scope(|jobs| {
                    jobs.spawn(move |_| sender.send(current_context()).unwrap());
                });
            })
            .in_current_context(),
        );
    });
    assert!(receiver.recv().unwrap().is_empty());
}

#[test]
fn threads_of_a_pool_begin_with_the_context_of_the_one_that_builds_it() {
    let builder = request("pool").within(|| ThreadPoolBuilder::new().num_threads(2).in_current_context());
    let contexts = builder.build().unwrap().broadcast(|_| current_context());
    assert_eq!(contexts, [request("pool"), request("pool")]);
}
