//! A conformance vector's record in flash, and the record that loggers would make of it.

use kakashi_core::codec::put_pair;
use kakashi_core::{
    ContextFields, Field, LogLevel, LogRecord, Name, Output, Site, Timestamp, ToValue, Value, Values, key_bit,
};

use crate::Fixed;

/// All that one record says.
#[derive(Debug)]
pub struct Vector {
    /// Where it stands in `records.json`.
    pub index: u16,
    /// When.
    pub timestamp: Timestamp,
    /// How much it matters.
    pub level: LogLevel,
    /// The logger's name.
    pub logger: &'static str,
    /// The message, and the call site if there is one.
    pub words: Words,
    /// The values of the call site's keys.
    pub own: &'static [Fixed],
    /// Extra fields.
    pub extra: &'static [(&'static str, Fixed)],
    /// The context's fields.
    pub context: &'static [(&'static str, Fixed)],
    /// The sequence number.
    pub sequence: Option<u64>,
}

/// What a record says in words.
#[derive(Debug)]
pub enum Words {
    /// Text that means itself.
    Literal(&'static str),
    /// A call site.
    Site(Site<'static>),
}

impl Vector {
    /// Returns the site, if there is one.
    pub fn site(&self) -> Option<Site<'static>> {
        match self.words {
            Words::Literal(_) => None,
            Words::Site(site) => Some(site),
        }
    }

    /// Hands out the record; the context's pairs are written into `buffer`. False if
    /// there are more than `FIELDS` fields, or the buffer is too small.
    pub fn with<const FIELDS: usize>(&self, buffer: &mut [u8], then: impl FnOnce(&LogRecord<'_>)) -> bool {
        let mut pairs = Output::new(buffer);
        let mut mask = 0;
        for (key, value) in self.context {
            put_pair(&mut pairs, key, &value.to_value());
            mask |= key_bit(key.as_bytes());
        }
        if pairs.overflowed() || self.own.len() > FIELDS || self.extra.len() > FIELDS {
            return false;
        }
        let context = ContextFields { id: 0, mask, pairs: pairs.written() };
        let own: heapless::Vec<Value<'_>, FIELDS> = self.own.iter().map(ToValue::to_value).collect();
        let extra: heapless::Vec<Field<'_>, FIELDS> =
            self.extra.iter().map(|(key, value)| Field::new(key, value)).collect();
        let logger = Name::new(self.logger);
        let mut record = match self.words {
            Words::Site(site) => LogRecord::of_site(self.timestamp, logger, site, Values::Slice(&own)),
            Words::Literal(message) => LogRecord::new(self.timestamp, self.level, logger, message),
        };
        record.sequence = self.sequence;
        then(&record.with_fields(&extra).with_context(context));
        true
    }
}
