//! Sends each record as a message, and says exactly which were handed over.

use std::fmt::Write as _;
use std::io::{self, ErrorKind};
use std::process;
use std::time::Duration;

use kakashi_core::{Accepted, LogRecord, RecordBatch, RecordSink, SinkError, SinkErrorKind};

use super::connection::{Connection, Connector};
use super::datagrams::{DatagramSocket, is_too_large};
use super::header::{MessageHeader, MessageParts};
use super::message::push_message;
use super::settings::{CheckedSettings, LEAST_MAX_BYTES};
use super::stream::{MessageStream, Stopped};

/// So many bytes of messages are written at a time.
const CHUNK: usize = 64 << 10;

/// Sends records to a syslog receiver; [`Syslog`](super::Syslog) makes one.
///
/// It connects when there is something to send, and again when the connection is lost.
#[derive(Debug)]
pub struct SyslogSink {
    writer: MessageWriter,
    connector: Connector,
    connection: Option<Connection>,
    write_timeout: Duration,
    /// The process that has opened the connection: a child must not write into its parent's.
    process: u32,
}

/// Makes messages and frames.
#[derive(Debug)]
struct MessageWriter {
    header: MessageHeader,
    max_bytes: usize,
    parts: MessageParts,
    message: String,
    frames: Vec<u8>,
    ends: Vec<usize>,
    /// The last datagram was refused: the next may be too, which is waited for.
    is_refused: bool,
}

/// What a call has settled, and why not more.
struct SettledMessages {
    records: usize,
    rejected: usize,
    stopped: Option<Stopped>,
}

impl SyslogSink {
    pub(super) fn new(settings: CheckedSettings) -> Self {
        let CheckedSettings { target, header, max_bytes, connect_timeout, write_timeout } = settings;
        let writer = MessageWriter {
            header,
            max_bytes,
            parts: MessageParts::default(),
            message: String::new(),
            frames: Vec::new(),
            ends: Vec::new(),
            is_refused: false,
        };
        let connector = Connector::new(target, connect_timeout);
        Self { writer, connector, connection: None, write_timeout, process: process::id() }
    }

    /// Opens a connection, if none is open that can be used.
    fn connect(&mut self) -> Result<&mut Connection, SinkError> {
        if let Some(Connection::Stream(stream)) = &mut self.connection
            && let Some(cause) = stream.ended_because()
        {
            self.connector.ended(stream, cause);
            self.connection = None;
        }
        if self.connection.is_none() {
            if let Some((pause, cause)) = self.connector.pause() {
                return Err(SinkError::new(SinkErrorKind::Closed).because(cause).retry_after(pause));
            }
            self.connection = Some(self.connector.connect().map_err(|error| not_connected(&error))?);
        }
        self.connection.as_mut().ok_or(SinkError::new(SinkErrorKind::Closed))
    }

    /// Gives a connection up that can't be used any more, or that takes nothing for too long.
    fn stopped(&mut self, stopped: &Stopped) -> SinkError {
        const STALLED: &str = "the receiver takes nothing";
        let mut cause = match stopped {
            Stopped::Full => match &self.connection {
                Some(Connection::Stream(stream)) if stream.stalled_for() >= self.write_timeout => STALLED,
                _ => return SinkError::new(SinkErrorKind::Retry),
            },
            Stopped::Ended(error) => lost(error),
        };
        if let Some(Connection::Stream(stream)) = &mut self.connection {
            if let Stopped::Ended(_) = stopped
                && let Some(said) = stream.said_at_end()
            {
                cause = said;
            }
            self.connector.ended(stream, cause);
        }
        let error = match stopped {
            Stopped::Full => SinkError::new(SinkErrorKind::Failed).because(cause),
            Stopped::Ended(error) => with_code(SinkError::new(SinkErrorKind::Closed).because(cause), error),
        };
        self.connection = None;
        error
    }
}

impl Drop for SyslogSink {
    fn drop(&mut self) {
        // A parent's connection is not a child's to end.
        if self.process == process::id()
            && let Some(Connection::Stream(stream)) = &mut self.connection
        {
            stream.close();
        }
    }
}

impl RecordSink for SyslogSink {
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
        if self.process != process::id() {
            self.process = process::id();
            self.connection = None;
            self.connector.forget();
        }
        self.connect()?;
        let sent = match &mut self.connection {
            Some(Connection::Datagrams(socket)) => self.writer.send(socket, batch),
            Some(Connection::Stream(stream)) => self.writer.write(stream, batch),
            None => return Err(SinkError::new(SinkErrorKind::Closed)),
        };
        let error = sent.stopped.map(|stopped| self.stopped(&stopped));
        match error {
            // What was handed over must not come again; the rest does, at once.
            Some(_) if sent.records > 0 => Ok(Accepted::first(sent.records).rejecting(sent.rejected)),
            Some(error) => Err(error),
            None => Ok(Accepted::ALL.rejecting(sent.rejected)),
        }
    }
}

impl MessageWriter {
    fn make_message(&mut self, record: &LogRecord<'_>, most: usize) {
        self.message.clear();
        push_message(&self.header, record, most, &mut self.parts, &mut self.message);
    }

    /// Sends a datagram for each record.
    fn send(&mut self, socket: &DatagramSocket, batch: &RecordBatch<'_>) -> SettledMessages {
        let mut sent = SettledMessages { records: 0, rejected: 0, stopped: None };
        for record in batch.records() {
            match self.send_one(socket, &record) {
                Ok(true) => {}
                Ok(false) => sent.rejected += 1,
                Err(error) => {
                    let is_full = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                    sent.stopped = Some(if is_full { Stopped::Full } else { Stopped::Ended(error) });
                    return sent;
                }
            }
            sent.records += 1;
        }
        // Where the answer comes at once, as on this machine, one message is lost and not two.
        self.is_refused = socket.was_refused();
        sent
    }

