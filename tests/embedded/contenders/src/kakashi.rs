//! What kakashi's contenders share: a clock and a sink.

use kakashi_core::{Batch, Clock, Sink, SinkError, Timestamp};

/// The time since the board started.
#[derive(Clone, Copy, Debug)]
pub struct Uptime;

impl Clock for Uptime {
    fn now(&self) -> Timestamp {
        Timestamp::from_uptime_micros(board::systick::uptime_micros())
    }
}

/// The sink that all contenders have.
#[derive(Clone, Copy, Debug)]
pub struct Serial;

impl Sink for Serial {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        crate::sink::write(batch.bytes());
        Ok(())
    }
}

/// The statement that all of them have.
#[macro_export]
macro_rules! kakashi_statement {
    ($logger:ident $values:ident $message:literal [$a:ident $b:ident $c:ident] $braces:tt $typed:tt) => {
        let _ = $logger;
        kakashi_core::info!(
            super::LOG,
            $message,
            $a = $values.temperature(),
            $b = $values.raw(),
            $c = $values.ok()
        );
    };
}
