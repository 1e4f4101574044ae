//! Files that follow one another: each record stands in one of them, once and in order,
//! whatever happens at the switch.

#![cfg(unix)]
#![forbid(unsafe_code)]

mod closed;
mod kills;
mod processes;
mod settings;
mod switches;
mod trouble;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use kakashi_std::{Batch, Clock, LogLevel, RecordEnd, Sink as _, Timestamp, sinks::RotatingFileSink};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// 2026-11-30T12:00:00Z.
const NOON: i64 = 1_796_040_000;
const HOUR: i64 = 3600;

/// A clock that is set by hand, in seconds since 1970.
#[derive(Clone)]
struct HandClock(Arc<AtomicI64>);

impl HandClock {
    fn at(second: i64) -> Self {
        Self(Arc::new(AtomicI64::new(second)))
    }

    fn set(&self, second: i64) {
        self.0.store(second, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::Wall(self.0.load(Ordering::Relaxed) * 1_000_000_000)
    }
}

/// Writes lines as one batch.
fn write(sink: &mut RotatingFileSink, lines: &[&str]) {
    let bytes = lines.concat();
    let mut end = 0;
    let ends: Vec<_> = lines
        .iter()
        .map(|line| {
            end += line.len();
            RecordEnd { end, level: LogLevel::Info }
        })
        .collect();
    sink.write(&Batch::new(bytes.as_bytes(), &ends)).expect("the file takes it");
}
