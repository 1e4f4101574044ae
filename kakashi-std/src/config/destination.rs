//! A destination, as it is written: where it is, and which records in which form.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kakashi_core::{Destination, LogRecord, Wire};
use serde::Deserialize;

use super::error::ConfigError;
use super::http::{HttpReceiverName, HttpTable};
use super::journal::JournalTable;
use super::otlp::OtlpTable;
use super::rotation::RotationTable;
use super::sampling::TailSamplingTable;
use super::syslog::SyslogTable;
use super::values::{DurabilityName, EventName, FormatName, PatternText, StreamName, Threshold, with};
use crate::sinks;

/// A destination, as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DestinationKeys {
    stream: Option<StreamName>,
    file: Option<PathBuf>,
    wire_file: Option<PathBuf>,
    journald: Option<JournalTable>,
    syslog: Option<Box<SyslogTable>>,
    otlp: Option<Box<OtlpTable>>,
    http: Option<Box<HttpTable>>,
    loki: Option<Box<HttpTable>>,
    elasticsearch: Option<Box<HttpTable>>,
    rotate: Option<RotationTable>,
    name: Option<String>,
    threshold: Option<Threshold>,
    format: Option<FormatName>,
    pattern: Option<PatternText>,
    without_fields: Vec<String>,
    events: Vec<EventName>,
    durability: Option<DurabilityName>,
    fold_repeated_millis: Option<u64>,
    tail_sampling: Option<TailSamplingTable>,
}

/// A destination: where it is, and which records in which form.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "DestinationKeys")]
pub(super) struct DestinationTable {
    target: DestinationTarget,
    keys: DestinationKeys,
}

#[derive(Clone, Debug)]
enum DestinationTarget {
    Stream(StreamName),
    File(PathBuf),
    WireFile(PathBuf),
    Journal(JournalTable),
    Syslog(Box<SyslogTable>),
    Otlp(Box<OtlpTable>),
    Http(HttpReceiverName, Box<HttpTable>),
}

impl TryFrom<DestinationKeys> for DestinationTable {
    type Error = &'static str;

    fn try_from(mut keys: DestinationKeys) -> Result<Self, Self::Error> {
        let http = |name| move |table| DestinationTarget::Http(name, table);
        let targets = [
            keys.stream.take().map(DestinationTarget::Stream),
            keys.file.take().map(DestinationTarget::File),
            keys.wire_file.take().map(DestinationTarget::WireFile),
            keys.journald.take().map(DestinationTarget::Journal),
            keys.syslog.take().map(DestinationTarget::Syslog),
            keys.otlp.take().map(DestinationTarget::Otlp),
            keys.http.take().map(http(HttpReceiverName::JsonLines)),
            keys.loki.take().map(http(HttpReceiverName::Loki)),
            keys.elasticsearch.take().map(http(HttpReceiverName::Elasticsearch)),
        ];
        let mut named = targets.into_iter().flatten();
        let (Some(target), None) = (named.next(), named.next()) else {
            return Err(
                "a destination is one of stream = \"stderr\", stream = \"stdout\", file = \"path\", \
                        wire_file = \"path\", journald = {}, syslog = { receiver = \"udp://host:514\" }, \
                        otlp = { endpoint = \"http://host:4318\" }, http = { url = \"https://host/path\" }, \
                        loki = { url = \"http://host:3100\" } and \
                        elasticsearch = { url = \"http://host:9200\", index = \"logs\" }",
            );
        };
        let is_file = matches!(target, DestinationTarget::File(_) | DestinationTarget::WireFile(_));
        if !is_file && keys.rotate.is_some() {
            return Err("only files are rotated: rotate goes with file or wire_file");
        }
        let has_form = keys.format.is_some() || keys.pattern.is_some();
        if matches!(target, DestinationTarget::Journal(_)) && has_form {
            return Err("the journal has a form of its own: leave format and pattern out");
        }
        if matches!(target, DestinationTarget::Syslog(_)) && has_form {
            return Err("messages for syslog have a form of their own: leave format and pattern out");
        }
        if matches!(target, DestinationTarget::Otlp(_)) && has_form {
            return Err("records for OpenTelemetry have a form of their own: leave format and pattern out");
        }
        if matches!(target, DestinationTarget::WireFile(_)) && has_form {
            return Err(
                "a wire_file has the binary form: leave format and pattern out, or write file in its place",
            );
        }
        if keys.format.is_some() && keys.pattern.is_some() {
            return Err("a pattern is a format of its own: leave one of them out");
        }
        if keys.fold_repeated_millis.is_some() && keys.tail_sampling.is_some() {
            return Err(
                "a destination folds repetitions or samples traces: leave fold_repeated_millis or tail_sampling out",
            );
        }
        Ok(Self { target, keys })
    }
}

impl DestinationTable {
    pub(super) fn open(self) -> Result<Destination, ConfigError> {
        let Self { target, mut keys } = self;
        let file = |path: &Path, rotation: Option<RotationTable>| {
            let opened = match rotation {
                Some(rotation) => rotation.open(path).map_err(io::Error::from),
                None => sinks::file(path),
            };
            opened.map_err(|error| ConfigError::opening(path, &error))
        };
        let mut destination = match target {
            DestinationTarget::Stream(stream) => stream.destination(),
            DestinationTarget::File(path) => file(&path, keys.rotate.take())?,
            DestinationTarget::WireFile(path) => file(&path, keys.rotate.take())?.encoder(Wire),
            DestinationTarget::Journal(journal) => journal.open()?,
            DestinationTarget::Syslog(syslog) => syslog.open()?,
            DestinationTarget::Otlp(otlp) => otlp.open()?,
            DestinationTarget::Http(receiver, http) => {
                http.open(receiver, keys.format.take(), keys.pattern.take())?
            }
        };
        destination = with(destination, keys.name, Destination::named);
        destination = with(destination, keys.threshold, |destination, Threshold(threshold)| {
            destination.threshold(threshold)
        });
        destination =
            with(destination, keys.format, |destination, FormatName(format)| destination.format(format));
        destination =
            with(destination, keys.pattern, |destination, PatternText(pattern)| destination.encoder(pattern));
        if let Some(millis) = keys.fold_repeated_millis {
            destination = destination.fold_repeated(Duration::from_millis(millis));
        }
        destination = with(destination, keys.tail_sampling, |destination, table| {
            destination.tail_sampling(table.sampling())
        });
        if !keys.without_fields.is_empty() {
            destination = destination.without_fields(keys.without_fields);
        }
        if !keys.events.is_empty() {
            let events = keys.events;
            destination = destination
                .filter(move |record: &LogRecord<'_>| events.iter().any(|event| event.matches(record)));
        }
        destination = with(destination, keys.durability, |destination, DurabilityName(durability)| {
            destination.durability(durability)
        });
        Ok(destination)
    }
}
