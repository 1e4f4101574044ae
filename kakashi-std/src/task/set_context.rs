//! The functions that set a context, which refuse to in a task that is in no scope.
//!
//! What a task set there would be the thread's: the next task has it. Neither is a task's
//! own id a place for it: hyper serves all requests of a connection in one task.

use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use kakashi_core::{Field, RequestContext, UserContext, fields, may_set_context};

use crate::loggers::logger::get_logger;

static REFUSED: AtomicUsize = AtomicUsize::new(0);
/// The places that a record has named.
static REPORTED: Mutex<BTreeSet<(&str, u32, u32)>> = Mutex::new(BTreeSet::new());

/// Returns how many calls of the functions that set a context were refused, because they were
/// made in a task that is in no scope.
pub fn refused_contexts() -> usize {
    REFUSED.load(Ordering::Relaxed)
}

/// Adds a request to all records of the current thread or scope from now on.
///
/// In a task of tokio that is in no scope it is refused, and a WARNING says so, once for each
/// place of a call: the context would be there when the thread runs the next task. Use
/// [`Scope::scope`](crate::Scope::scope), [`task::spawn`](crate::task::spawn) or, for a server's
/// requests, `tower::RequestLayer`.
#[track_caller]
pub fn set_request_context(request: RequestContext) {
    if is_allowed("set_request_context") {
        kakashi_core::set_request_context(request);
    }
}

/// Adds a user to all records of the current thread or scope from now on.
///
/// In a task of tokio that is in no scope it is refused, as [`set_request_context`] is.
#[track_caller]
pub fn set_user_context(user: UserContext) {
    if is_allowed("set_user_context") {
        kakashi_core::set_user_context(user);
    }
}

/// Adds fields to all records of the current thread or scope from now on.
///
/// In a task of tokio that is in no scope it is refused, as [`set_request_context`] is.
#[track_caller]
pub fn set_custom_context(fields: &[Field<'_>]) {
    if is_allowed("set_custom_context") {
        kakashi_core::set_custom_context(fields);
    }
}

#[track_caller]
fn is_allowed(function: &str) -> bool {
    let is_allowed = may_set_context();
    if !is_allowed {
        refuse(function, Location::caller());
    }
    is_allowed
}

#[cold]
fn refuse(function: &str, place: &'static Location<'static>) {
    REFUSED.fetch_add(1, Ordering::Relaxed);
    let is_first = match REPORTED.try_lock() {
        Ok(mut reported) => reported.insert((place.file(), place.line(), place.column())),
        Err(TryLockError::Poisoned(reported)) => {
            PoisonError::into_inner(reported).insert((place.file(), place.line(), place.column()))
        }
        // The next call says it; in the child of a fork another thread may have it for ever.
        Err(TryLockError::WouldBlock) => false,
    };
    if is_first {
        let message = "A context is not set in a task that is in no scope: the next task would have it. \
            Use LogContext::scope, task::spawn or tower::RequestLayer";
        get_logger("kakashi").warning(message, fields![function, place = %place]);
    }
}
