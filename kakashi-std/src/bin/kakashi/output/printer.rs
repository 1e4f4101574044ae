//! Writes records as lines, through one buffer that grows to the longest line.

use std::io::{self, Write};

use kakashi_core::Name;
use kakashi_std::wire::DropReport;
use kakashi_std::{Encoder, EncoderCache, LogLevel, LogRecord, Map, Output, fields};

use super::line_budget::may_grow;
use super::shortened::Shortened;

/// Writes records through one encoder.
pub(crate) struct Printer<W> {
    encoder: Box<dyn Encoder>,
    cache: EncoderCache,
    buffer: Vec<u8>,
    max_line: usize,
    out: W,
}

/// Tells what became of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PrintedLine {
    /// How many bytes were looked at and written, about.
    pub(crate) work: usize,
    /// How many bytes of the message and the fields were cut.
    pub(crate) cut: usize,
}

impl<W: Write> Printer<W> {
    /// Makes one whose lines have at most `max_line` bytes.
    pub(crate) fn new(encoder: Box<dyn Encoder>, max_line: usize, out: W) -> Self {
        Self { encoder, cache: EncoderCache::of_stream(), buffer: vec![0; 4096], max_line, out }
    }

    /// Returns how many bytes a line has at most.
    pub(crate) fn max_line(&self) -> usize {
        self.max_line
    }

    /// Writes a record; cut, if its line had more than `limit` bytes.
    pub(crate) fn record(&mut self, record: &LogRecord<'_>, limit: usize) -> io::Result<PrintedLine> {
        let mut work = 0;
        if record.raw_len() <= limit && !may_grow(record) {
            let len = self.encode(record, limit);
            if len <= limit {
                self.out.write_all(&self.buffer[..len])?;
                return Ok(PrintedLine { work: len, cut: 0 });
            }
            work += len;
        }
        // What fits is estimated, hardly ever too high; the last of these fits always.
        for share in [1, 8, 64] {
            let short = Shortened::new(record, limit / share);
            let len = short.with(record, |record| self.encode(record, limit));
            work += 4 * len;
            if len <= limit {
                self.out.write_all(&self.buffer[..len])?;
                return Ok(PrintedLine { work, cut: short.cut });
            }
        }
        Ok(PrintedLine { work, cut: record.raw_len() })
    }

    /// Encodes a record into the buffer, if it is no longer than the limit; returns its length.
    fn encode(&mut self, record: &LogRecord<'_>, limit: usize) -> usize {
        loop {
            let mut out = Output::new(&mut self.buffer);
            self.encoder.encode(record, &mut self.cache, &mut out);
            let (len, overflowed) = (out.position(), out.overflowed());
            if !overflowed || len > limit {
                return len;
            }
            self.buffer.resize(len, 0);
        }
    }

    /// Writes an announcement of dropped records, as [`Encoder::encode_dropped`] does.
    ///
    /// It can't call that method: a block has counts by level and counts by reason, not
    /// the table of both, and a newer program may have reasons unknown to this one.
    pub(crate) fn dropped(&mut self, report: &DropReport<'_>) -> io::Result<PrintedLine> {
        let counts = |(_, count): &(&str, u64)| *count > 0;
        let levels = LogLevel::ALL.iter().map(|level| level.name()).zip(report.by_level).filter(counts);
        let (total, levels, reasons) = (report.total(), Map(levels), Map(report.reasons().filter(counts)));
        let fields = fields![dropped = total, levels, reasons];
        let logger = Name::new("kakashi");
        let record = LogRecord::new(report.timestamp, LogLevel::Warning, logger, "Records were dropped");
        self.record(&record.with_fields(fields), self.max_line)
    }

    /// Writes out what is buffered.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;
    use kakashi_core::Screen;
    use kakashi_std::wire::{Item, Reader};
    use kakashi_std::{DropReason, Dropped, Field, Timestamp, Value, Wire};

