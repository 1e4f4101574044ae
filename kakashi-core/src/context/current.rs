//! The current context of a thread, or of the future that runs on it.
//!
//! One place for all platforms with threads or `thread_local!`, wasm among them: the
//! context that a program sets is the one that every kind of logger reads. A thread
//! whose locals are gone has none.

use std::cell::{Cell, RefCell};
use std::thread_local;

use core::mem;

use crate::context::LogContext;
use crate::context::level_scopes::set_current_level;
use crate::context::request::{RequestContext, UserContext};
use crate::context::scopes::{Hidden, OpenedScope, Scopes};
use crate::value::field::Field;

thread_local! {
    /// The id of the current context's fields, which each record reads.
    static ID: Cell<usize> = const { Cell::new(0) };
    static SCOPES: RefCell<Scopes> = const { RefCell::new(Scopes::new()) };
}

/// Returns the id of the current context's fields; 0 for none.
#[doc(hidden)]
#[inline]
pub fn current_id() -> usize {
    ID.try_with(Cell::get).unwrap_or(0)
}

/// Returns the context of the current thread or task.
pub fn current_context() -> LogContext {
    SCOPES.try_with(|scopes| scopes.borrow().current().clone()).unwrap_or_default()
}

/// Changes what is current. No code of the program's runs meanwhile.
pub(super) fn with_scopes<R>(change: impl FnOnce(&mut Scopes) -> R) -> Option<R> {
    let changed = SCOPES.try_with(|scopes| {
        let mut scopes = scopes.borrow_mut();
        let changed = change(&mut scopes);
        let _ = ID.try_with(|id| id.set(scopes.current().fields().id));
        set_current_level(scopes.current().threshold());
        changed
    });
    changed.ok()
}

pub(super) fn open_scope(context: &LogContext) -> Option<OpenedScope> {
    with_scopes(|scopes| scopes.open(context))
}

pub(super) fn end_scope(scope: &OpenedScope) {
    with_scopes(|scopes| scopes.end(scope));
}

pub(super) fn swap_scopes(other: &mut Scopes) {
    with_scopes(|scopes| mem::swap(scopes, other));
}

/// Begins a thread with a context.
#[doc(hidden)]
pub fn begin_thread(context: LogContext) {
    swap_scopes(&mut Scopes::of(context));
}

/// Changes the current scope, if it is the current task's.
fn change(change: impl Fn(&LogContext) -> LogContext) {
    with_scopes(|scopes| {
        if scopes.may_change() {
            scopes.change(change);
        }
    });
}

/// Tells whether the functions that set a context do so here: not in a task that is in no
/// scope, if the feature `tokio` tells tasks from threads.
#[doc(hidden)]
pub fn may_set_context() -> bool {
    SCOPES.try_with(|scopes| scopes.borrow().may_change()).unwrap_or(true)
}

/// Adds a request to all records of the current thread or scope from now on.
///
/// **Tasks can't be told from threads here.** A task of an async runtime that is in no
/// [`Scope::scope`](crate::Scope::scope) sets the thread's context: it stays there when the task
/// goes on elsewhere, and the next task that the thread runs has it, with another's request. Wrap
/// each request's future in a scope. (With the feature `tokio`, by which a task is known, this
/// is refused there.)
pub fn set_request_context(request: RequestContext) {
    let request = LogContext::from(request);
    change(|context| context.merge(&request));
}

/// Adds a user to all records of the current thread or scope from now on.
///
/// **Tasks can't be told from threads here.** In a task that is in no
/// [`Scope::scope`](crate::Scope::scope) this sets the thread's context, which the next task that
/// the thread runs has too. (With the feature `tokio` it is refused there.)
pub fn set_user_context(user: UserContext) {
    let user = LogContext::from(user);
    change(|context| context.merge(&user));
}

/// Adds fields to all records of the current thread or scope from now on.
///
/// **Tasks can't be told from threads here.** In a task that is in no
/// [`Scope::scope`](crate::Scope::scope) this sets the thread's context, which the next task that
/// the thread runs has too. (With the feature `tokio` it is refused there.)
pub fn set_custom_context(fields: &[Field<'_>]) {
    // Made once, before anything is borrowed: the values' own code may log.
    let custom = LogContext::new().with_custom(fields);
    change(|context| context.merge(&custom));
}

/// Removes what [`set_request_context`] sets from the context of the current thread or task: the
/// address, the access, the id and the client program. Within a scope, until the scope ends.
///
/// The user and other fields stay; [`clear_context`] removes them, too.
pub fn clear_request_context() {
    with_scopes(|scopes| scopes.clear(Hidden::Request));
}

/// Removes all context of the current thread or task; within a scope, until the scope ends.
pub fn clear_context() {
    with_scopes(|scopes| scopes.clear(Hidden::All));
}
