//! Writes records as lines, through one buffer that grows to the longest line.

use std::io::{self, Write};

use kakashi_core::Name;
use kakashi_std::wire::{DropReport, MAX_ITEMS_LEN};
use kakashi_std::{Encoder, EncoderCache, LogLevel, LogRecord, Map, Output, fields};

/// The longest line: more than escaping can make of a block's bytes. (A template that
/// names a field many times could make more.)
const MAX_LINE: usize = 8 * MAX_ITEMS_LEN - 1;

/// Writes records through one encoder.
pub(crate) struct Printer<W> {
    encoder: Box<dyn Encoder>,
    cache: EncoderCache,
    buffer: Vec<u8>,
    max_line: usize,
    out: W,
}

/// Reports a record whose line would be too long, with the length of that line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TooLong(pub(crate) usize);

impl<W: Write> Printer<W> {
    pub(crate) fn new(encoder: Box<dyn Encoder>, out: W) -> Self {
        Self { encoder, cache: EncoderCache::new(), buffer: vec![0; 4096], max_line: MAX_LINE, out }
    }

    /// Writes a record, unless it is too long.
    pub(crate) fn record(&mut self, record: &LogRecord<'_>) -> io::Result<Result<(), TooLong>> {
        loop {
            let mut out = Output::new(&mut self.buffer);
            self.encoder.encode(record, &mut self.cache, &mut out);
            let (len, overflowed) = (out.position(), out.overflowed());
            if len > self.max_line {
                return Ok(Err(TooLong(len)));
            }
            if !overflowed {
                return self.out.write_all(&self.buffer[..len]).map(Ok);
            }
            self.buffer.resize(len, 0);
        }
    }

    /// Writes an announcement of dropped records, as [`Encoder::encode_dropped`] does.
    ///
    /// It can't call that method: a block has counts by level and counts by reason, not
    /// the table of both, and a newer program may have reasons unknown to this one.
    pub(crate) fn dropped(&mut self, report: &DropReport<'_>) -> io::Result<Result<(), TooLong>> {
        let counts = |(_, count): &(&str, u64)| *count > 0;
        let levels = LogLevel::ALL.iter().map(|level| level.name()).zip(report.by_level).filter(counts);
        let reasons: Vec<(&str, u64)> = report.reasons().filter(counts).collect();
        let (total, levels, reasons) = (report.total(), Map(levels), Map(reasons.iter().copied()));
        let fields = fields![dropped = total, levels, reasons];
        let logger = Name::new("kakashi");
        let record = LogRecord::new(report.timestamp, LogLevel::Warning, logger, "Records were dropped");
        self.record(&record.with_fields(fields))
    }

    /// Writes out what is buffered.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use kakashi_std::wire::{Item, Reader};
    use kakashi_std::{DropReason, Dropped, Timestamp, Wire};

    use super::*;
    use crate::options::OutputFormat;

    #[test]
    fn drops_are_announced_as_the_program_would_announce_them() {
        let mut dropped = Dropped::default();
        dropped.add(LogLevel::Info, DropReason::QueueFull, 17);
        dropped.add(LogLevel::Error, DropReason::QueueFull, 2);
        dropped.add(LogLevel::Error, DropReason::TooLarge, 1);
        let time = Timestamp::Wall(1_000_000_000);
        let mut buffer = [0; 4096];
        let (mut out, mut cache) = (Output::new(&mut buffer), EncoderCache::new());
        Wire.encode_dropped(time, &dropped, &mut cache, &mut out);
        Wire.finish(&mut cache, &mut out);
        let Some(Item::Dropped(report)) = Reader::new(out.written()).next() else { panic!("no report") };
        for form in [OutputFormat::Text, OutputFormat::Json, OutputFormat::Pretty] {
            let mut printer = Printer::new(form.encoder(false), Vec::new());
            assert_eq!(printer.dropped(&report).unwrap(), Ok(()));
            let mut buffer = [0; 4096];
            let mut out = Output::new(&mut buffer);
            form.encoder(false).encode_dropped(time, &dropped, &mut EncoderCache::new(), &mut out);
            assert_eq!(printer.out.escape_ascii().to_string(), out.written().escape_ascii().to_string());
        }
    }

    #[test]
    fn a_line_of_any_length_is_whole() {
        let mut printer = Printer::new(OutputFormat::Text.encoder(false), Vec::new());
        for len in [1, 4000, 4096, 100_000, 3] {
            let message = "x".repeat(len);
            let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("t"), &message);
            assert_eq!(printer.record(&record).unwrap(), Ok(()));
            let line = format!("1970-01-01T00:00:00.000000Z INFO t {message}\n");
            assert!(printer.out == line.as_bytes(), "{len}");
            printer.out.clear();
        }
    }

    #[test]
    fn a_line_that_is_too_long_costs_no_memory_and_no_other_line() {
        let mut printer = Printer::new(OutputFormat::Text.encoder(false), Vec::new());
        printer.max_line = 10_000;
        for (len, expected) in [(20_000, Err(TooLong(20_036))), (3, Ok(()))] {
            let message = "x".repeat(len);
            let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("t"), &message);
            assert_eq!(printer.record(&record).unwrap(), expected);
        }
        assert!(printer.buffer.len() <= 10_000);
        assert!(
            printer.out.ends_with(b" INFO t xxx\n")
                && printer.out.iter().filter(|&&b| b == b'\n').count() == 1
        );
    }
}
