//! Grafana Loki's push API.
//!
//! <https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs>:
//! `{"streams":[{"stream":{"level":"info"},"values":[["<nanoseconds>","<line>",{"trace_id":"…"}]]}]}`.

use std::fmt::Write as _;

use kakashi_core::encode::writers::AsJson;
use kakashi_core::{LogRecord, Timestamp, Value};

use super::error::HttpError;
use super::form::{BatchForm, Stream};

/// Chooses the labels of Loki's streams, and what else its lines have.
///
/// Each combination of labels is a stream, of which Loki wants few. So a record's labels are
/// its `level` (`info`, …), `service_name` where the context names the service, its `logger` if that is
/// wanted, and those that are the same for all. The fields are in the line, which is JSON
/// (`{level="error"} | json | order_id = 7`); some may also be
/// [structured metadata](https://grafana.com/docs/loki/latest/get-started/labels/structured-metadata/).
///
/// ```no_run
/// use kakashi_std::configure;
/// use kakashi_std::sinks::{Http, LokiStreams};
///
/// let streams = LokiStreams::new().label("env", "production").logger_label().structured_metadata(["trace_id"]);
/// configure().destination(Http::loki("http://localhost:3100", streams)?.destination()?).apply();
/// # Ok::<(), kakashi_std::sinks::HttpError>(())
/// ```
///
/// Loki answers 400 where it refuses some lines (`entry too far behind`, a line that is too long)
/// and has taken the others: as many as it names are counted as rejected; where it names no
/// number, lines are sent again in smaller requests until those are found. Lines that it has
/// already, with the same time and labels, it does not store twice.
#[derive(Clone, Default, Debug)]
#[must_use = "it does nothing until a destination is made of it"]
pub struct LokiStreams {
    labels: Vec<(String, String)>,
    has_logger: bool,
    metadata: Vec<String>,
}

impl LokiStreams {
    /// Begins with the labels `level` and `service_name`, and without structured metadata.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a label that is the same for all records; of the same name the last one holds, also
    /// before a record's `level`, `service_name` and `logger`.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.labels.retain(|(known, _)| *known != name);
        self.labels.push((name, value.into()));
        self
    }

    /// Adds the logger's name as the label `logger`: a stream for each logger and level.
    pub fn logger_label(mut self) -> Self {
        self.has_logger = true;
        self
    }

    /// Names fields that are also the line's structured metadata, which Loki 3 has by default. What
    /// is no letter, digit or `_` in their names is `_` there.
    pub fn structured_metadata<K: Into<String>>(mut self, fields: impl IntoIterator<Item = K>) -> Self {
        self.metadata.extend(fields.into_iter().map(Into::into));
        self
    }

    /// Checks the names of labels.
    pub(super) fn checked(self) -> Result<Self, HttpError> {
        match self.labels.iter().find(|(name, _)| *name != label_name(name)) {
            Some((name, _)) => Err(HttpError::Label(name.clone())),
            None => Ok(self),
        }
    }

    fn put_label(&self, name: &str, value: &str, stream: &mut String) {
        if !value.is_empty() && !self.labels.iter().any(|(own, _)| own == name) {
            // Writing to a `String` does not fail.
            let _ = write!(stream, "{}:{},", AsJson(name), AsJson(value));
        }
    }
}

/// Makes a name that labels may have: `[a-zA-Z_][a-zA-Z0-9_]*`.
fn label_name(text: &str) -> String {
    let name = text.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' });
    let is_begun = text.starts_with(|char: char| !char.is_ascii_digit());
    let before = if is_begun { "" } else { "_" };
    before.chars().chain(name).collect()
}