    /// Returns false for a record that no datagram can hold.
    fn send_one(&mut self, socket: &DatagramSocket, record: &LogRecord<'_>) -> io::Result<bool> {
        let mut most = self.max_bytes;
        loop {
            self.make_message(record, most);
            match socket.send(self.message.as_bytes()) {
                Ok(()) if self.is_refused && socket.is_refused_soon() => {
                    return Err(ErrorKind::ConnectionRefused.into());
                }
                Ok(()) => {
                    self.is_refused = false;
                    return Ok(true);
                }
                Err(error) if is_too_large(&error) => {
                    let len = self.message.len();
                    if len <= LEAST_MAX_BYTES {
                        return Ok(false);
                    }
                    most = (len / 2).max(LEAST_MAX_BYTES);
                    // The next ones would be too large as well.
                    self.max_bytes = self.max_bytes.min(len - 1);
                }
                Err(error) => {
                    self.is_refused |= error.kind() == ErrorKind::ConnectionRefused;
                    return Err(error);
                }
            }
        }
    }

    /// Writes all records, some frames at a time.
    fn write(&mut self, stream: &mut MessageStream, batch: &RecordBatch<'_>) -> SettledMessages {
        let mut sent = SettledMessages { records: 0, rejected: 0, stopped: None };
        let mut records = batch.records().peekable();
        while records.peek().is_some() {
            self.frames.clear();
            self.ends.clear();
            while self.frames.len() < CHUNK
                && let Some(record) = records.next()
            {
                self.push_frame(&record, stream.is_local());
            }
            let (whole, stopped) = stream.write(&self.frames, &self.ends);
            sent.records += whole;
            if stopped.is_some() {
                sent.stopped = stopped;
                break;
            }
        }
        sent
    }

    /// Appends a message with its length before it (RFC 6587, section 3.4.1); on a local stream
    /// with the end of a line, which no message has in itself.
    fn push_frame(&mut self, record: &LogRecord<'_>, is_local: bool) {
        self.make_message(record, self.max_bytes);
        if !is_local {
            self.parts.value.clear();
            let _ = write!(self.parts.value, "{} ", self.message.len());
            self.frames.extend(self.parts.value.as_bytes());
        }
        self.frames.extend(self.message.as_bytes());
        if is_local {
            self.frames.push(b'\n');
        }
        self.ends.push(self.frames.len());
    }
}

fn not_connected(error: &io::Error) -> SinkError {
    #[cfg(feature = "syslog-tls")]
    if let Some(cause) = super::tls::cause_of_failure(error) {
        return SinkError::new(SinkErrorKind::Failed).because(cause);
    }
    let sink_error = SinkError::new(SinkErrorKind::Closed).because(match error.kind() {
        ErrorKind::TimedOut => "the receiver does not answer",
        ErrorKind::ConnectionRefused => "nobody listens there",
        ErrorKind::NotFound => "there is no such receiver",
        _ => "the receiver can't be reached",
    });
    with_code(sink_error, error)
}

fn lost(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::ConnectionRefused => "nobody listens there",
        _ => "the connection was lost",
    }
}

fn with_code(sink_error: SinkError, error: &io::Error) -> SinkError {
    match error.raw_os_error() {
        Some(code) => sink_error.with_os_code(code),
        None => sink_error,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use kakashi_core::encode::RecordWire;
    use kakashi_core::{
        Batch, DecodingSink, Encoder as _, EncoderCache, LogLevel, Name, Output, RecordEnd, Sink as _,
        Timestamp,
    };
    use rustix::net::sockopt::set_socket_send_buffer_size;

    use super::*;
    use crate::sinks::syslog::Syslog;

    #[test]
    fn a_socket_that_takes_less_is_sent_less_and_all_of_it_counts_as_written() {
        let (socket, receiver) = UnixDatagram::pair().unwrap();
        // The system takes its least: some 4.5 KiB, of which a message may have what is left.
        set_socket_send_buffer_size(&socket, 1).unwrap();
        assert!(is_too_large(&socket.send(&[0; 20_000]).unwrap_err()));
        receiver.set_nonblocking(true).unwrap();
        let mut sink = Syslog::local_at("/nowhere").rfc5424().max_message_bytes(20_000).open().unwrap();
        sink.connection = Some(Connection::Datagrams(DatagramSocket::Local(socket)));
        let mut sink = DecodingSink::new(sink);
        let (mut room, mut cache, text) = ([0; 16_384], EncoderCache::new(), "x".repeat(15_000));
        for round in 0..2 {
            let mut out = Output::new(&mut room);
            let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("large"), &text);
            RecordWire.encode(&record, &mut cache, &mut out);
            RecordWire.finish(&mut cache, &mut out);
            let ends = [RecordEnd { end: out.position(), level: LogLevel::Info }];
            assert_eq!(sink.write(&Batch::new(out.written(), &ends)), Ok(()), "{round}");
            let mut message = vec![0; 65_536];
            let len = receiver.recv(&mut message).unwrap();
            let message = std::str::from_utf8(&message[..len]).unwrap();
            assert!((LEAST_MAX_BYTES..5000).contains(&len) && message.ends_with("xx…"), "{len}: {message}");
            assert!(receiver.recv(&mut [0]).is_err(), "one record is one message");
        }
    }
}
