//! A place where records go, and which of them in which form.

use alloc::{boxed::Box, sync::Arc};
use core::fmt;
#[cfg(feature = "std")]
use core::time::Duration;

#[cfg(feature = "std")]
use crate::encode::WithoutFields;
use crate::encode::{Encoder, RecordWire};
#[cfg(all(feature = "std", not(target_family = "wasm")))]
use crate::encode::{Screen, TerminalPretty};
use crate::level::LevelFilter;
use crate::logger::default_form::DefaultForm;
use crate::logger::durability::Durability;
use crate::logger::format::Format;
#[cfg(feature = "std")]
use crate::logger::holding::Holding;
#[cfg(feature = "std")]
use crate::logger::tail_sampling::TailSampling;
use crate::pipeline::Filter;
#[cfg(feature = "std")]
use crate::record::left_out::LeftOut;
use crate::sink::Sink;
use crate::sink::decoding_sink::DecodingSink;
use crate::sink::record_sink::RecordSink;

/// Joins a sink with the threshold, the filter and the form for it. A
/// logger may have several.
///
/// Its filter runs on the calling thread of a sync logger; for records of an async one where
/// the destination is written: see [`Filter`] for what it may do. In `kakashi-wasm` a sink need not be `Send`: there it
/// is a `Destination<dyn Sink>`.
///
/// ```
/// use kakashi_core::{Batch, Destination, FunctionSink, Json, LogLevel, LogRecord, SinkError};
///
/// let sink = FunctionSink::new(|batch: &Batch<'_>| -> Result<(), SinkError> {
///     print!("{}", String::from_utf8_lossy(batch.bytes()));
///     Ok(())
/// });
/// let destination = Destination::new(sink)
///     .named("printer")
///     .threshold(LogLevel::Warning)
///     .filter(|record: &LogRecord<'_>| record.field("secret").is_none())
///     .encoder(Json::new());
/// assert_eq!(&*destination.name, "printer");
/// ```
pub struct Destination<S: ?Sized = dyn Sink + Send> {
    /// Below this, nothing goes there.
    pub threshold: LevelFilter,
    /// Decides which of the records at or above the threshold go there.
    pub filter: Option<Arc<dyn Filter>>,
    /// The form that records are written in.
    pub form: DestinationForm,
    /// How far a record has come when its call returns.
    pub durability: Durability,
    /// The name that reports of failures give it.
    pub name: Box<str>,
    /// Where they go.
    pub sink: Box<S>,
}

impl Destination<dyn Sink + Send> {
    /// Makes a destination that takes every record, in the configured format.
    pub fn new(sink: impl Sink + Send + 'static) -> Self {
        Self::of_boxed(Box::new(sink))
    }

    /// Makes a destination that hands every record, decoded, to a sink of records; it has a
    /// form already, which no other replaces. See [`RecordSink`] for what happens where.
    ///
    /// ```
    /// use kakashi_core::{Accepted, Destination, LogLevel, RecordBatch, RecordSink, SinkError};
    ///
    /// /// Counts the records that have failed.
    /// struct Failures(usize);
    ///
    /// impl RecordSink for Failures {
    ///     fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
    ///         self.0 += batch.records().filter(|record| record.field("error").is_some()).count();
    ///         Ok(Accepted::ALL)
    ///     }
    /// }
    ///
    /// let destination = Destination::records(Failures(0)).named("failures").threshold(LogLevel::Warning);
    /// ```
    pub fn records(sink: impl RecordSink + Send + 'static) -> Self {
        Self::new(DecodingSink::new(sink))
    }

