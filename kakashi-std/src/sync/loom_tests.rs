//! The hand-made protocols under loom: `tests/run loom`.

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering};

    /// What the system's barrier gives at least.
    pub(crate) fn light() {
        loom::sync::atomic::fence(Ordering::SeqCst);
    }

    pub(crate) fn heavy() -> bool {
        loom::sync::atomic::fence(Ordering::SeqCst);
        true
    }
}
#[path = "alarm.rs"]
mod alarm;
#[path = "queue/doorbell.rs"]
mod doorbell;

use loom::sync::atomic::AtomicUsize;
use loom::sync::{Arc, Mutex};
use loom::thread;

use alarm::Alarm;
use doorbell::{Answer, Doorbell};
use sync::{AtomicBool, AtomicU8, Ordering};

struct World {
    alarm: Alarm,
    /// The flusher's signal, under its lock as in `flusher`.
    rung: Mutex<bool>,
    buffer: Mutex<u32>,
}

#[test]
fn loom_a_record_is_never_left_behind_unrung() {
    loom::model(|| {
        let world = Arc::new(World {
            alarm: Alarm { armed: AtomicBool::new(false) },
            rung: Mutex::new(false),
            buffer: Mutex::new(0),
        });
        let loggers: Vec<_> = (0..2)
            .map(|_| {
                let world = world.clone();
                thread::spawn(move || {
                    *world.buffer.lock().unwrap() += 1;
                    if world.alarm.arm() {
                        *world.rung.lock().unwrap() = true;
                    }
                })
            })
            .collect();
        // The flusher, which looks only when it has been rung.
        let mut written = 0;
        for _ in 0..2 {
            if std::mem::take(&mut *world.rung.lock().unwrap()) {
                world.alarm.disarm();
                written += std::mem::take(&mut *world.buffer.lock().unwrap());
            }
        }
        loggers.into_iter().for_each(|logger| logger.join().unwrap());
        let left = *world.buffer.lock().unwrap();
        assert_eq!(written + left, 2);
        assert!(left == 0 || *world.rung.lock().unwrap(), "a record waits and nobody was told");
    });
}

/// A ring as the doorbell sees it: a count that grows, published with a release
/// store, and how much of it has been taken.
struct Line {
    doorbell: Doorbell,
    published: AtomicUsize,
    taken: Mutex<usize>,
}

impl Line {
    fn awake() -> Arc<Self> {
        let doorbell = Doorbell { state: AtomicU8::new(Doorbell::NOBODY) };
        doorbell.open();
        Arc::new(Self { doorbell, published: AtomicUsize::new(0), taken: Mutex::new(0) })
    }

    fn publish(&self) -> Answer {
        let published = self.published.load(Ordering::Relaxed);
        self.published.store(published + 1, Ordering::Release);
        self.doorbell.ring()
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
        let line = Line::awake();
        let worker = {
            let line = line.clone();
            thread::spawn(move || {
                while line.take() < 2 {
                    if line.doorbell.doze() && line.take() < 2 {
                        // With nobody to wake it, loom reports a deadlock.
                        thread::park();
                    }
                    line.doorbell.rise();
                }
            })
        };
        for _ in 0..2 {
            if line.publish() == Answer::Wake {
                worker.thread().unpark();
            }
        }
        worker.join().unwrap();
    });
}

#[test]
fn loom_a_record_is_taken_by_the_last_worker_or_by_who_finds_it_gone() {
    loom::model(|| {
        let line = Line::awake();
        let worker = {
            let line = line.clone();
            thread::spawn(move || {
                line.take();
                line.doorbell.close();
                line.take();
            })
        };
        for _ in 0..2 {
            if line.publish() == Answer::Closed {
                line.take();
            }
        }
        worker.join().unwrap();
        assert_eq!(*line.taken.lock().unwrap(), 2);
    });
}
