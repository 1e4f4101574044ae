//! Batches of records as requests, until each record is settled.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kakashi_core::{
    Accepted, Encoder, EncoderCache, LogLevel, LogRecord, Name, Output, RecordBatch, RecordSink, SinkError,
    SinkErrorKind, Timestamp,
};

use super::bulk_answer::cut;
use super::error::HttpError;
use super::form::{BatchForm, HEAD_BYTES, Stream};
use super::halving::Halving;
use super::in_flight::{InFlight, ItemState};
use super::request_limit::RequestLimit;
use super::settings::HttpSettings;
use super::verdict::{ItemVerdict, Reason, StatusClass};
use crate::sinks::http_client::{Answer, BusyPauses, HttpClient, HttpClientSettings, cause_of_status};
use crate::sinks::notice;

/// The most records of a request, whatever their size.
const MOST_RECORDS: usize = 20_000;
/// So many different things that a receiver says of refused records are told.
const MOST_TOLD: usize = 8;

const REFUSED: &str = "the receiver refuses a part of them";
const TOO_LARGE: &str = "a record is larger than a request may be";
const NOT_ENCODED: &str = "the encoder makes no line of a record";
const NO_VERDICT: &str = "the answer does not say what became of the records";

/// Sends records to a receiver over HTTP; [`Http`](super::Http) makes it.
pub struct HttpSink {
    name: String,
    client: HttpClient,
    form: Box<dyn BatchForm>,
    encoder: Arc<dyn Encoder>,
    cache: EncoderCache,
    limit: RequestLimit,
    halving: Halving,
    in_flight: InFlight,
    pauses: BusyPauses,
    /// When what is open may be sent again, and why not before.
    not_before: Option<(Instant, &'static str)>,
    told: Vec<String>,
    line: Vec<u8>,
}

/// A part of a batch, as a request.
struct RequestPart {
    /// So many records from the front; some of them may be settled.
    records: usize,
    /// So many that are sent.
    open: usize,
    bytes: usize,
    streams: Vec<Stream>,
}

impl HttpSink {
    pub(super) fn new(settings: HttpSettings) -> Result<Self, HttpError> {
        let HttpSettings {
            url,
            name,
            kind,
            encoder,
            headers,
            tls_files,
            is_gzip,
            timeout,
            request_bytes,
            ..
        } = settings;
        if let Some(name) = headers.refused() {
            return Err(HttpError::Header(name.to_owned()));
        }
        let form = HttpSettings::form(kind);
        let mut client = HttpClient::new(HttpClientSettings {
            url,
            headers,
            timeout,
            is_gzip,
            user_agent: concat!("kakashi/", env!("CARGO_PKG_VERSION")),
            most_answer_bytes: form.most_answer_bytes(request_bytes) as u64,
        });
        if !tls_files.is_empty() {
            let own = tls_files.read().map_err(|error| HttpError::Certificate(error.to_string()))?;
            client = client.with_certificates(&own);
        }
        let mut sink = Self {
            name,
            client,
            form,
            encoder,
            cache: EncoderCache::new(),
            limit: RequestLimit::new(request_bytes),
            halving: Halving::new(),
            in_flight: InFlight::new(),
            pauses: BusyPauses::default(),
            not_before: None,
            told: Vec::new(),
            line: Vec::new(),
        };
        sink.check_encoder()?;
        Ok(sink)
    }

    /// Returns what reports call the receiver.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Tries the encoder.
    fn check_encoder(&mut self) -> Result<(), HttpError> {
        let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, const { Name::new("kakashi") }, "");
        let is_line = !self.encoder.is_wire() && self.encode(&record).is_some();
        let wants_json = self.form.wants_json();
        let is_right = is_line && (!wants_json || self.line.starts_with(b"{") && self.line.ends_with(b"}"));
        if is_right { Ok(()) } else { Err(HttpError::Encoder) }
    }

