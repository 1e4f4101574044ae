//! Batches of records as requests.

use std::collections::HashMap;

use kakashi_core::{Accepted, LogRecord, RecordBatch, RecordSink, SinkError, SinkErrorKind};

use super::entry::{LogEntry, SERVICE_FIELDS, ServiceFields};
use super::form::{RequestForm, ResourceRecords, ScopeRecords};
use super::parts::OtlpParts;
use super::resource::ResourceSettings;
use crate::sinks::http_client::{BusyPauses, HttpClient, cause_of_status};

/// The most bytes of a request, before it is compressed.
const MOST_REQUEST_BYTES: usize = 4 << 20;
/// Bytes that a request has beside its records, for each of its loggers and services.
const HEAD_BYTES: usize = 64;
/// A record's message and its attributes have about so many bytes each, or a sixteenth where
/// that becomes too much in the request's form.
const MOST_ENTRY_BYTES: usize = 1 << 20;

/// Sends records to a receiver.
pub(super) struct OtlpExporter {
    client: HttpClient,
    form: Box<dyn RequestForm>,
    resource: ResourceSettings,
    pauses: BusyPauses,
}

impl OtlpExporter {
    pub(super) fn new(parts: OtlpParts) -> Self {
        let OtlpParts { client, form, resource, .. } = parts;
        Self { client, form, resource, pauses: BusyPauses::default() }
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
            let attributes =
                if known_resource.is_none() { self.resource.attributes(service) } else { Vec::new() };
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
        let answer = self.client.send(self.form.content_type(), &request)?;
        let cause = cause_of_status(answer.status);
        match answer.status {
            200..300 => {
                self.pauses.reset();
                // It has confirmed, whatever else it wanted to say.
                let rejected = self.form.rejected(&answer.body.unwrap_or_default());
                Ok(if rejected == 0 {
                    accepted
                } else {
                    accepted
                        .rejecting(rejected.min(taken))
                        .because("the receiver takes a part of them (partial success)")
                })
            }
            429 | 502 | 503 | 504 => {
                let pause = self.pauses.next(answer.retry_after.as_deref());
                Err(SinkError::new(SinkErrorKind::Failed).because(cause).retry_after(pause))
            }
            _ => {
                self.pauses.reset();
                Ok(accepted.rejecting(taken).because(cause))
            }
        }
    }
}
