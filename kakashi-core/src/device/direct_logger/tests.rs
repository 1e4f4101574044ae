//! Records that reach the sink, and those that are counted instead.

use super::*;
use crate::clock::{FixedClock, Timestamp};
use crate::encode::{Json, Text};
use crate::sink::sink_error::{SinkError, SinkErrorKind};
use core::fmt;

/// Keeps lines; fails while it is told to.
#[derive(Default)]
struct Kept {
    lines: Vec<String>,
    failures_left: usize,
}

impl Sink for Kept {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        if self.failures_left > 0 {
            self.failures_left -= 1;
            return Err(SinkError::new(SinkErrorKind::Failed));
        }
        assert_eq!(batch.len(), 1);
        self.lines.push(String::from_utf8(batch.bytes().to_vec()).expect("a line is UTF-8"));
        Ok(())
    }
}

const CLOCK: FixedClock = FixedClock(Timestamp::Uptime(0));

fn logger<const N: usize>(failures_left: usize) -> DirectLogger<'static, FixedClock, Text, Kept, N> {
    DirectLogger::new("l", CLOCK, Text, Kept { failures_left, ..Kept::default() })
}

#[test]
fn a_record_goes_to_the_sink_at_once() {
    let logger = logger::<256>(0);
    crate::log!(logger, LogLevel::Info, "took {ms} ms", ms = 5);
    crate::log!(logger, LogLevel::Debug, "off", never = unreachable());
    logger.log(LogLevel::Warning, "{ms}", &[Field::new("k", "v")]);
    logger.set_level(LogLevel::Debug);
    crate::log!(logger, LogLevel::Debug, "on");
    crate::exception!(logger, "x".parse::<u8>().unwrap_err(), "failed");
    assert_eq!(logger.stats().written, 4);
    assert_eq!(
        logger.into_sink().lines.concat(),
        concat!(
            "+0.000000s INFO l took 5 ms ms=5\n",
            "+0.000000s WARNING l {ms} k=v\n",
            "+0.000000s DEBUG l on\n",
            "+0.000000s ERROR l failed exception.type=core::num::error::ParseIntError ",
            "exception.message=\"invalid digit found in string\"\n",
        )
    );
}

fn unreachable() -> u8 {
    panic!("the argument of a disabled call was evaluated")
}

#[test]
fn a_record_that_is_too_large_is_counted_and_announced() {
    let logger = logger::<180>(0);
    logger.log(LogLevel::Error, &"x".repeat(200), &[]);
    assert_eq!(logger.stats().dropped.of_reason(DropReason::TooLarge), 1);
    crate::log!(logger, LogLevel::Info, "next");
    crate::log!(logger, LogLevel::Info, "after");
    assert_eq!(logger.stats().dropped.total(), 1);
    assert_eq!(
        logger.into_sink().lines.concat(),
        concat!(
            "+0.000000s WARNING kakashi Records were dropped dropped=1 ",
            "levels={\"ERROR\":1} reasons={\"too_large\":1}\n",
            "+0.000000s INFO l next\n",
            "+0.000000s INFO l after\n",
        )
    );
}

#[test]
fn an_announcement_that_does_not_fit_is_no_dropped_record() {
    // A device's small buffer: records fit, the announcement does not.
    let logger = logger::<64>(0);
    logger.log(LogLevel::Error, &"x".repeat(200), &[]);
    for _ in 0..3 {
        crate::log!(logger, LogLevel::Info, "fits");
    }
    assert_eq!(logger.stats().dropped.total(), 1);
    assert_eq!(logger.stats().written, 3);
}

#[test]
fn a_record_that_a_sink_fails_is_counted_and_announced() {
    let logger = logger::<256>(1);
    crate::log!(logger, LogLevel::Info, "lost");
    assert_eq!(logger.stats().failures, 1);
    assert_eq!(logger.stats().dropped.of_reason(DropReason::SinkFailed), 1);
    crate::log!(logger, LogLevel::Info, "next");
    let lines = logger.into_sink().lines;
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains(" dropped=1 levels={\"INFO\":1} reasons={\"sink_failed\":1}"));
}

