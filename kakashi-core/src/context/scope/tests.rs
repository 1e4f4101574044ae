use std::pin::pin;
use std::prelude::v1::*;
use std::task::Waker;

use proptest::prelude::*;

use super::*;
use crate::context::current::{clear_context, current_context, current_id, set_custom_context};
use crate::value::field::Field;

fn context(key: &str, value: u64) -> LogContext {
    LogContext::new().with_custom(&[Field::new(key, &value)])
}

#[test]
fn a_context_ends_with_its_own_guard_when_the_outer_goes_first() {
    let outer = context("outer", 1).enter();
    set_custom_context(&[Field::new("set", "in the outer")]);
    let inner = context("inner", 2).enter();
    set_custom_context(&[Field::new("set", "in the inner")]);
    drop(outer);
    assert_eq!(current_context(), context("inner", 2).with_custom(&[Field::new("set", "in the inner")]));
    drop(inner);
    assert!(current_context().is_empty());
    assert_eq!(current_id(), 0);
}

#[test]
fn an_inner_guard_that_goes_first_brings_back_the_very_context_before_it() {
    let outer = context("outer", 1).enter();
    let before = current_id();
    context("inner", 2).within(|| assert_ne!(current_id(), before));
    assert_eq!(current_id(), before, "encoders know it still");
    drop(outer);
}

fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_threads_guard_that_is_dropped_in_a_future_ends_when_the_future_pauses() {
    let outer = context("outer", 1).enter();
    let inner = context("inner", 2).enter();
    let task = context("task", 3).scope(async move {
        drop(outer);
        current_context().get("outer").is_some()
    });
    assert_eq!(poll(task), Poll::Ready(true), "the task began with it");
    assert_eq!(current_context(), context("inner", 2));
    drop(inner);
    assert!(current_context().is_empty());
}

#[test]
fn a_futures_guard_ends_in_the_future_wherever_it_is_dropped() {
    let slot = std::rc::Rc::new(std::cell::RefCell::new(None));
    let filled = slot.clone();
    let mut paused = false;
    let mut task = pin!(context("task", 1).scope(async move {
        *filled.borrow_mut() = Some(context("guarded", 2).enter());
        assert!(current_context().get("guarded").is_some());
        core::future::poll_fn(|_| {
            if core::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        current_context()
    }));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(task.as_mut().poll(&mut cx).is_pending());
    let own = context("own", 3).enter();
    slot.borrow_mut().take();
    assert_eq!(current_context(), context("own", 3), "none of this thread's");
    assert_eq!(task.as_mut().poll(&mut cx), Poll::Ready(context("task", 1)));
    drop(own);
    assert!(current_context().is_empty());
}

#[test]
fn a_guard_that_outlives_its_future_does_nothing() {
    let Poll::Ready(guard) = poll(context("task", 1).scope(async { context("guarded", 2).enter() })) else {
        panic!("it does not pause");
    };
    let own = context("own", 3).enter();
    drop(guard);
    assert_eq!(current_context(), context("own", 3));
    drop(own);
}

#[derive(Clone, Debug)]
enum Step {
    Enter(u8),
    Set(u8),
    Clear,
    /// Drops one of the guards.
    End(prop::sample::Index),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..5_u8).prop_map(Step::Enter),
        2 => (0..5_u8).prop_map(Step::Set),
        1 => Just(Step::Clear),
        4 => any::<prop::sample::Index>().prop_map(Step::End),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    /// Against a list of scopes, each with what was done in it, done again at each step.
    #[test]
    fn guards_in_any_order_end_their_own_contexts(steps in steps()) {
        clear_context();
        let key = |key: u8| format!("k{key}");
        // Of each scope: what was added or, none, cleared.
        let mut scopes: Vec<(u64, Vec<Option<LogContext>>)> = vec![(0, Vec::new())];
        let mut guards = Vec::new();
        for (at, step) in (1_u64..).zip(steps) {
            match step {
                Step::Enter(name) => {
                    let added = context(&key(name), at);
                    guards.push((at, added.enter()));
                    scopes.push((at, vec![Some(added)]));
                }
                Step::Set(name) => {
                    set_custom_context(&[Field::new(&key(name), &at)]);
                    scopes.last_mut().unwrap().1.push(Some(context(&key(name), at)));
                }
                Step::Clear => {
                    clear_context();
                    scopes.last_mut().unwrap().1.push(None);
                }
                Step::End(index) if !guards.is_empty() => {
                    let (id, guard) = guards.remove(index.index(guards.len()));
                    drop(guard);
                    scopes.retain(|scope| scope.0 != id);
                }
                Step::End(_) => {}
            }
            let expected = scopes.iter().flat_map(|scope| &scope.1).fold(LogContext::new(), |context, step| {
                step.as_ref().map_or(LogContext::new(), |added| context.merge(added))
            });
            prop_assert_eq!(current_context(), expected);
            prop_assert_eq!(current_id() == 0, current_context().is_empty());
        }
    }
}
