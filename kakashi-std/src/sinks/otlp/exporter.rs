//! Batches of records as requests.

use std::collections::HashMap;
use std::env;
use std::path::Path;

use kakashi_core::{Accepted, LogRecord, RecordBatch, RecordSink, SinkError, SinkErrorKind};

use super::client::{Client, Outcome};
use super::entry::{LogEntry, SERVICE_FIELDS, ServiceFields};
use super::form::{RequestForm, ResourceRecords, ScopeRecords};
use super::retry_after::BusyPauses;

/// The most bytes of a request, before it is compressed.
const MOST_REQUEST_BYTES: usize = 4 << 20;
/// Bytes that a request has beside its records, for each of its loggers and services.
const HEAD_BYTES: usize = 64;
/// A record's message and its attributes have about so many bytes each, or a sixteenth where
/// that becomes too much in the request's form.
const MOST_ENTRY_BYTES: usize = 1 << 20;

/// Sends records to a receiver.
pub(super) struct OtlpExporter {
    client: Client,
    form: Box<dyn RequestForm>,
    resource: Vec<(String, String)>,
    own_resource: Vec<(String, String)>,
    pauses: BusyPauses,
}

impl OtlpExporter {
    pub(super) fn new(
        client: Client,
        form: Box<dyn RequestForm>,
        resource: Vec<(String, String)>,
        own_resource: Vec<(String, String)>,
    ) -> Self {
        Self { client, form, resource, own_resource, pauses: BusyPauses::default() }
    }

    /// The attributes of a resource: the variables' before the records', these before the
    /// program's.
    fn resource_of(&self, service: [Option<&str>; SERVICE_FIELDS.len()]) -> Vec<(String, String)> {
        let mut attributes = self.resource.clone();
        let own = self.own_resource.iter().map(|(key, value)| (&**key, &**value));
        let of_records =
            SERVICE_FIELDS.iter().zip(service).filter_map(|((_, key), text)| Some((*key, text?)));
        let of_us = [
            ("telemetry.sdk.name", "kakashi"),
            ("telemetry.sdk.language", "rust"),
            ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
            // What the conventions demand where nobody knows.
            ("service.name", &*unknown_service()),
        ];
        for (key, value) in of_records.chain(own).chain(of_us) {
            if !attributes.iter().any(|(known, _)| known == key) {
                attributes.push((key.to_owned(), value.to_owned()));
            }
        }
        attributes
    }

    /// Makes a request of the first records, as many as may be in one; returns how many.
    fn request(&self, batch: &RecordBatch<'_>) -> (Vec<u8>, usize) {
        let mut resources: Vec<ResourceRecords> = Vec::new();
        let mut by_service: HashMap<[Option<&str>; SERVICE_FIELDS.len()], usize> = HashMap::new();
        let mut by_logger: HashMap<(usize, &str), usize> = HashMap::new();
        let (mut bytes, mut taken, mut encoded) = (HEAD_BYTES, 0, Vec::new());
        for record in batch.records() {
            let service = ServiceFields::of(&record).texts();
            let known_resource = by_service.get(&service).copied();
            let logger = record.logger.text();
            let known_scope = known_resource.and_then(|at| by_logger.get(&(at, logger)).copied());
            encoded.clear();
            self.put_entry(&record, &mut encoded);
            let mut size = encoded.len() + 1;
            let attributes = if known_resource.is_none() { self.resource_of(service) } else { Vec::new() };
            size +=
                attributes.iter().map(|(key, value)| key.len() + 6 * value.len() + HEAD_BYTES).sum::<usize>();
            size += if known_scope.is_none() { 6 * logger.len() + HEAD_BYTES } else { 0 };
            if taken > 0 && bytes + size > MOST_REQUEST_BYTES {
                break;
            }
            let at = known_resource.unwrap_or_else(|| {
                by_service.insert(service, resources.len());
                resources.push(ResourceRecords { attributes, scopes: Vec::new() });
                resources.len() - 1
            });
            let scopes = &mut resources[at].scopes;
            let scope = known_scope.unwrap_or_else(|| {
                by_logger.insert((at, logger), scopes.len());
                scopes.push(ScopeRecords { logger: logger.to_owned(), records: Vec::new() });
                scopes.len() - 1
            });
            let records = &mut scopes[scope].records;
            if !records.is_empty() {
                records.extend_from_slice(self.form.separator());
            }
            records.extend_from_slice(&encoded);
            bytes += size;
            taken += 1;
        }
        (self.form.request(&resources), taken)
    }

    /// Appends a record's form, cut where it would be too much for a request.
    fn put_entry(&self, record: &LogRecord<'_>, encoded: &mut Vec<u8>) {
        let mut most = MOST_ENTRY_BYTES;
        loop {
            self.form.put_entry(&LogEntry::new(record, most), encoded);
            if encoded.len() < MOST_REQUEST_BYTES - MOST_ENTRY_BYTES || most < HEAD_BYTES {
                return;
            }
            encoded.clear();
            most /= 16;
        }
    }
}

impl RecordSink for OtlpExporter {
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
        let (request, taken) = self.request(batch);
        if taken == 0 {
            return Ok(Accepted::ALL);
        }
        let accepted = Accepted::first(taken);
        match self.client.send(self.form.content_type(), &request) {
            Outcome::Taken(answer) => {
                self.pauses.reset();
                let rejected = self.form.rejected(&answer);
                Ok(if rejected == 0 {
                    accepted
                } else {
                    accepted
                        .rejecting(rejected.min(taken))
                        .because("the receiver takes a part of them (partial success)")
                })
            }
            Outcome::Refused(cause) => {
                self.pauses.reset();
                Ok(accepted.rejecting(taken).because(cause))
            }
            Outcome::Busy(cause, retry_after) => {
                let pause = self.pauses.next(retry_after.as_deref());
                Err(SinkError::new(SinkErrorKind::Failed).because(cause).retry_after(pause))
            }
            Outcome::NoAnswer(error) => Err(error),
        }
    }
}

fn unknown_service() -> String {
    let program = env::args_os().next();
    let name = program.as_deref().and_then(|path| Path::new(path).file_name());
    match name {
        Some(name) => format!("unknown_service:{}", name.to_string_lossy()),
        None => "unknown_service".to_owned(),
    }
}
