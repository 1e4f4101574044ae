//! A random program, and which of its records happened before which.

use kakashi_std::LogLevel;
use proptest::prelude::*;

/// How many threads a program has.
pub(crate) const THREADS: usize = 4;

/// Which logger logs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Sync,
    Async,
    Performance,
    Custom,
}

/// One step of a program; all of them stand in one line, so that what is waited for
/// is always sent before.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// A thread logs a record of about so many bytes.
    Log { thread: usize, kind: Kind, level: LogLevel, bytes: usize },
    /// A thread logs a value which itself logs, and may send a token.
    Nested { thread: usize, kind: Kind, inner: Kind, sends: bool },
    /// A thread starts another, which logs, and waits for its end.
    ShortLived { thread: usize, kind: Kind },
    /// A thread sends a token.
    Send { thread: usize },
    /// A thread waits for one of the last tokens that were sent, counted from the last.
    Wait { thread: usize, back: usize },
    /// A thread flushes.
    Flush { thread: usize },
    /// A thread makes a context current, in the one that it has.
    Enter { thread: usize },
    /// A thread's innermost context ends.
    Leave { thread: usize },
    /// A thread has all be written to this file from now on.
    Configure { thread: usize, file: usize },
}

/// Makes the strategy for programs whose records these kinds of loggers log.
pub(crate) fn program(kinds: &'static [Kind], configures: bool) -> impl Strategy<Value = Vec<Step>> {
    let kind = || prop::sample::select(kinds);
    let level = prop::sample::select(&[
        LogLevel::Info,
        LogLevel::Info,
        LogLevel::Info,
        LogLevel::Info,
        LogLevel::Info,
        LogLevel::Warning,
        LogLevel::Warning,
        LogLevel::Error,
    ]);
    let bytes = prop::sample::select(&[0, 0, 0, 0, 0, 0, 100, 900, 5000, 60_000]);
    let thread = || 0..THREADS;
    let step = prop_oneof![
        10 => (thread(), kind(), level, bytes)
            .prop_map(|(thread, kind, level, bytes)| Step::Log { thread, kind, level, bytes }),
        2 => (thread(), kind(), kind(), any::<bool>())
            .prop_map(|(thread, kind, inner, sends)| Step::Nested { thread, kind, inner, sends }),
        1 => (thread(), kind()).prop_map(|(thread, kind)| Step::ShortLived { thread, kind }),
        6 => thread().prop_map(|thread| Step::Send { thread }),
        6 => (thread(), 0..4_usize).prop_map(|(thread, back)| Step::Wait { thread, back }),
        1 => thread().prop_map(|thread| Step::Flush { thread }),
        1 => thread().prop_map(|thread| Step::Enter { thread }),
        1 => thread().prop_map(|thread| Step::Leave { thread }),
        2 => (thread(), 0..2_usize).prop_map(move |(thread, file)| match configures {
            true => Step::Configure { thread, file },
            false => Step::Send { thread },
        }),
    ];
    prop::collection::vec(step, 1..120)
}

/// How many of each thread's records happened before something.
pub(crate) type Clock = [u64; THREADS];

/// A record, by its thread and its number there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Id {
    pub(crate) thread: usize,
    pub(crate) n: u64,
}

/// What a thread does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    Log {
        id: Id,
        kind: Kind,
        level: LogLevel,
        bytes: usize,
    },
    Nested {
        id: Id,
        kind: Kind,
        inner_id: Id,
        inner: Kind,
        token: Option<usize>,
    },
    ShortLived {
        id: Id,
        kind: Kind,
    },
    Send {
        token: usize,
    },
    Wait {
        token: usize,
    },
    /// All that this counts must be readable when the flush has returned.
    Flush {
        before: Clock,
    },
    Enter,
    Leave,
    Configure {
        file: usize,
    },
}

/// What each thread does, and what is known of the order.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) actions: [Vec<Action>; THREADS],
    pub(crate) tokens: usize,
    /// By thread and number: what happened before the record's call began.
    pub(crate) before: [Vec<Clock>; THREADS],
}

impl Program {
    pub(crate) fn new(steps: &[Step]) -> Self {
        let mut program = Self { actions: Default::default(), tokens: 0, before: Default::default() };
        let mut clocks = [Clock::default(); THREADS];
        let mut sent: Vec<Clock> = Vec::new();
        for step in steps {
            program.take(step, &mut clocks, &mut sent);
        }
        program.tokens = sent.len();
        program
    }

    fn take(&mut self, step: &Step, clocks: &mut [Clock; THREADS], sent: &mut Vec<Clock>) {
        let (thread, action) = match *step {
            Step::Log { thread, kind, level, bytes } => {
                (thread, Action::Log { id: self.record(thread, clocks), kind, level, bytes })
            }
            Step::Nested { thread, kind, inner, sends } => {
                // The inner call has returned before the token is sent, the outer not; neither
                // of the two happened before the other.
                let before = clocks[thread];
                let inner_id = self.record(thread, clocks);
                let token = sends.then_some(sent.len());
                sent.extend(sends.then_some(clocks[thread]));
                let id = self.record(thread, clocks);
                self.before[thread][id.n as usize] = before;
                (thread, Action::Nested { id, kind, inner_id, inner, token })
            }
            Step::ShortLived { thread, kind } => {
                (thread, Action::ShortLived { id: self.record(thread, clocks), kind })
            }
            Step::Send { thread } => {
                sent.push(clocks[thread]);
                (thread, Action::Send { token: sent.len() - 1 })
            }
            Step::Wait { thread, back } => {
                let Some(token) = sent.len().checked_sub(back + 1) else { return };
                for (mine, theirs) in clocks[thread].iter_mut().zip(sent[token]) {
                    *mine = theirs.max(*mine);
                }
                (thread, Action::Wait { token })
            }
            Step::Flush { thread } => (thread, Action::Flush { before: clocks[thread] }),
            Step::Enter { thread } => (thread, Action::Enter),
            Step::Leave { thread } => (thread, Action::Leave),
            Step::Configure { thread, file } => (thread, Action::Configure { file }),
        };
        self.actions[thread].push(action);
    }

    /// Enters a new record of a thread.
    fn record(&mut self, thread: usize, clocks: &mut [Clock; THREADS]) -> Id {
        self.before[thread].push(clocks[thread]);
        let n = clocks[thread][thread];
        clocks[thread][thread] += 1;
        Id { thread, n }
    }
}
