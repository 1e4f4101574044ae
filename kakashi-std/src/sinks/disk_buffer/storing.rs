//! What comes to the buffer: sent if that goes at once, stored if not.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kakashi_core::{SinkError, SinkErrorKind};

use super::blocks::{BlockRun, RecordsByLevel};
use super::buffer_state::{BufferState, OrderAnswer, Size};
use super::shared_buffer::{SharedBuffer, guarded};
use super::store::{StoreError, StoreEvent, StoredPlace};

/// Time between two looks for what ended processes have left.
const LOOK_PAUSE: Duration = Duration::from_secs(10);

impl SharedBuffer {
    /// Looks once in a while for what ended processes have left.
    fn look(&self, state: &mut BufferState) {
        if state.looked_at.elapsed() >= LOOK_PAUSE {
            state.looked_at = Instant::now();
            let _ = state.store.adopt();
        }
    }

    /// Has a batch sent, or stores it. Returns what the sink is to say of it.
    pub(super) fn write(self: &Arc<Self>, run: BlockRun, records: RecordsByLevel) -> OrderAnswer {
        let all = run.ends.len();
        let stored = OrderAnswer {
            result: Err(SinkError::new(SinkErrorKind::Partial).storing()),
            ends: all,
            rejected: 0,
        };
        let mut state = self.lock();
        self.look(&mut state);
        if state.store.has_files() {
            let result = self.store(&mut state, &run.bytes, &records);
            self.count_stored(state, result.is_ok().then_some(&records));
            return match result {
                Ok(_) => {
                    self.wake();
                    stored
                }
                Err(error) => OrderAnswer { result: Err(error), ends: 0, rejected: 0 },
            };
        }
        // Kept to be stored: the thread has a copy.
        state.order = Some(run.clone());
        state.answer = None;
        drop(state);
        if !self.wake() {
            // No thread can be had: as long as it takes.
            self.send_order();
        }
        let timeout = self.lock().store.settings.answer_timeout;
        let mut deadline = Some(Instant::now() + timeout);
        let mut state = self.lock();
        let answer = loop {
            if let Some(answer) = state.answer.take() {
                break answer;
            }
            match deadline {
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(at) => {
                    let left = at.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        deadline = None;
                        let Ok(spilled) = self.store(&mut state, &run.bytes, &records) else { continue };
                        if state.order.take().is_none() {
                            state.spilled = Some(spilled);
                        }
                        let why = SinkError::new(SinkErrorKind::Failed).because("it does not answer");
                        state.say_failure(why);
                        self.count_stored(state, Some(&records));
                        return stored;
                    }
                    let waited = self.changed.wait_timeout(state, left);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        };
        let Err(error) = answer.result else {
            state.note_success();
            return answer;
        };
        if answer.ends > 0 {
            state.note_success();
            return answer;
        }
        if !error.is_failure() {
            let since = *state.busy_since.get_or_insert_with(Instant::now);
            if since.elapsed() < timeout {
                return answer;
            }
        }
        let result = self.store(&mut state, &run.bytes, &records);
        if result.is_err() {
            // As without a buffer: the receiver's failure is reported by who keeps the records.
            self.count_stored(state, None);
            return answer;
        }
        state.say_failure(error);
        if error.is_failure() {
            state.back_off(error.pause());
            if let Some(counter) = state.counter.clone() {
                counter.failed();
            }
        }
        self.count_stored(state, Some(&records));
        self.wake();
        stored
    }

    /// Stores records; says once why that is not possible.
    fn store(
        &self,
        state: &mut BufferState,
        bytes: &[u8],
        records: &RecordsByLevel,
    ) -> Result<StoredPlace, SinkError> {
        let path = state.store.settings.folder.display().to_string();
        let error = match state.store.append(bytes, records) {
            Ok(place) => {
                state.told_store = false;
                return Ok(place);
            }
            Err(error) => error,
        };
        let (said, sink_error) = match error {
            StoreError::Full => (
                format!("{path}: {} may lie there", Size(state.store.settings.max_bytes)),
                SinkError::new(SinkErrorKind::Full).because("its disk buffer is full"),
            ),
            StoreError::Io(error) => {
                let sink_error =
                    SinkError::new(SinkErrorKind::Failed).because("its disk buffer can't be written");
                let sink_error = match error.raw_os_error() {
                    Some(code) => sink_error.with_os_code(code),
                    None => sink_error,
                };
                (format!("{path}: {error}"), sink_error)
            }
        };
        if !std::mem::replace(&mut state.told_store, true) {
            let notice = format!("{said}; records for {} wait in memory", state.label);
            state.store.events.push(StoreEvent::Notice(notice));
        }
        Err(sink_error)
    }

    fn count_stored(&self, state: MutexGuard<'_, BufferState>, records: Option<&RecordsByLevel>) {
        if let (Some(records), Some(counter)) = (records, state.counter.clone()) {
            counter.stored(records.iter().sum());
        }
        self.tell(state);
    }

    /// Waits while the receiver takes what lies on the disk, as long as was chosen, then has it
    /// pass on what it keeps back itself.
    pub(super) fn flush(self: &Arc<Self>) -> Result<(), SinkError> {
        let mut state = self.lock();
        let deadline = Instant::now() + state.store.settings.drain_timeout;
        while state.store.has_files() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || state.pause() > Duration::ZERO || !state.has_thread {
                return Ok(());
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        let mut receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *receiver {
            Some(receiver) => guarded(|| receiver.flush()),
            None => Ok(()),
        }
    }
}
