//! Records that own their parts, so that tests can make any record.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kakashi_core::site::{self, Source};
use kakashi_core::value::Packed;
use kakashi_core::{
    Composite, Field, LogContext, LogLevel, LogRecord, LoggerEntry, LoggerKind, Registry, Site, Timestamp,
    ToValue, Value, ValueSink, Values,
};

/// A record that owns its parts.
#[derive(Clone, Debug)]
pub struct OwnedRecord {
    /// When.
    pub timestamp: Timestamp,
    /// How much it matters.
    pub level: LogLevel,
    /// The logger's name.
    pub logger: String,
    /// The message, and the call site if there is one.
    pub message: OwnedMessage,
    /// Extra fields.
    pub extra: Vec<(String, OwnedValue)>,
    /// The context's fields.
    pub context: Vec<(String, OwnedValue)>,
    /// The sequence number.
    pub sequence: Option<u64>,
}

/// A record's message.
#[derive(Clone, Debug)]
pub enum OwnedMessage {
    /// Text that means itself.
    Literal(String),
    /// Text that means itself, of another crate's macro.
    Placed {
        /// The text.
        text: String,
        /// The module.
        module: String,
        /// The file.
        file: String,
        /// The line.
        line: u32,
    },
    /// The template of a call site, whose keys are all different.
    Site {
        /// The message, in pieces.
        template: Vec<TemplatePiece>,
        /// The call's own fields.
        fields: Vec<(String, OwnedValue)>,
        /// The module.
        module: String,
        /// The file.
        file: String,
        /// The line.
        line: u32,
    },
}

/// A piece of a template.
#[derive(Clone, Debug)]
pub enum TemplatePiece {
    /// Text, before its braces are doubled.
    Text(String),
    /// A placeholder for the field at this index.
    Field(usize),
}

/// A value that owns what it holds.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[allow(missing_docs, reason = "the names are those of `Value`")]
pub enum OwnedValue {
    Null,
    Bool(bool),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F32(f32),
    F64(f64),
    Char(char),
    Str(String),
    Bytes(Vec<u8>),
    Duration(Duration),
    List(Vec<OwnedValue>),
    Map(Vec<(String, OwnedValue)>),
    Display(DisplayText),
    Debug(String),
    Error(ErrorChain),
}

/// Text that is printed a character at a time.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct DisplayText {
    /// The text.
    pub text: String,
    /// Whether an error ends it.
    pub gives_up: bool,
}

impl fmt::Display for DisplayText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.text.chars() {
            f.write_str(character.encode_utf8(&mut [0; 4]))?;
        }
        if self.gives_up { Err(fmt::Error) } else { Ok(()) }
    }
}

/// An error with sources.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct ErrorChain {
    /// Its own text.
    pub text: String,
    /// What caused it.
    pub source: Option<Box<ErrorChain>>,
}

impl fmt::Display for ErrorChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for ErrorChain {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl ToValue for OwnedValue {
    fn to_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::I64(number) => Value::I64(*number),
            Self::U64(number) => Value::U64(*number),
            Self::I128(number) => Value::I128(Packed::new(*number)),
            Self::U128(number) => Value::U128(Packed::new(*number)),
            Self::F32(number) => Value::F32(*number),
            Self::F64(number) => Value::F64(*number),
            Self::Char(character) => Value::Char(*character),
            Self::Str(text) => Value::Str(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::Duration(length) => Value::Duration(*length),
            Self::List(_) | Self::Map(_) => Value::Composite(self),
            Self::Display(shown) => Value::Display(shown),
            Self::Debug(text) => Value::Debug(text),
            Self::Error(failure) => Value::error(failure),
        }
    }
}

impl Composite for OwnedValue {
    fn describe(&self, sink: &mut dyn ValueSink) {
        match self {
            Self::List(items) => {
                sink.begin_list();
                items.iter().for_each(|item| sink.value(item.to_value()));
                sink.end_list();
            }
            Self::Map(pairs) => {
                sink.begin_map();
                for (key, value) in pairs {
                    sink.key(key);
                    sink.value(value.to_value());
                }
                sink.end_map();
            }
            scalar => sink.value(scalar.to_value()),
        }
    }
}

