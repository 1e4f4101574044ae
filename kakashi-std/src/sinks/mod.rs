//! Sinks for systems with files: standard streams, files, memory, any writer.

#[cfg(unix)]
mod descriptor;
pub(crate) mod disk_buffer;
mod file;
#[cfg(feature = "http")]
mod http;
#[cfg(any(feature = "http", feature = "otlp"))]
pub(crate) mod http_client;
#[cfg(all(feature = "journald", target_os = "linux"))]
mod journald;
mod lock_file;
mod memory;
pub(crate) mod notice;
#[cfg(feature = "otlp")]
pub(crate) mod otlp;
pub(crate) mod rotating_file;
mod stdio;
pub(crate) mod stream;
mod sync_state;
#[cfg(feature = "syslog")]
mod syslog;
mod tail;
#[cfg(any(feature = "http", feature = "otlp", feature = "syslog-tls"))]
mod tls;
mod writer;

use std::io;
use std::path::Path;

pub use disk_buffer::{DiskBuffer, DiskBufferError, DiskBufferSink};
pub use file::{FileSink, reopen_files};
#[cfg(feature = "http")]
pub use http::{ElasticsearchBulk, Http, HttpError, HttpSink, LokiStreams, elasticsearch, http, loki};
#[cfg(all(feature = "journald", target_os = "linux"))]
#[cfg_attr(docsrs, doc(cfg(feature = "journald")))]
pub use journald::{Journald, JournaldError, JournaldSink};
pub use kakashi_core::FunctionSink;
use kakashi_core::{Destination, Format, Wire};
pub use memory::MemorySink;
#[cfg(feature = "otlp")]
pub use otlp::{Otlp, OtlpCompression, OtlpError, OtlpProtocol, otlp};
pub use rotating_file::{RotatingFile, RotatingFileError, RotatingFileSink};
pub use stdio::{StderrSink, StdoutSink};
#[cfg(feature = "syslog")]
pub use syslog::{Facility, Syslog, SyslogError, SyslogSink};
pub use writer::WriterSink;

/// Makes the destination for the process's stderr.
pub fn stderr() -> Destination {
    Destination::new(StderrSink).named("stderr")
}

/// Makes the destination for the process's stdout.
pub fn stdout() -> Destination {
    Destination::new(StdoutSink).named("stdout")
}

/// Makes the destination for systemd's journal, where each record is an entry with its fields,
/// under the program's name. [`Journald`] has more to choose.
///
/// ```no_run
/// use kakashi_std::{configure, sinks};
///
/// configure().destination(sinks::journald()?).apply();
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// When there is no journal: nobody listens at its socket.
///
/// # Platforms
///
/// Linux only; elsewhere it does not exist.
#[cfg(all(feature = "journald", target_os = "linux"))]
#[cfg_attr(docsrs, doc(cfg(feature = "journald")))]
pub fn journald() -> io::Result<Destination> {
    Ok(Journald::new().destination()?)
}

/// Makes the destination of a program that has chosen none: stderr, or with [`Format::Auto`]
/// the journal, where stderr leads there.
pub(crate) fn default_destination(format: Option<Format>) -> Destination {
    let journal = match format {
        #[cfg(all(feature = "journald", target_os = "linux"))]
        Some(Format::Auto) => journald::destination_for_stderr(),
        _ => None,
    };
    journal.unwrap_or_else(stderr)
}

/// Makes the destination for a file, to whose end records are written; it and
/// the directories above it are made if they are missing.
///
/// # Errors
/// When the file can't be made or opened.
pub fn file(path: impl AsRef<Path>) -> io::Result<Destination> {
    let path = path.as_ref();
    let name = format!("file {}", path.display());
    Ok(Destination::new(FileSink::open(path)?).named(name))
}

/// Makes the destination for files that follow one another, a day each, in UTC; none is
/// removed. [`RotatingFile`] has more to choose.
///
/// ```no_run
/// use kakashi_std::{Wire, configure, sinks};
///
/// configure()
///     .destination(sinks::rotating_file("/var/log/shop.log")?)
///     .destination(sinks::rotating_file("/var/log/shop.klog")?.encoder(Wire))
///     .apply();
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// As [`RotatingFile::open`].
pub fn rotating_file(path: impl AsRef<Path>) -> io::Result<Destination> {
    Ok(RotatingFile::new(path).destination()?)
}

/// Makes the destination for a syslog receiver: `udp://host:port`, `tcp://host:port`,
/// `tls://host:port` (feature `syslog-tls`), `unix:///path`, or `local` for `/dev/log`. [`Syslog`] has more to choose.
///
/// ```no_run
/// use kakashi_std::{configure, sinks};
///
/// configure().destination(sinks::syslog("udp://logs.example.com:514")?).apply();
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// When it is none of these. Whether somebody listens there is not asked.
#[cfg(feature = "syslog")]
pub fn syslog(receiver: &str) -> io::Result<Destination> {
    Ok(receiver.parse::<Syslog>()?.destination()?)
}

/// Makes the destination for a file of the [`wire`](crate::wire), whatever form
/// is configured: records are stored as they are and decoded when they are read. `.klog` is the usual ending of its name.
///
/// ```no_run
/// use kakashi_std::{configure, info, sinks};
///
/// configure().destination(sinks::wire_file("/var/log/shop.klog")?).apply();
/// info!("Order accepted", order_id = 1042);
/// # std::io::Result::Ok(())
/// ```
///
/// The command `kakashi` (`cargo install kakashi-std --features cli`) makes lines
/// of it, a [`Reader`](crate::wire::Reader) in a program the records:
///
/// ```sh
/// kakashi decode --format json /var/log/shop.klog
/// ```
///
/// Each batch is one block, with a checksum, that can be read alone. If a
/// machine loses its power in the middle of one, what is written later is read
/// all the same.
///
/// # Errors
/// As [`file()`].
pub fn wire_file(path: impl AsRef<Path>) -> io::Result<Destination> {
    Ok(file(path)?.encoder(Wire))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use kakashi_core::info;

    use super::*;
    use crate::wire::{Item, Reader};
    use crate::{LoggerConfig, create_custom_logger};

    /// Takes the numbers of the records, and how many bytes are none.
    fn numbers(file: &[u8]) -> (Vec<String>, usize) {
        let (mut numbers, mut skipped) = (Vec::new(), 0);
        for item in Reader::new(file) {
            match item {
                Item::Record(record) => numbers.push(format!("{:?}", record.field("n"))),
                Item::Skipped(bytes) => skipped += bytes,
                other => panic!("not expected: {other:?}"),
            }
        }
        (numbers, skipped)
    }

    #[test]
    fn what_is_appended_after_a_torn_tail_is_read() {
        let folder = std::env::temp_dir().join(format!("kakashi-wire-file-{}", std::process::id()));
        let path = folder.join("made for it/torn.klog");
        let run = |from: i64| {
            let config = LoggerConfig::new().destination(wire_file(&path).unwrap());
            let logger = create_custom_logger("torn", config);
            for n in from..from + 3 {
                info!(logger, "Counted", n);
            }
            assert!(logger.flush().is_complete());
        };
        run(0);
        let whole = fs::read(&path).unwrap();
        let (all, skipped) = numbers(&whole);
        assert_eq!((all.len(), skipped), (3, 0));
        for torn in [1, 9, 10, 30, whole.len() - 1] {
            fs::write(&path, [&whole[..], &whole[..torn]].concat()).unwrap();
            run(3);
            let (found, skipped) = numbers(&fs::read(&path).unwrap());
            assert_eq!((found.len(), skipped), (6, torn));
            assert_eq!(found[..3], all);
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
