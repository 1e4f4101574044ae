//! Scopes with a level of their own: how many are open, and what loggers let through for them.
//!
//! Nobody else pays while there is none: a logger tests its level against a byte which is its
//! threshold, and which is lowered while a scope with a lower one is open anywhere. Only what
//! passes that and not the logger's own threshold asks the thread whether it is in such a scope.
//! Directives that give a level to spans count as one open scope, as long as they hold.
//! So the loggers must hear when the first is opened and the last is closed; whoever keeps them
//! is a [`LevelScopeListener`].

use core::cell::Cell;
use core::fmt;
use std::thread_local;

use spin::{Mutex, MutexGuard};

use crate::context::LogContext;
use crate::context::scope_level::ScopeLevel;
use crate::level::{AtomicLevelFilter, LevelFilter, LogLevel};

thread_local! {
    /// The level of the current scope; OFF lowers nothing.
    static CURRENT: Cell<LevelFilter> = const { Cell::new(LevelFilter::OFF) };
}

/// The lowest level of any open scope. Written under the lock.
static FLOOR: AtomicLevelFilter = AtomicLevelFilter::new(LevelFilter::OFF);

static SCOPES: Mutex<LevelScopes> = Mutex::new(LevelScopes {
    open: [0; LogLevel::ALL.len()],
    lowest: LevelFilter::OFF,
    lowest_of_spans: LevelFilter::OFF,
    listener: None,
});

/// All scopes of the process that have a level.
#[derive(Debug)]
struct LevelScopes {
    /// How many are open, by the lowest level that they let through.
    open: [usize; LogLevel::ALL.len()],
    /// The lowest level that any context was ever given.
    lowest: LevelFilter,
    /// The lowest level that a directive gives to spans. It counts as an open scope's as long as
    /// there is the directive: spans are entered too often to count them.
    lowest_of_spans: LevelFilter,
    listener: Option<&'static dyn LevelScopeListener>,
}

impl LevelScopes {
    /// Has the loggers ask again, if the lowest level of any open scope is another one.
    fn set_floor(&self) {
        let open = LogLevel::ALL.iter().zip(self.open).find(|(_, open)| *open > 0);
        let floor = open.map_or(LevelFilter::OFF, |(level, _)| (*level).into()).min(self.lowest_of_spans);
        if floor != FLOOR.get() {
            FLOOR.set(floor);
            if let Some(listener) = self.listener {
                listener.floor_changed();
            }
        }
    }
}

/// What hears of scopes with a level: the registry of loggers.
pub trait LevelScopeListener: fmt::Debug + Sync {
    /// Has every logger ask for [`level_floor`] again. It is called under a lock, while the
    /// thread's context is changed: it may run no code of a program.
    fn floor_changed(&self);

    /// Returns the lowest level that a directive gives to spans. It is called under a lock.
    fn lowest_of_spans(&self) -> LevelFilter;

    /// Takes the lowest level that a scope may have from now on, once for each that is lower
    /// than all before. It is called where a context is made, and may do anything.
    fn may_be_lower(&self, level: LevelFilter);
}

/// Has the loggers of a program hear of scopes with a level.
pub fn set_level_scope_listener(listener: &'static dyn LevelScopeListener) {
    let lowest = {
        let mut scopes = SCOPES.lock();
        scopes.listener = Some(listener);
        scopes.lowest_of_spans = listener.lowest_of_spans();
        scopes.set_floor();
        // Also where the floor is as it was: this one has not heard of it.
        listener.floor_changed();
        scopes.lowest
    };
    if lowest != LevelFilter::OFF {
        listener.may_be_lower(lowest);
    }
}

/// Asks for the lowest level that a directive gives to spans.
#[cfg(feature = "tracing")]
pub(crate) fn span_levels_changed() {
    let mut scopes = SCOPES.lock();
    if let Some(listener) = scopes.listener {
        scopes.lowest_of_spans = listener.lowest_of_spans();
        scopes.set_floor();
    }
}

