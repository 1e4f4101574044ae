//! The hand-made protocols under loom: `tests/run loom`.

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicBool, Ordering};
}
#[path = "alarm.rs"]
mod alarm;

use loom::sync::{Arc, Mutex};
use loom::thread;

use alarm::Alarm;
use sync::AtomicBool;

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