impl BatchForm for LokiStreams {
    fn content_type(&self) -> &'static str {
        "application/json"
    }

    fn wants_json(&self) -> bool {
        false
    }

    fn put_stream(&self, record: &LogRecord<'_>, stream: &mut String) {
        stream.push('{');
        for (name, value) in &self.labels {
            let _ = write!(stream, "{}:{},", AsJson(&**name), AsJson(&**value));
        }
        self.put_label("level", &record.level.name().to_ascii_lowercase(), stream);
        for (key, value) in record.context().iter() {
            if let ("service_name", Value::Str(service)) = (key, value) {
                self.put_label(key, service, stream);
            }
        }
        if self.has_logger {
            self.put_label("logger", record.logger.text(), stream);
        }
        stream.pop();
        stream.push('}');
    }

    fn put_entry(&self, record: &LogRecord<'_>, line: &str, _: &str, entry: &mut Vec<u8>) {
        let nanos = match record.timestamp {
            Timestamp::Wall(nanos) => nanos.max(0),
            Timestamp::Uptime(_) => 0,
        };
        let mut json = format!("[\"{nanos}\",{}", AsJson(line));
        let mut before = ",{";
        if !self.metadata.is_empty() {
            record.for_each_field(|key, value| {
                if self.metadata.iter().any(|wanted| wanted == key) {
                    let _ = write!(json, "{before}{}:", AsJson(&*label_name(key)));
                    put_text(value, &mut json);
                    before = ",";
                }
            });
        }
        json.push_str(if before == "," { "}]," } else { "]," });
        entry.extend_from_slice(json.as_bytes());
    }

    fn request(&self, streams: Vec<Stream>) -> Vec<u8> {
        let mut request = b"{\"streams\":[".to_vec();
        for (at, Stream { head, entries }) in streams.iter().enumerate() {
            request.extend_from_slice(if at > 0 { b",{\"stream\":" } else { b"{\"stream\":" });
            request.extend_from_slice(head.as_bytes());
            request.extend_from_slice(b",\"values\":[");
            request.extend_from_slice(entries.strip_suffix(b",").unwrap_or(entries));
            request.extend_from_slice(b"]}");
        }
        request.extend_from_slice(b"]}");
        request
    }

    fn refused_of_taken(&self, body: &[u8], records: usize) -> Option<usize> {
        total_ignored(&String::from_utf8_lossy(body)).filter(|refused| (1..=records).contains(refused))
    }
}

/// Appends a value as a string of JSON, whatever it is.
fn put_text(value: &Value<'_>, json: &mut String) {
    let text = AsJson(value).to_string();
    match text.starts_with('"') {
        true => json.push_str(&text),
        false => _ = write!(json, "{}", AsJson(&*text)),
    }
}

/// Adds up what Loki says: `total ignored: 3 out of 100 for stream: {…}`, for each stream.
fn total_ignored(text: &str) -> Option<usize> {
    let mut total: Option<usize> = None;
    for part in text.split("total ignored: ").skip(1) {
        let (ignored, rest) = part.split_once(" out of ")?;
        let digits = rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit()).len();
        let (ignored, all): (usize, usize) = (ignored.parse().ok()?, rest[..digits].parse().ok()?);
        if ignored > all {
            return None;
        }
        total = Some(total.unwrap_or(0).saturating_add(ignored));
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_labels_are_checked() {
        for name in ["", "a b", "1a", "a-b", "ä", "a.b"] {
            let error = LokiStreams::new().label(name, "x").checked().expect_err(name);
            assert_eq!(error, HttpError::Label(name.to_owned()));
        }
        assert!(LokiStreams::new().label("_a1", "any \"value\"\n").checked().is_ok());
        assert_eq!(label_name("http.request-id"), "http_request_id");
        assert_eq!(label_name("1st"), "_1st");
        assert_eq!(label_name(""), "_");
    }

    #[test]
    fn what_loki_has_ignored_is_added_up_and_garbage_is_nothing() {
        let of_one = "entry with timestamp 2024-05-06 15:58:50 +0000 UTC ignored, reason: 'entry too far behind, oldest acceptable timestamp is: 2024-05-07T10:25:30Z',\nuser 'fake', total ignored: 1 out of 2 for stream: {app=\"x\"}";
        assert_eq!(total_ignored(of_one), Some(1));
        assert_eq!(total_ignored(&format!("{of_one}\n{of_one}")), Some(2));
        for text in [
            "",
            "Max entry size '262144' bytes exceeded",
            "total ignored: ",
            "total ignored: x out of 2",
            "total ignored: 3 out of 2",
            "total ignored: 99999999999999999999 out of 99999999999999999999",
            "total ignored: -1 out of 2",
        ] {
            assert_eq!(total_ignored(text), None, "{text}");
        }
        let form = LokiStreams::new();
        assert_eq!(form.refused_of_taken(b"total ignored: 7 out of 7", 6), None);
        assert_eq!(form.refused_of_taken(b"total ignored: 0 out of 7", 7), None);
        assert_eq!(form.refused_of_taken(b"total ignored: 7 out of 7", 7), Some(7));
    }
}