impl LogContext {
    /// Lowers the threshold of every logger where this context is current: for one request, or
    /// one user.
    ///
    /// It never raises one. Of scopes inside of each other the innermost with a level counts. While
    /// such a scope is open anywhere, or a directive gives a level to spans, a disabled call elsewhere
    /// costs the read of a thread's local more; else it costs nothing more. Destinations keep their thresholds.
    ///
    /// ```
    /// use kakashi_core::{LogContext, LogLevel, Scope};
    ///
    /// let watched = LogContext::new().with_user_id("42").level(LogLevel::Debug);
    /// watched.within(|| {
    ///     // debug!(…) is written here, by loggers of INFO, too
    /// });
    /// # assert_eq!(watched.threshold(), Some(LogLevel::Debug.into()));
    /// ```
    #[must_use]
    pub fn level(&self, level: impl Into<LevelFilter>) -> Self {
        let level = level.into();
        expect_level(level);
        Self { inner: self.inner.clone(), level: ScopeLevel::of(level) }
    }

    /// Returns the threshold that loggers have where this context is current, if theirs is not
    /// lower.
    pub const fn threshold(&self) -> Option<LevelFilter> {
        self.level.get()
    }

    /// Returns these fields with a level that [`level`](Self::level) was not asked for: a span's,
    /// which its directives have prepared for.
    #[cfg(feature = "tracing")]
    pub(crate) fn at_level(self, level: Option<LevelFilter>) -> Self {
        Self { level: level.map_or(ScopeLevel::NONE, ScopeLevel::of), ..self }
    }

    /// Returns these fields with the lower of two contexts' levels: spans lower, and never raise.
    #[cfg(feature = "tracing")]
    pub(crate) fn at_lower_level_of(self, outer: &Self, span: &Self) -> Self {
        self.at_level(outer.threshold().into_iter().chain(span.threshold()).min())
    }

    /// Makes one without fields whose records go and are kept where this one's are, and have its level.
    pub(crate) fn without_fields(&self) -> Self {
        Self { level: self.level, ..Self::of_attached(self.attached()) }
    }
}

/// Keeps everybody out until the returned value is dropped: over a fork, whose child could
/// otherwise find the lock taken for ever.
pub fn hold_level_scopes() -> HeldLevelScopes {
    HeldLevelScopes { _scopes: SCOPES.lock() }
}

/// The scopes with a level, locked.
#[derive(Debug)]
pub struct HeldLevelScopes {
    _scopes: MutexGuard<'static, LevelScopes>,
}

/// Returns the lowest level of any open scope of the process; OFF if there is none.
#[inline]
pub fn level_floor() -> LevelFilter {
    FLOOR.get()
}

/// Returns the level of the scope that is current on this thread; OFF if it has none.
#[inline]
pub fn current_level() -> LevelFilter {
    CURRENT.try_with(Cell::get).unwrap_or(LevelFilter::OFF)
}

pub(super) fn set_current_level(level: Option<LevelFilter>) {
    let _ = CURRENT.try_with(|current| current.set(level.unwrap_or(LevelFilter::OFF)));
}

/// Prepares for scopes of this level, before one is opened.
pub(super) fn expect_level(level: LevelFilter) {
    let listener = {
        let mut scopes = SCOPES.lock();
        if level >= scopes.lowest {
            return;
        }
        scopes.lowest = level;
        scopes.listener
    };
    if let Some(listener) = listener {
        listener.may_be_lower(level);
    }
}

/// Counts as an open scope of its level, if it has one, as long as it lives.
#[derive(Debug, Default)]
pub(super) struct OpenLevel {
    /// The position of the lowest level that is let through.
    lowest: Option<usize>,
}

impl OpenLevel {
    pub(super) const fn none() -> Self {
        Self { lowest: None }
    }

    pub(super) fn change(&mut self, level: Option<LevelFilter>) {
        let lowest = level.and_then(|level| LogLevel::ALL.iter().position(|&at| level.enables(at)));
        if lowest == self.lowest {
            return;
        }
        let mut scopes = SCOPES.lock();
        let before = core::mem::replace(&mut self.lowest, lowest);
        if let Some(open) = lowest.and_then(|at| scopes.open.get_mut(at)) {
            *open += 1;
        }
        if let Some(open) = before.and_then(|at| scopes.open.get_mut(at)) {
            *open -= 1;
        }
        scopes.set_floor();
    }
}

impl Drop for OpenLevel {
    fn drop(&mut self) {
        self.change(None);
    }
}
