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
            && stream.is_closed()
        {
            self.connector.ended(stream);
            self.connection = None;
        }
        if self.connection.is_none() {
            if let Some(pause) = self.connector.pause() {
                return Err(SinkError::new(SinkErrorKind::Closed)
                    .because("the receiver closes the connection")
                    .retry_after(pause));
            }
            self.connection = Some(self.connector.connect().map_err(|error| not_connected(&error))?);
        }
        self.connection.as_mut().ok_or(SinkError::new(SinkErrorKind::Closed))
    }

    /// Gives a connection up that can't be used any more, or that takes nothing for too long.
    fn stopped(&mut self, stopped: &Stopped) -> SinkError {
        let error = match stopped {
            Stopped::Full => match &self.connection {
                Some(Connection::Stream(stream)) if stream.stalled_for() >= self.write_timeout => {
                    SinkError::new(SinkErrorKind::Failed).because("the receiver takes nothing")
                }
                _ => return SinkError::new(SinkErrorKind::Retry),
            },
            Stopped::Ended(error) => lost(error),
        };
        if let Some(Connection::Stream(stream)) = &self.connection {
            self.connector.ended(stream);
        }
        self.connection = None;
        error
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
    let sink_error = SinkError::new(SinkErrorKind::Closed).because(match error.kind() {
        ErrorKind::TimedOut => "the receiver does not answer",
        ErrorKind::ConnectionRefused => "nobody listens there",
        ErrorKind::NotFound => "there is no such receiver",
        _ => "the receiver can't be reached",
    });
    with_code(sink_error, error)
}

fn lost(error: &io::Error) -> SinkError {
    let sink_error = SinkError::new(SinkErrorKind::Closed).because(match error.kind() {
        ErrorKind::ConnectionRefused => "nobody listens there",
        _ => "the connection was lost",
    });
    with_code(sink_error, error)
}

fn with_code(sink_error: SinkError, error: &io::Error) -> SinkError {
    match error.raw_os_error() {
        Some(code) => sink_error.with_os_code(code),
        None => sink_error,
    }
}