    /// Writes records that are equal but for their time once, and then how often they were
    /// repeated: a record with the words `last message repeated` and a field `repeated`, in the place and
    /// with the time of the last of them.
    ///
    /// Equal are records that follow one another in this destination with the same logger, level, message, fields and
    /// context. The line is written when another record comes, when the first is so long ago as `within` says, and at each flush; if
    /// there was one repetition, it is written itself. Records of ERROR and above are always written, and so are
    /// audit trails, security events and what kakashi says itself; nothing is folded where a
    /// [`durability`](Self::durability) is asked for. What is folded is counted as
    /// [`Repeated`](crate::DropReason::Repeated), but for the last, which the line stands for.
    ///
    /// Until then the last record is kept in memory: it counts as waiting. Records are encoded where the
    /// destination is written, which costs about as much again.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use kakashi_core::{Batch, Destination, FunctionSink, SinkError};
    /// # let sink = FunctionSink::new(|_: &Batch<'_>| -> Result<(), SinkError> { Ok(()) });
    /// let destination = Destination::new(sink).fold_repeated(Duration::from_secs(30));
    /// // … WARNING shop::pool No connection free size=10
    /// // … WARNING shop::pool last message repeated repeated=57
    /// ```
    #[cfg(feature = "std")]
    #[must_use]
    pub fn fold_repeated(mut self, within: Duration) -> Self {
        self.form.holding = Some(Holding::Repetitions(within));
        self
    }

    /// Writes the records of the traces that are worth it: of all that a failed request has logged, and of
    /// a share of the others. See [`TailSampling`] for what is held how long.
    ///
    /// The records of a trace keep their order, and their times; they come when the trace is decided, behind what
    /// others have logged meanwhile. Records without a `trace_id`, audit trails, security events and what
    /// kakashi says itself are written at once; so is everything where a [`durability`](Self::durability) is asked for. What is
    /// left out is counted as [`Sampled`](crate::DropReason::Sampled), and announced, at most each ten
    /// seconds and at each flush; until then it counts as waiting. A flush, and the end of the process,
    /// write what is held: nobody has said that it may go.
    ///
    /// A destination folds repetitions or samples traces: the later call holds.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use kakashi_core::{Batch, Destination, FunctionSink, LogLevel, SinkError, TailSampling};
    /// # let sink = FunctionSink::new(|_: &Batch<'_>| -> Result<(), SinkError> { Ok(()) });
    /// let traces = TailSampling::new().keep_from(LogLevel::Warning).within(Duration::from_secs(5)).ratio(0.01);
    /// let destination = Destination::new(sink).tail_sampling(traces);
    /// ```
    #[cfg(feature = "std")]
    #[must_use]
    pub fn tail_sampling(mut self, sampling: TailSampling) -> Self {
        self.form.holding = Some(Holding::Traces(sampling));
        self
    }

    /// Has a call return when its record has come so far.
    ///
    /// ```
    /// # use kakashi_core::{Batch, Destination, Durability, Event, FunctionSink, LogRecord, SinkError};
    /// # let sink = FunctionSink::new(|_: &Batch<'_>| -> Result<(), SinkError> { Ok(()) });
    /// let trail = Destination::new(sink)
    ///     .named("audit trail")
    ///     .filter(|record: &LogRecord<'_>| Event::is_audit(record) || Event::is_security(record))
    ///     .durability(Durability::Synced);
    /// ```
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }
}

impl<S: ?Sized> Destination<S> {
    /// Makes a destination that takes every record, in the configured format.
    pub fn of_boxed(sink: Box<S>) -> Self
    where
        S: Sink,
    {
        let form = if sink.takes_records() { DestinationForm::records() } else { DestinationForm::default() };
        Self {
            threshold: LevelFilter::ALL,
            filter: None,
            form,
            durability: Durability::Buffered,
            name: DEFAULT_NAME.into(),
            sink,
        }
    }

