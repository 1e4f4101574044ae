//! What is current on a thread, or in a future: a context of its own, and a layer for each
//! open scope.
//!
//! A layer keeps what its scope added beside what was current before, so that a scope may
//! end before those inside of it. Whoever logs reads the merged context, which is made when
//! something changes.

use std::mem;
use std::prelude::v1::*;
use std::sync::{Arc, Mutex, PoisonError};

use crate::context::LogContext;
use crate::context::task::{TaskId, current_task};

/// What is current on a thread or in a future.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    current: LogContext,
    /// Outermost first.
    layers: Vec<Layer>,
    /// The guards of these layers have it too; made with the first of them.
    ended: Option<Arc<EndedScopes>>,
    last_id: u64,
    /// The task that runs a piece in them; none for a thread's.
    task: TaskId,
}

/// An open scope.
#[derive(Debug)]
struct Layer {
    id: u64,
    /// What was current before it.
    outer: LogContext,
    /// What it has added since.
    own: LogContext,
    /// It has removed what it did not add.
    hides_outer: bool,
    /// The task that opened it.
    task: TaskId,
}

/// The scopes whose guards were dropped while others were current: while a future ran.
type EndedScopes = Mutex<Vec<u64>>;

impl Scopes {
    pub(super) const fn new() -> Self {
        Self { current: LogContext::new(), layers: Vec::new(), ended: None, last_id: 0, task: None }
    }

    pub(super) const fn of(context: LogContext) -> Self {
        Self { current: context, layers: Vec::new(), ended: None, last_id: 0, task: None }
    }

    pub(super) const fn current(&self) -> &LogContext {
        &self.current
    }

    /// Begins a piece of what has these scopes for itself.
    pub(super) fn begin_piece(&mut self, task: TaskId) {
        self.end_dropped();
        self.task = task;
    }

    /// Tells whether the innermost scope may be changed here: not by a task that did not open
    /// it, for it would be there when the next task runs.
    pub(super) fn may_change(&self) -> bool {
        let task = current_task();
        task.is_none() || task == self.layers.last().map_or(self.task, |layer| layer.task)
    }

    /// Adds to the innermost scope.
    pub(super) fn change(&mut self, change: impl Fn(&LogContext) -> LogContext) {
        if let Some(layer) = self.layers.last_mut() {
            layer.own = change(&layer.own);
        }
        self.current = change(&self.current);
    }

    /// Removes everything as long as the innermost scope is open.
    pub(super) fn clear(&mut self) {
        if let Some(layer) = self.layers.last_mut() {
            layer.own = LogContext::new();
            layer.hides_outer = true;
        }
        self.current = LogContext::new();
    }

    pub(super) fn open(&mut self, context: &LogContext) -> OpenedScope {
        self.last_id += 1;
        let task = current_task();
        let merged = self.current.merge(context);
        let outer = mem::replace(&mut self.current, merged);
        self.layers.push(Layer { id: self.last_id, outer, own: context.clone(), hides_outer: false, task });
        OpenedScope { id: self.last_id, ended: Arc::clone(self.ended.get_or_insert_default()) }
    }

    /// Ends a scope, or has it ended when these scopes are current again.
    pub(super) fn end(&mut self, scope: &OpenedScope) {
        if self.ended.as_ref().is_some_and(|ended| Arc::ptr_eq(ended, &scope.ended)) {
            self.remove(scope.id);
        } else {
            scope.ended.lock().unwrap_or_else(PoisonError::into_inner).push(scope.id);
        }
    }

    /// Ends the scopes whose guards were dropped while these were not current.
    pub(super) fn end_dropped(&mut self) {
        let Some(ended) = &self.ended else { return };
        let ids = mem::take(&mut *ended.lock().unwrap_or_else(PoisonError::into_inner));
        ids.into_iter().for_each(|id| self.remove(id));
    }

    fn remove(&mut self, id: u64) {
        let Some(at) = self.layers.iter().rposition(|layer| layer.id == id) else { return };
        let mut outer = self.layers.remove(at).outer;
        // The innermost goes first, mostly, and then what was current before is again.
        for layer in self.layers.get_mut(at..).unwrap_or_default() {
            let merged = if layer.hides_outer { layer.own.clone() } else { outer.merge(&layer.own) };
            layer.outer = mem::replace(&mut outer, merged);
        }
        self.current = outer;
    }
}

/// Names a scope among all of the process.
#[derive(Debug)]
pub(super) struct OpenedScope {
    id: u64,
    ended: Arc<EndedScopes>,
}