    use super::super::line_budget::MAX_LINE;
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
        for form in OutputFormat::value_variants() {
            let mut printer = Printer::new(form.encoder(&Screen::default()), MAX_LINE, Vec::new());
            assert_eq!(printer.dropped(&report).unwrap().cut, 0);
            let mut buffer = [0; 4096];
            let mut out = Output::new(&mut buffer);
            form.encoder(&Screen::default()).encode_dropped(
                time,
                &dropped,
                &mut EncoderCache::new(),
                &mut out,
            );
            assert_eq!(printer.out.escape_ascii().to_string(), out.written().escape_ascii().to_string());
        }
    }

    #[test]
    fn a_line_of_any_length_is_whole() {
        let mut printer = Printer::new(OutputFormat::Text.encoder(&Screen::default()), MAX_LINE, Vec::new());
        for len in [1, 4000, 4096, 100_000, 3] {
            let message = "x".repeat(len);
            let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("t"), &message);
            assert_eq!(printer.record(&record, MAX_LINE).unwrap().cut, 0);
            let line = format!("1970-01-01T00:00:00.000000Z INFO t {message}\n");
            assert!(printer.out == line.as_bytes(), "{len}");
            printer.out.clear();
        }
    }

    fn lines_of(form: OutputFormat, max_line: usize, record: &LogRecord<'_>) -> (String, PrintedLine) {
        let screen = Screen { is_terminal: true, colour: true, columns: Some(|| Some(80)) };
        let mut printer = Printer::new(form.encoder(&screen), max_line, Vec::new());
        let printed = printer.record(record, max_line).unwrap();
        assert!(printer.buffer.len() <= max_line.max(4096), "{} bytes are held", printer.buffer.len());
        (String::from_utf8(printer.out).unwrap(), printed)
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_in_its_texts_and_says_how_much() {
        let (clean, wild, bytes) = ("x".repeat(9000), "\u{1}\"é".repeat(3000), [0xff; 7000]);
        let (list, lines) = (vec![0_u8; 3000], wild.replace('"', "\n"));
        let field = |key, value| Field { key, value };
        let (long, hostile) = (Value::Str(&clean), Value::Str(&wild));
        let fields: [Vec<Field<'_>>; 6] = [
            vec![],
            vec![field("a", long), field("b", Value::U64(2))],
            vec![field("b", Value::U64(2)), field("a", hostile), field("c", Value::U64(3))],
            vec![field("a", Value::Bytes(&bytes)), field("b", hostile), field("c", long)],
            vec![field("exception.stacktrace", Value::Str(&lines))],
            vec![field("a", Value::List(&list)), field(&clean, Value::U64(7))],
        ];
        for (at, fields) in fields.iter().enumerate() {
            for message in ["Said", &wild, &clean] {
                let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("t"), message);
                for &form in OutputFormat::value_variants() {
                    let (line, printed) = lines_of(form, 4096, &record.with_fields(fields));
                    assert!(line.len() <= 4096 && line.ends_with('\n'), "{at}: {} bytes", line.len());
                    assert!(printed.work < 200_000, "{at}: {printed:?}");
                    assert_eq!(line.contains("bytes cut)"), printed.cut > 0, "{at}: {line}");
                    if form == OutputFormat::Json {
                        assert!(line.starts_with("{\"timestamp\"") && line.ends_with("}\n"), "{line}");
                    }
                }
            }
        }
        let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("t"), "Said");
        let fields = [field("a", long), field("b", Value::U64(2)), field("c", Value::U64(3))];
        let (line, printed) = lines_of(OutputFormat::Text, 4096, &record.with_fields(&fields));
        assert_eq!(line.matches('x').count() + printed.cut - 2 * 9, 9000, "{printed:?}");
        assert!(line.contains("Said… (2 fields of 18 bytes cut) a=\"xxx"), "{line}");
        assert!(line.ends_with(&format!("xxx… ({} bytes cut)\"\n", printed.cut - 18)), "{line}");
    }

    #[test]
    fn a_longer_line_is_whole_if_it_is_asked_for() {
        let value = "x".repeat(100_000);
        let template = "{a}".repeat(400);
        let block = block_of_template(&template, &value);
        let Some(Item::Record(record)) = Reader::new(&block).next() else { panic!("no record") };
        let (line, printed) = lines_of(OutputFormat::Text, MAX_LINE, &record);
        assert!(line.len() <= MAX_LINE && line.len() > MAX_LINE / 3, "{}", line.len());
        assert!(printed.cut > 20_000_000 && line.contains(" bytes cut)"), "{printed:?}");
        let (line, printed) = lines_of(OutputFormat::Text, 4 * MAX_LINE, &record);
        assert_eq!((line.matches('x').count(), printed.cut), (401 * 100_000, 0));
    }

    /// A block of a record whose template has one key, `a`.
    fn block_of_template(template: &str, value: &str) -> Vec<u8> {
        let mut body = Vec::new();
        let leb = |mut number: usize, body: &mut Vec<u8>| {
            while number > 127 {
                body.push(number as u8 | 128);
                number >>= 7;
            }
            body.push(number as u8);
        };
        body.extend([1, 20]);
        leb(template.len(), &mut body);
        body.extend(template.as_bytes());
        body.extend([1, 1, b'a']);
        let mut record = vec![1, 0, 1, 6];
        leb(value.len(), &mut record);
        record.extend(value.as_bytes());
        let mut room = vec![0; body.len() + record.len() + 100];
        let mut out = Output::new(&mut room);
        out.put(&[0xf5, b'k', b'k', 0xfa, 1, 0, 0, 0, 0, 0]);
        let mut items = Vec::new();
        for (kind, body) in [(1, &body), (4, &record)] {
            items.push(kind);
            leb(body.len(), &mut items);
            items.extend(body);
        }
        out.patch(6, &(items.len() as u32).to_le_bytes());
        out.put(&items);
        let checksum = crc32fast::hash(&out.written()[4..]);
        out.put(&checksum.to_le_bytes());
        out.written().to_vec()
    }
}
