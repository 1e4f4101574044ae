//! Records into a ring and out of it.

use core::fmt;

use super::*;
use crate::wire::{Item, Reader};
use crate::*;

const CLOCK: FixedClock = FixedClock(Timestamp::Uptime(1_500_000_000));

/// Keeps blocks; fails while it is told to.
#[derive(Default)]
struct Blocks {
    blocks: Vec<Vec<u8>>,
    failures_left: usize,
}

impl Sink for Blocks {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        if self.failures_left > 0 {
            self.failures_left -= 1;
            return Err(SinkError::new(SinkErrorKind::Retry));
        }
        self.blocks.push(batch.bytes().to_vec());
        Ok(())
    }
}

impl Blocks {
    fn lines(&self) -> Vec<String> {
        let stream = self.blocks.concat();
        Reader::new(&stream)
            .map(|item| match item {
                Item::Record(record) => {
                    let mut room = [0; 1024];
                    let mut out = Output::new(&mut room);
                    Text.encode(&record, &mut EncoderCache::new(), &mut out);
                    String::from_utf8(out.written().to_vec()).unwrap().trim_end().into()
                }
                Item::Dropped(report) => format!("dropped {:?}", report.by_level),
                other => format!("{other:?}"),
            })
            .collect()
    }
}

fn logger(name: &'static str) -> RingLogger<FixedClock, 1024> {
    RingLogger::new(name!(name), CLOCK, Box::leak(Box::new(Ring::new())))
}

fn drained(logger: &RingLogger<FixedClock, 1024>) -> Vec<String> {
    let mut sink = Blocks::default();
    logger.ring.drain(&CLOCK, &mut sink, &mut [0; 512]).unwrap();
    sink.lines()
}

fn unreachable() -> u8 {
    panic!("the argument of a disabled call was evaluated")
}

#[test]
fn what_is_logged_comes_out_as_it_was_said() {
    let logger = logger("motor");
    let other = RingLogger::new(name!("can"), CLOCK, logger.ring);
    info!(logger, "took {ms} ms", ms = 5, state = "up");
    warning!(other, "Bus off", errors = 255_u8, shown = %"x y");
    debug!(logger, "off", never = unreachable());
    exception!(other, "x".parse::<u8>().unwrap_err(), "failed", id = 1);
    logger.log(LogLevel::Error, "words {as} they are", &[Field::new("k", &7)]);
    logger.log(LogLevel::Info, "no fields", &[]);
    other.set_level(LogLevel::Trace);
    trace!(other, "on");
    assert_eq!(
        drained(&logger),
        [
            "+1.500000s INFO motor took 5 ms ms=5 state=up",
            r#"+1.500000s WARNING can Bus off errors=255 shown="x y""#,
            concat!(
                "+1.500000s ERROR can failed id=1 exception.type=core::num::error::ParseIntError ",
                r#"exception.message="invalid digit found in string""#
            ),
            "+1.500000s ERROR motor words {as} they are k=7",
            "+1.500000s INFO motor no fields",
            "+1.500000s TRACE can on",
        ]
    );
    assert!(logger.ring.is_empty());
}

#[test]
fn a_block_explains_each_site_and_name_once() {
    let logger = logger("m");
    (0..20).for_each(|at| info!(logger, "A site with some words", at));
    let mut sink = Blocks::default();
    assert_eq!(logger.ring.drain(&CLOCK, &mut sink, &mut [0; 512]), Ok(20));
    assert_eq!(sink.blocks.len(), 2, "16 records fit a block");
    for block in &sink.blocks {
        let text = block.escape_ascii().to_string();
        assert_eq!(text.matches("A site with some words").count(), 1);
    }
    assert_eq!(sink.lines().len(), 20);
}

/// Logs while it is printed, as an interrupt would.
struct Logs<'l>(&'l RingLogger<FixedClock, 1024>);

impl fmt::Display for Logs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!(self.0, "from inside");
        f.write_str("printed")
    }
}

#[test]
fn a_record_from_inside_a_record_is_kept_before_it() {
    let logger = logger("m");
    info!(logger, "outside", k = %Logs(&logger));
    assert_eq!(drained(&logger), ["+1.500000s INFO m from inside", "+1.500000s INFO m outside k=printed"]);
}

#[test]
fn what_did_not_fit_is_announced_where_it_is_missing() {
    let logger = logger("m");
    let text = "x".repeat(200);
    // Seven eighths of 1024 bytes hold four of them.
    (0..6).for_each(|_| info!(logger, "much", text = text.as_str()));
    error!(logger, "evidence");
    let lines = drained(&logger);
    assert_eq!(lines.len(), 6, "{lines:?}");
    assert!(lines[..4].iter().all(|line| line.contains("INFO m much text=xxx")));
    assert_eq!(lines[4..], ["dropped [0, 0, 2, 0, 0, 0]", "+1.500000s ERROR m evidence"]);
    assert!(drained(&logger).is_empty(), "told once");
}

#[test]
fn a_record_too_large_for_the_ring_or_for_a_block_is_counted_and_announced() {
    let logger = logger("m");
    error!(logger, "large", text = "x".repeat(300));
    info!(logger, "larger than a block of 200 bytes", text = "x".repeat(150));
    info!(logger, "small");
    let mut sink = Blocks::default();
    logger.ring.drain(&CLOCK, &mut sink, &mut [0; 200]).unwrap();
    let told: u64 = sink
        .lines()
        .iter()
        .filter_map(|line| line.strip_prefix("dropped ["))
        .flat_map(|counts| counts.trim_end_matches(']').split(", "))
        .map(|count| count.parse::<u64>().unwrap())
        .sum();
    assert_eq!(told, 2);
    assert!(sink.lines().contains(&"+1.500000s INFO m small".to_owned()), "{:?}", sink.lines());
    assert!(logger.ring.is_empty());
    // No room for anything: an error, not a loop without end.
    info!(logger, "small");
    let result = logger.ring.drain(&CLOCK, &mut sink, &mut [0; 20]);
    assert_eq!(result.map_err(|error| error.kind()), Err(SinkErrorKind::Full));
    assert!(!logger.ring.is_empty());
}

#[test]
fn what_a_sink_does_not_take_stays_in_the_ring() {
    let logger = logger("m");
    info!(logger, "one");
    info!(logger, "two");
    let mut sink = Blocks { failures_left: 1, ..Blocks::default() };
    assert!(logger.ring.drain(&CLOCK, &mut sink, &mut [0; 512]).is_err());
    assert_eq!(logger.ring.drain(&CLOCK, &mut sink, &mut [0; 512]), Ok(2));
    assert_eq!(sink.lines(), ["+1.500000s INFO m one", "+1.500000s INFO m two"]);
}