    /// Names it for reports of failures.
    #[must_use]
    pub fn named(mut self, name: impl Into<Box<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Takes only records at or above a threshold.
    #[must_use]
    pub fn threshold(mut self, threshold: impl Into<LevelFilter>) -> Self {
        self.threshold = threshold.into();
        self
    }

    /// Takes only records for which `filter` holds.
    #[must_use]
    pub fn filter(mut self, filter: impl Filter + 'static) -> Self {
        self.filter = Some(Arc::new(filter));
        self
    }

    /// Writes records in this form, whatever is configured. A sink of records keeps its own.
    #[must_use]
    pub fn encoder(mut self, encoder: impl Encoder + 'static) -> Self {
        if !self.form.takes_records {
            self.form.encoder = Some(Arc::new(encoder));
        }
        self
    }

    /// Writes records in this form, whatever is configured. A sink of records keeps its own.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        if !self.form.takes_records {
            self.form.encoder = None;
            self.form.format = Some(format);
        }
        self
    }

    /// Leaves fields of contexts out: the service's, the request's, a logger's. What a call
    /// or an enricher says is written, whatever its key; what nobody may read is
    /// [redacted](crate::Redaction).
    ///
    /// ```
    /// # use kakashi_core::{Batch, Destination, Format, FunctionSink, SinkError};
    /// # let sink = FunctionSink::new(|_: &Batch<'_>| -> Result<(), SinkError> { Ok(()) });
    /// let destination = Destination::new(sink)
    ///     .format(Format::Text)
    ///     .without_fields(["service_name", "version", "environment"]);
    /// ```
    #[cfg(feature = "std")]
    #[must_use]
    pub fn without_fields<K: AsRef<str>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.form.left_out = LeftOut::new(keys);
        self
    }
}

/// The name of a destination that was given none.
pub(super) const DEFAULT_NAME: &str = "sink";

/// The form that a destination's records are written in.
#[derive(Clone, Default)]
pub struct DestinationForm {
    encoder: Option<Arc<dyn Encoder>>,
    format: Option<Format>,
    /// The sink decodes what it gets.
    takes_records: bool,
    #[cfg(feature = "std")]
    left_out: LeftOut,
    /// What is held back.
    #[cfg(feature = "std")]
    holding: Option<Holding>,
}

impl DestinationForm {
    /// The form of a sink of records.
    fn records() -> Self {
        Self { encoder: Some(Arc::new(RecordWire)), takes_records: true, ..Self::default() }
    }

    /// Returns what is held back, if anything is.
    #[cfg(feature = "std")]
    pub fn holding(&self) -> Option<Holding> {
        self.holding
    }

    /// Tells whether its encoder is not kakashi's own, and may panic.
    pub fn is_foreign(&self) -> bool {
        self.encoder.as_ref().is_some_and(|encoder| encoder.line_form().is_none())
    }

    /// Tells whether it depends on whether the destination is a terminal.
    pub fn follows_terminal(&self) -> bool {
        self.encoder.is_none()
    }

    /// Makes the encoder of a destination without an own one, where `configured` holds, and which is
    /// a terminal that may show colour, or is not.
    pub fn encoder(&self, configured: &DefaultForm, terminal: bool, colour: bool) -> Arc<dyn Encoder> {
        self.encoder_of(configured, |format| format.encoder(terminal, colour))
    }

    /// As [`encoder`](Self::encoder), lines for people as they are asked for.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub fn encoder_on(
        &self,
        configured: &DefaultForm,
        screen: &Screen,
        pretty: TerminalPretty,
    ) -> Arc<dyn Encoder> {
        self.encoder_of(configured, |format| format.encoder_on(screen, pretty))
    }

    fn encoder_of(
        &self,
        configured: &DefaultForm,
        named: impl FnOnce(Format) -> Arc<dyn Encoder>,
    ) -> Arc<dyn Encoder> {
        let encoder = match (&self.encoder, self.format, configured) {
            (Some(encoder), ..) => encoder.clone(),
            (None, Some(format), _) => named(format),
            (None, None, DefaultForm::Named(format)) => named(*format),
            (None, None, DefaultForm::Encoded(encoder)) => encoder.clone(),
        };
        #[cfg(feature = "std")]
        if !self.left_out.is_empty() {
            return Arc::new(WithoutFields::new(encoder, self.left_out.clone()));
        }
        encoder
    }
}

impl fmt::Debug for DestinationForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoder = self.encoder.is_some();
        f.debug_struct("DestinationForm")
            .field("encoder", &encoder)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

impl<S: ?Sized> fmt::Debug for Destination<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("name", &self.name)
            .field("threshold", &self.threshold)
            .finish_non_exhaustive()
    }
}