/// Borrows pairs as fields.
pub fn fields(pairs: &[(String, OwnedValue)]) -> Vec<Field<'_>> {
    pairs.iter().map(|(key, value)| Field::new(key, value)).collect()
}

impl OwnedRecord {
    /// Makes a record that has only a message.
    pub fn of(message: &str) -> Self {
        Self {
            timestamp: Timestamp::Wall(1_795_342_320_123_456_789),
            level: LogLevel::Info,
            logger: "app::orders".to_owned(),
            message: OwnedMessage::Literal(message.to_owned()),
            extra: Vec::new(),
            context: Vec::new(),
            sequence: None,
        }
    }

    /// Returns the call's own fields, none without a site.
    pub fn own(&self) -> &[(String, OwnedValue)] {
        match &self.message {
            OwnedMessage::Literal(_) | OwnedMessage::Placed { .. } => &[],
            OwnedMessage::Site { fields, .. } => fields,
        }
    }

    /// Returns the message template, if there is a site.
    pub fn template(&self) -> Option<String> {
        let OwnedMessage::Site { template, fields, .. } = &self.message else { return None };
        let piece = |piece: &TemplatePiece| match piece {
            TemplatePiece::Text(text) => text.replace('{', "{{").replace('}', "}}"),
            TemplatePiece::Field(at) => format!("{{{}}}", fields[*at].0),
        };
        Some(template.iter().map(piece).collect())
    }

    /// Makes what a record borrows that is not here: logger, site and context.
    /// The site is never given back, as one that the compiler makes.
    pub fn prepare(&self) -> PreparedRecord<'_> {
        let site = self.template().map(|template| {
            let OwnedMessage::Site { fields, module, file, line, .. } = &self.message else {
                unreachable!("it has a template")
            };
            let keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_str()).collect();
            let source =
                Source { level: self.level, message: &template, keys: &keys, module, file, line: *line };
            let built = site::build::<{ 1 << 16 }>(&source);
            Site::new(built[..site::len(&source)].to_vec().leak())
        });
        let place = match &self.message {
            OwnedMessage::Placed { module, file, line, .. } => place(*line, [module, file]),
            _ => Vec::new(),
        };
        let context = LogContext::new().with_custom(&fields(&self.context));
        let logger = Registry::new().get(LoggerKind::Sync, &self.logger, None);
        PreparedRecord { record: self, logger, site, place, context }
    }
}

/// Writes a place in the source as the wire has it.
fn place(line: u32, texts: [&String; 2]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let number = |mut number: usize, bytes: &mut Vec<u8>| {
        while number > 0x7f {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
    };
    number(line as usize, &mut bytes);
    for text in texts {
        number(text.len(), &mut bytes);
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

/// A record with its logger, its site and its context.
#[derive(Debug)]
pub struct PreparedRecord<'a> {
    record: &'a OwnedRecord,
    logger: Arc<LoggerEntry>,
    site: Option<Site<'static>>,
    /// Of words: as the wire has it.
    place: Vec<u8>,
    context: LogContext,
}

impl PreparedRecord<'_> {
    /// Returns the site, if there is one.
    pub fn site(&self) -> Option<Site<'static>> {
        self.site
    }

    /// Returns the context.
    pub fn context(&self) -> &LogContext {
        &self.context
    }

    /// Hands out the record as loggers make it.
    pub fn with<R>(&self, then: impl FnOnce(&LogRecord<'_>) -> R) -> R {
        let record = self.record;
        let own: Vec<Value<'_>> = record.own().iter().map(|(_, value)| value.to_value()).collect();
        let extra = fields(&record.extra);
        let logger = self.logger.name();
        let mut borrowed = match (self.site, &record.message) {
            (Some(site), _) => LogRecord::of_site(record.timestamp, logger, site, Values::Slice(&own)),
            (None, OwnedMessage::Literal(message)) => {
                LogRecord::new(record.timestamp, record.level, logger, message)
            }
            (None, OwnedMessage::Placed { text, .. }) => {
                let mut record = LogRecord::new(record.timestamp, record.level, logger, text);
                record.set_place(&self.place);
                record
            }
            (None, OwnedMessage::Site { .. }) => unreachable!("the site is made with the record"),
        };
        borrowed.sequence = record.sequence;
        then(&borrowed.with_fields(&extra).with_context(self.context.fields()))
    }
}
