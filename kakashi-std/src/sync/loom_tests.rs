//! The hand-made protocols under loom: `tests/run loom`.

use loom::sync::atomic::AtomicUsize;
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::pending_flag::PendingFlag;
use super::reclaim::{Reclaimer, Registrations, ThreadOwned, Verdict};
use super::wake_state::{Notified, WakeState};
use super::{AtomicBool, AtomicU8, Ordering};

struct World {
    pending: PendingFlag,
    /// The flusher's signal, under its lock as in `flush_signal`.
    signalled: Mutex<bool>,
    /// How many records each logger has published, as in its chunk.
    published: [AtomicUsize; 2],
}

#[test]
fn loom_a_record_is_never_left_behind_unsignalled() {
    loom::model(|| {
        let world = Arc::new(World {
            pending: PendingFlag { raised: AtomicBool::new(false) },
            signalled: Mutex::new(false),
            published: [AtomicUsize::new(0), AtomicUsize::new(0)],
        });
        let loggers = [0, 1].map(|number| {
            let world = world.clone();
            thread::spawn(move || {
                world.published[number].store(1, Ordering::Release);
                if world.pending.raise() {
                    *world.signalled.lock().unwrap() = true;
                }
            })
        });
        // The flusher, which looks only when it has been signalled.
        let mut collected = [0; 2];
        for _ in 0..2 {
            if std::mem::take(&mut *world.signalled.lock().unwrap()) {
                world.pending.lower();
                collected = [0, 1].map(|number| world.published[number].load(Ordering::Acquire));
            }
        }
        loggers.into_iter().for_each(|logger| logger.join().unwrap());
        assert!(
            collected == [1, 1] || *world.signalled.lock().unwrap(),
            "a record waits and the flusher was not signalled"
        );
    });
}

/// A ring as the wake state sees it: a count that grows, published with a release
/// store, and how much of it has been taken.
struct Queue {
    wake: WakeState,
    published: AtomicUsize,
    taken: Mutex<usize>,
}

impl Queue {
    fn awake() -> Arc<Self> {
        let wake = WakeState { state: AtomicU8::new(WakeState::NO_WORKER) };
        wake.open();
        Arc::new(Self { wake, published: AtomicUsize::new(0), taken: Mutex::new(0) })
    }

    fn publish(&self) -> Notified {
        let published = self.published.load(Ordering::Relaxed);
        self.published.store(published + 1, Ordering::Release);
        self.wake.notify()
    }

    /// Takes what can be seen; returns how much has been taken in all.
    fn take(&self) -> usize {
        let mut taken = self.taken.lock().unwrap();
        *taken = self.published.load(Ordering::Acquire);
        *taken
    }
}

#[test]
fn loom_a_worker_never_sleeps_over_a_record() {
    loom::model(|| {
        let queue = Queue::awake();
        let worker = {
            let queue = queue.clone();
            thread::spawn(move || {
                while queue.take() < 2 {
                    if queue.wake.begin_sleep() && queue.take() < 2 {
                        // With nobody to wake it, loom reports a deadlock.
                        thread::park();
                    }
                    queue.wake.end_sleep();
                }
            })
        };
        for _ in 0..2 {
            if queue.publish() == Notified::MustWake {
                worker.thread().unpark();
            }
        }
        worker.join().unwrap();
    });
}

#[test]
fn loom_a_record_is_taken_by_the_last_worker_or_by_the_caller_that_finds_it_gone() {
    loom::model(|| {
        let queue = Queue::awake();
        let worker = {
            let queue = queue.clone();
            thread::spawn(move || {
                queue.take();
                queue.wake.close();
                queue.take();
            })
        };
        for _ in 0..2 {
            if queue.publish() == Notified::Closed {
                queue.take();
            }
        }
        worker.join().unwrap();
        assert_eq!(*queue.taken.lock().unwrap(), 2);
    });
}

/// Adds its uses to a total when it ends.
#[derive(Default)]
struct Counted(usize);

/// Not loom's: it decides nothing.
static TOTAL: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

impl Drop for Counted {
    fn drop(&mut self) {
        TOTAL.fetch_add(self.0, Ordering::Relaxed);
    }
}

/// A thread that uses its value so often while the reclaimer looks, with these verdicts.
fn used_while_reclaimed(uses: usize, verdicts: &'static [Verdict]) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        TOTAL.store(0, Ordering::Relaxed);
        let registrations: &'static Registrations<Counted> = Box::leak(Box::new(Registrations::new()));
        let thread = thread::spawn(move || {
            let owned = ThreadOwned::new(registrations);
            for _ in 0..uses {
                assert_eq!(owned.try_with(|counted: &mut Counted| counted.0 += 1), Some(()));
            }
        });
        let (mut reclaimer, mut taken) = (Reclaimer::new(), Vec::new());
        for verdict in verdicts {
            let _ = reclaimer.look(registrations, |_| *verdict, &mut taken);
        }
        thread.join().unwrap();
        drop(taken);
        assert_eq!(TOTAL.load(Ordering::Relaxed), uses, "each use is in one value, which ends once");
    });
}

#[test]
fn loom_a_value_is_its_thread_s_or_taken_never_both() {
    used_while_reclaimed(2, &[Verdict::Take, Verdict::Take]);
}

#[test]
fn loom_a_value_that_is_given_back_is_its_thread_s() {
    used_while_reclaimed(2, &[Verdict::Later, Verdict::Later, Verdict::Take]);
    used_while_reclaimed(2, &[Verdict::Keep, Verdict::Keep, Verdict::Take]);
}