    /// Makes a record's line, without its end; nothing if the encoder panics or makes no text.
    fn encode(&mut self, record: &LogRecord<'_>) -> Option<()> {
        let Self { line, encoder, cache, .. } = self;
        line.resize(line.capacity().max(512), 0);
        loop {
            let mut out = Output::new(line);
            let encoded = catch_unwind(AssertUnwindSafe(|| encoder.encode(record, cache, &mut out)));
            let (len, fits) = (out.position(), !out.overflowed());
            if encoded.is_err() {
                *cache = EncoderCache::new();
                line.clear();
                return None;
            }
            if fits {
                line.truncate(len);
                break;
            }
            line.resize(len, 0);
        }
        while let Some(b'\n' | b'\r') = line.last() {
            line.pop();
        }
        // Within JSON these can only be spaces between its parts.
        line.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        std::str::from_utf8(line).is_ok().then_some(())
    }

    /// Makes a request of the first records, as many as may be in one.
    fn next_part(&mut self, batch: &RecordBatch<'_>) -> RequestPart {
        let mut part = RequestPart { records: 0, open: 0, bytes: HEAD_BYTES, streams: Vec::new() };
        let most = self.halving.most().min(MOST_RECORDS);
        let (mut entry, mut head, mut id) = (Vec::new(), String::new(), String::new());
        for (at, record) in batch.records().enumerate() {
            let encoded = self.encode(&record);
            let mut state = self.in_flight.note(at, &self.line);
            if encoded.is_none() && state == ItemState::Open {
                state = ItemState::Rejected(NOT_ENCODED);
                self.in_flight.set(at, state);
            }
            if state == ItemState::Open {
                entry.clear();
                head.clear();
                id.clear();
                self.in_flight.put_id(at, &mut id);
                self.form.put_stream(&record, &mut head);
                let line = std::str::from_utf8(&self.line).unwrap_or_default();
                self.form.put_entry(&record, line, &id, &mut entry);
                let stream = part.streams.iter().position(|stream| stream.head == head);
                let size = entry.len() + if stream.is_none() { head.len() + HEAD_BYTES } else { 0 };
                if size + HEAD_BYTES > self.limit.most() {
                    self.in_flight.set(at, ItemState::Rejected(TOO_LARGE));
                } else if part.open > 0 && (part.open == most || part.bytes + size > self.limit.bytes()) {
                    break;
                } else {
                    let stream = stream.unwrap_or_else(|| {
                        part.streams.push(Stream { head: head.clone(), entries: Vec::new() });
                        part.streams.len() - 1
                    });
                    part.streams[stream].entries.extend_from_slice(&entry);
                    part.bytes += size;
                    part.open += 1;
                }
            }
            part.records = at + 1;
        }
        part
    }

    /// Settles records by what the receiver has answered.
    ///
    /// # Errors
    /// Those that are open are to be sent again later.
    fn judge(&mut self, answer: Answer, part: &RequestPart) -> Result<(), SinkError> {
        match StatusClass::of(answer.status) {
            StatusClass::Taken => match self.form.verdicts(answer.body.as_deref(), part.open) {
                Some(verdicts) => self.settle_each(verdicts, &answer, part),
                None => {
                    // A shorter answer may come whole.
                    self.limit.refused(part.bytes);
                    let pause = self.pauses.next(answer.retry_after.as_deref());
                    Err(SinkError::new(SinkErrorKind::Failed).because(NO_VERDICT).retry_after(pause))
                }
            },
            StatusClass::Busy | StatusClass::Setup => Err(self.again(answer.status, &answer)),
            StatusClass::TooLarge => {
                self.pauses.reset();
                match part.open {
                    1 => self.give_up(part, cause_of_status(answer.status)),
                    _ => self.limit.refused(part.bytes),
                }
                Ok(())
            }
            StatusClass::Refused => {
                self.pauses.reset();
                self.refuse(&answer, part);
                Ok(())
            }
        }
    }

