//! The thread that sends: what is handed to it in memory first, then what lies on the disk.

use std::cell::Cell;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use kakashi_core::{Batch, Progress, SinkError, SinkErrorKind};

use super::blocks::BlockRun;
use super::buffer_state::OrderAnswer;
use super::file_set::count_records;
use super::next_run::NextRun;
use super::shared_buffer::{SentRun, SharedBuffer};
use super::store::{FileKey, StoredRun};

/// After so long without work the thread ends.
const IDLE: Duration = Duration::from_secs(5);
/// How long a receiver is left alone that can take no more just now.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

thread_local! {
    static IS_SENDER: Cell<bool> = const { Cell::new(false) };
}

/// Tells whether this thread sends: it must not wait for itself.
pub(super) fn is_sender() -> bool {
    IS_SENDER.get()
}

/// What is next to be done.
enum Task {
    Order(BlockRun),
    Count(FileKey, std::path::PathBuf, u64, u64),
    Send(StoredRun),
}

impl SharedBuffer {
    /// Has the thread look for work, or starts it; false if it can't be started.
    pub(super) fn wake(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
        if state.has_thread {
            drop(state);
            self.changed.notify_all();
            return true;
        }
        if state.order.is_none() && !state.store.has_files() {
            return true;
        }
        state.has_thread = true;
        drop(state);
        let own = self.clone();
        let spawned = thread::Builder::new().name("kakashi-disk-buffer".into()).spawn(move || own.run());
        if spawned.is_err() {
            self.lock().has_thread = false;
        }
        spawned.is_ok()
    }

    fn run(self: Arc<Self>) {
        IS_SENDER.set(true);
        while let Some(task) = self.next_task() {
            match task {
                Task::Order(run) => self.do_order(&run),
                Task::Count(key, path, block, taken) => {
                    let records = count_records(&path, block, taken);
                    let mut state = self.lock();
                    match records {
                        Ok(records) => state.store.count(key, records),
                        Err(error) => state.store.count_later(key, &error),
                    }
                    self.tell(state);
                }
                Task::Send(stored) => self.send_stored(stored),
            }
        }
    }

    /// Waits for work; none if there is none for long, or nobody who could bring some. Then the
    /// thread no longer runs.
    fn next_task(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if let Some(run) = state.order.take() {
                return Some(Task::Order(run));
            }
            if state.sinks == 0 {
                state.has_thread = false;
                return None;
            }
            if let Some((key, path, block, taken)) = state.store.uncounted() {
                return Some(Task::Count(key, path, block, taken));
            }
            let mut timeout = IDLE;
            if state.store.has_files() {
                timeout = state.pause();
                if timeout.is_zero() {
                    let next = state.store.next_run();
                    state.store.in_flight = match &next {
                        NextRun::Run(stored) => Some(stored.key),
                        NextRun::Later | NextRun::Nothing => None,
                    };
                    if !state.store.events.is_empty() {
                        self.tell(state);
                        state = self.lock();
                    }
                    match next {
                        NextRun::Run(stored) => return Some(Task::Send(stored)),
                        NextRun::Later => state.back_off(None),
                        NextRun::Nothing => {}
                    }
                    self.changed.notify_all();
                    continue;
                }
            }
            let waited = self.changed.wait_timeout(state, timeout).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
            if waited.1.timed_out() && state.order.is_none() && !state.store.has_files() {
                state.has_thread = false;
                return None;
            }
        }
    }

    /// Sends the order that waits, on a thread that waits for the answer.
    pub(super) fn send_order(&self) {
        let order = self.lock().order.take();
        if let Some(run) = order {
            self.do_order(&run);
        }
    }

    fn do_order(&self, run: &BlockRun) {
        let mut progress = Progress::default();
        let sent = self.send(run, &mut progress);
        let mut state = self.lock();
        if let Some(spilled) = state.spilled.take() {
            drop(state);
            self.settle(spilled.key, spilled.offset, run, &progress, sent);
            return;
        }
        let rejected = sent.rejected.as_ref().map_or(0, kakashi_core::Dropped::total);
        state.answer = Some(OrderAnswer { result: sent.result, ends: progress.ends(), rejected });
        drop(state);
        self.changed.notify_all();
    }

    fn send_stored(&self, stored: StoredRun) {
        let StoredRun { key, run, offset, begun } = stored;
        let mut progress = Progress::default();
        if begun > 0 {
            let batch = Batch::new(&run.bytes, &run.ends);
            let taken = SinkError::new(SinkErrorKind::Partial).accepted(begun);
            progress.advance(&batch, &[], |_| Err(taken));
        }
        let sent = self.send(&run, &mut progress);
        self.settle(key, offset, &run, &progress, sent);
    }

    /// Marks what the receiver has settled of a run that lies on the disk, and counts it.
    fn settle(&self, key: FileKey, offset: u64, run: &BlockRun, progress: &Progress, sent: SentRun) {
        let taken = progress.bytes();
        let mut state = self.lock();
        if sent.bytes > 0 {
            let block = offset + run.block_at(taken) as u64;
            state.store.settle(key, block, offset + taken as u64, &sent.settled);
        }
        state.store.in_flight = None;
        let error = sent.result.err();
        let failure = error.filter(|error| error.is_failure() && sent.bytes == 0);
        match failure {
            Some(error) => {
                state.say_failure(error);
                state.back_off(error.pause());
            }
            None if sent.bytes > 0 => state.note_success(),
            // Not now.
            None => state.back_off(Some(BUSY_PAUSE)),
        }
        let counter = state.counter.clone();
        self.tell(state);
        if let Some(counter) = counter {
            if failure.is_some() {
                counter.failed();
            }
            if let Some(rejected) = &sent.rejected {
                counter.rejected(rejected, error.and_then(|error| error.cause()));
            }
            if sent.bytes > 0 {
                counter.delivered(sent.taken(), sent.bytes);
            }
        }
        self.changed.notify_all();
    }
}
