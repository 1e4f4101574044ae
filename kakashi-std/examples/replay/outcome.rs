//! Where the records go, how many arrived, and what is told of it.
//!
//! What arrived is counted at the destination: a file is read back from where
//! it ended before the replay. What goes elsewhere can't be read back; there the
//! sinks' own count stands.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use kakashi_std::wire::{Item, Reader};
use kakashi_std::{Batch, Destination, DropReason, Format, sinks, stats};

use crate::options::{Kind, Options, Target};
use crate::play::Played;

/// Knows how to count what arrived.
#[derive(Debug)]
pub(crate) struct Counter {
    /// The file, and where it ended before.
    file: Option<(PathBuf, u64)>,
    format: Format,
}

impl Counter {
    /// Opens the destination, and remembers how full it is.
    ///
    /// # Errors
    /// When it can't be opened, or is the very file that is replayed.
    pub(crate) fn open(options: &Options) -> Result<(Destination, Self), Box<dyn Error>> {
        let mut file = None;
        let destination = match &options.to {
            Target::Stderr => sinks::stderr(),
            Target::Stdout => sinks::stdout(),
            Target::Null => Destination::new(sinks::FunctionSink::new(|_: &Batch<'_>| Ok(()))),
            Target::File(path) => {
                let named = |error| format!("--to file:{}: {error}", path.display());
                let destination = sinks::file(path).map_err(named)?;
                let found = fs::metadata(path).map_err(named)?;
                if same_file(path, &options.log) {
                    return Err("--to names the very file that is replayed".into());
                }
                // A device or a pipe can't be read back.
                file = found.is_file().then(|| (path.clone(), found.len()));
                destination
            }
        };
        Ok((destination, Self { file, format: options.format }))
    }

    /// Counts the records that arrived.
    ///
    /// # Errors
    /// When the file can't be read back.
    pub(crate) fn written(&self) -> Result<u64, String> {
        let Some((path, from)) = &self.file else { return Ok(stats().written as u64) };
        let counted = File::open(path).and_then(|mut file| {
            file.seek(SeekFrom::Start(*from))?;
            match self.format {
                Format::Wire => count_wire(file),
                lines => count_lines(BufReader::new(file), lines),
            }
        });
        counted.map_err(|error| format!("{}: can't be read back: {error}", path.display()))
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

/// Counts whole lines, without those that announce that records were dropped.
fn count_lines(mut file: impl BufRead, format: Format) -> io::Result<u64> {
    let (mut line, mut count) = (Vec::new(), 0);
    while file.read_until(b'\n', &mut line)? > 0 {
        // A newline alone closed the line that was torn there.
        let is_whole = line.ends_with(b"\n") && line != b"\n";
        // Nor is one that goes on with a record for people.
        let is_whole = is_whole && !(format == Format::Pretty && line.starts_with(b" "));
        count += u64::from(is_whole && !announces_drops(&line, format));
        line.clear();
    }
    Ok(count)
}

/// Tells whether a line is the logger's own news, by what stands after its time.
fn announces_drops(line: &[u8], format: Format) -> bool {
    let (after_time, news) = match format {
        Format::Json => (
            "{\"timestamp\":\"2026-11-22T10:12:00.123456Z",
            "\",\"level\":\"WARNING\",\"logger\":\"kakashi\",\"message\":\"Records were dropped\"",
        ),
        Format::Pretty => ("10:12:00.123", " WARN  kakashi  Records were dropped  dropped="),
        _ => ("2026-11-22T10:12:00.123456Z", " WARNING kakashi Records were dropped dropped="),
    };
    line.get(after_time.len()..).is_some_and(|rest| rest.starts_with(news.as_bytes()))
}

/// How much of a wire is read at once; a longer block is put together.
const PIECE: u64 = 4 << 20;

fn count_wire(mut file: impl Read) -> io::Result<u64> {
    let (mut bytes, mut count) = (Vec::new(), 0);
    while file.by_ref().take(PIECE).read_to_end(&mut bytes)? > 0 {
        count += Reader::new(&bytes).filter(|item| matches!(item, Item::Record(_))).count() as u64;
        // A block may go on in the next piece.
        let rest = bytes.len() - Reader::new(&bytes).unfinished();
        bytes.drain(..rest);
    }
    Ok(count)
}

/// Prints the summary; false if something is missing or can't be told.
pub(crate) fn tell(played: &Played, counter: &Counter, logger: Kind) -> bool {
    // Nobody is left to tell if stderr fails.
    let complain = |what: String| _ = writeln!(io::stderr(), "replay: {what}");
    let Played { records, left, seconds } = *played;
    let written = match counter.written() {
        Ok(written) => written,
        Err(error) => {
            complain(error);
            return false;
        }
    };
    let all_dropped = stats().dropped;
    let dropped = all_dropped.total();
    // What is dropped for any other reason is missing, whatever the logger.
    let excused = if logger.may_drop() { all_dropped.of_reason(DropReason::QueueFull) as u64 } else { 0 };
    // Not `println!`: a closed pipe is no reason to panic.
    let told = writeln!(
        io::stdout(),
        "records in: {records}, written: {written}, dropped: {dropped}, seconds: {seconds:.3}, records/s: {:.0}, \
         logger: {}",
        records as f64 / seconds,
        logger.name(),
    );
    if let Err(error) = &told {
        complain(format!("the summary can't be printed: {error}"));
    }
    let is_complete = records == written + excused;
    if !is_complete {
        complain(format!(
            "{records} records were logged, but {written} written: {dropped} were dropped, {left} still \
             waited for their sink"
        ));
    }
    told.is_ok() && is_complete
}

#[cfg(test)]
mod tests {
    use kakashi_std::{Dropped, EncoderCache, LogLevel, Output, Timestamp};

    use super::*;

    #[test]
    fn the_news_of_drops_is_no_record() {
        let mut dropped = Dropped::default();
        dropped.add(LogLevel::Info, DropReason::SinkFailed, 17);
        for format in [Format::Text, Format::Json, Format::Pretty] {
            let mut room = [0; 1024];
            let mut out = Output::new(&mut room);
            let encoder = format.encoder(false, false);
            encoder.encode_dropped(Timestamp::Wall(0), &dropped, &mut EncoderCache::new(), &mut out);
            let news = out.written();
            assert!(announces_drops(news, format), "{}", news.escape_ascii());
            let file = [b"\n", news, b"a record\n", news, b"b\n", b"cut o"].concat();
            assert_eq!(count_lines(&file[..], format).unwrap(), 2);
        }
    }
}