    fn settle_each(
        &mut self,
        verdicts: Vec<ItemVerdict>,
        answer: &Answer,
        part: &RequestPart,
    ) -> Result<(), SinkError> {
        self.pauses.reset();
        self.limit.taken();
        let (mut again, mut states) = (None, Vec::with_capacity(verdicts.len()));
        for verdict in verdicts {
            states.push(match verdict {
                ItemVerdict::Taken => ItemState::Taken,
                ItemVerdict::Refused(reason) => {
                    self.tell(&reason);
                    ItemState::Rejected(REFUSED)
                }
                ItemVerdict::Again(status) => {
                    again = again.or(Some(status));
                    ItemState::Open
                }
            });
        }
        self.in_flight.set_open(part.records, states);
        self.halving.settled(part.open, true);
        match again {
            Some(status) => Err(self.again(status, answer)),
            None => Ok(()),
        }
    }

    /// Settles the records of a request that was refused whole, or sees to it that a part is sent.
    fn refuse(&mut self, answer: &Answer, part: &RequestPart) {
        let body = answer.body.as_deref().unwrap_or_default();
        let cause = cause_of_status(answer.status);
        let text = cut(String::from_utf8_lossy(body).trim());
        if let Some(refused) = self.form.refused_of_taken(body, part.open) {
            let taken = std::iter::repeat_n(ItemState::Taken, part.open - refused);
            let states = taken.chain(std::iter::repeat_n(ItemState::Rejected(REFUSED), refused));
            self.in_flight.set_open(part.records, states);
            self.halving.settled(part.open, true);
        } else if self.halving.refused(part.open) {
            return;
        } else {
            self.give_up(part, cause);
        }
        if !text.is_empty() {
            // The same thing is said of other records with other numbers.
            let kind = text.chars().filter(|char| char.is_alphabetic()).take(16).collect();
            self.tell(&Reason { kind, text });
        }
    }

    fn give_up(&mut self, part: &RequestPart, cause: &'static str) {
        self.in_flight.set_open(part.records, std::iter::repeat_n(ItemState::Rejected(cause), part.open));
        self.halving.settled(part.open, false);
    }

    /// Notes when what is open may be sent again, and returns that as an error.
    fn again(&mut self, status: u16, answer: &Answer) -> SinkError {
        let asked = answer.retry_after.as_deref();
        let pause = match StatusClass::of(status) {
            StatusClass::Setup => self.pauses.next_for_operator(asked),
            _ => self.pauses.next(asked),
        };
        let cause = cause_of_status(status);
        self.not_before = Instant::now().checked_add(pause).map(|at| (at, cause));
        busy(cause, pause)
    }

    /// Prints what a receiver says of records that it refuses, once.
    fn tell(&mut self, reason: &Reason) {
        if self.told.len() < MOST_TOLD && !self.told.contains(&reason.kind) {
            self.told.push(reason.kind.clone());
            notice::print(format_args!("{} says of a record that it refuses: {}", self.name, reason.text));
        }
    }
}

fn busy(cause: &'static str, pause: Duration) -> SinkError {
    SinkError::new(SinkErrorKind::Failed).because(cause).retry_after(pause)
}

impl RecordSink for HttpSink {
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
        self.in_flight.begin();
        let part = self.next_part(batch);
        if part.records == 0 {
            return Ok(Accepted::ALL);
        }
        if let Some(accepted) = self.in_flight.take_settled(part.records) {
            return Ok(accepted);
        }
        if let Some((at, cause)) = self.not_before {
            let pause = at.saturating_duration_since(Instant::now());
            if !pause.is_zero() {
                return Err(busy(cause, pause));
            }
            self.not_before = None;
        }
        let RequestPart { records, open, bytes, .. } = part;
        let request = self.form.request(part.streams);
        let part = RequestPart { records, open, bytes, streams: Vec::new() };
        let answer = self.client.send(self.form.content_type(), &request);
        let answer = answer.inspect_err(|error| self.limit.not_answered(bytes, error))?;
        let judged = self.judge(answer, &part);
        match self.in_flight.take_settled(records) {
            // What is open is offered again at once, and told then when it may be sent.
            Some(accepted) => Ok(accepted),
            None => judged.map(|()| Accepted::first(0)),
        }
    }
}

impl fmt::Debug for HttpSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSink").field("name", &self.name).finish_non_exhaustive()
    }
}