#[test]
fn an_announcement_that_fails_is_made_again() {
    // Fails the record, then the announcement, then works.
    let logger = logger::<256>(2);
    crate::log!(logger, LogLevel::Error, "lost");
    crate::log!(logger, LogLevel::Info, "first");
    crate::log!(logger, LogLevel::Info, "second");
    let lines = logger.into_sink().lines.concat();
    assert!(lines.contains("\"ERROR\":1"), "the loss of an ERROR was never told: {lines}");
}

/// Logs while it is printed.
struct Logs<'l>(&'l DirectLogger<'static, FixedClock, Text, Kept>);

impl fmt::Display for Logs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::log!(self.0, LogLevel::Warning, "from inside");
        f.write_str("printed")
    }
}

#[test]
fn a_record_from_inside_a_record_is_counted_and_announced() {
    let logger = logger(0);
    crate::log!(logger, LogLevel::Info, "outside", k = %Logs(&logger));
    crate::log!(logger, LogLevel::Info, "next");
    assert_eq!(logger.stats().dropped.of_reason(DropReason::Reentrant), 1);
    let lines = logger.into_sink().lines;
    assert_eq!(lines[0], "+0.000000s INFO l outside k=printed\n");
    assert!(lines[1].contains("\"reentrant\":1"));
    assert_eq!(lines[2], "+0.000000s INFO l next\n");
}

#[test]
fn a_small_buffer_takes_records_to_its_last_bytes() {
    // Eight bytes are kept for what closes a batch.
    let line = "+0.000000s INFO l 1234567890\n";
    const N: usize = 29 + FINISH_ROOM;
    assert_eq!(line.len(), 29);
    let logger = logger::<N>(0);
    crate::log!(logger, LogLevel::Info, "1234567890");
    assert_eq!(logger.stats().written, 1);
    logger.log(LogLevel::Info, "1234567890x", &[]);
    assert_eq!(logger.stats().written, 1);
    assert_eq!(logger.into_sink().lines, [line]);
    let nothing = DirectLogger::<_, _, _, 0>::new("l", CLOCK, Json::new(), Kept::default());
    crate::log!(nothing, LogLevel::Info, "m");
    assert_eq!(nothing.stats().dropped.total(), 1);
}

#[cfg(feature = "alloc")]
mod on_the_wire {
    use super::*;
    use crate::encode::Wire;
    use crate::wire::{Item, Reader};
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[derive(Default)]
    struct Stream(Vec<u8>);

    impl Sink for Stream {
        fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
            self.0.extend_from_slice(batch.bytes());
            Ok(())
        }
    }

    fn messages(stream: &[u8]) -> Vec<String> {
        Reader::new(stream).map(|item| format!("{item:?}")).collect()
    }

    #[test]
    fn each_record_is_a_block_of_its_own() {
        let logger = DirectLogger::<_, _, _, 256>::new("l", CLOCK, Wire, Stream::default());
        crate::log!(logger, LogLevel::Info, "one");
        logger.log(LogLevel::Info, &"x".repeat(300), &[]);
        crate::log!(logger, LogLevel::Info, "two", k = "v");
        let stream = logger.into_sink().0;
        let items: Vec<Item<'_>> = Reader::new(&stream).collect();
        assert!(matches!(items[..], [Item::Record(_), Item::Dropped(_), Item::Record(_)]), "{items:?}");
    }

    #[test]
    fn a_display_that_panics_spoils_no_later_record() {
        struct Panics;
        impl fmt::Display for Panics {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("a test's panic")
            }
        }
        let logger = DirectLogger::<_, _, _, 256>::new("l", CLOCK, Wire, Stream::default());
        // Without a heap nobody catches a panic; where somebody does, life goes on.
        let _ = catch_unwind(AssertUnwindSafe(|| crate::log!(logger, LogLevel::Info, "bad", k = %Panics)));
        crate::log!(logger, LogLevel::Info, "good");
        let stream = logger.into_sink().0;
        let items: Vec<Item<'_>> = Reader::new(&stream).collect();
        assert!(matches!(items[..], [Item::Record(_)]), "{:?}", messages(&stream));
    }
}
