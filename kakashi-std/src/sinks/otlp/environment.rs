//! OpenTelemetry's standard variables.
//!
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>; what is said of logs or metrics
//! alone (`OTEL_EXPORTER_OTLP_LOGS_…`, `…_METRICS_…`) holds before what is said of all signals. An
//! empty variable is as one that is not set.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use super::error::OtlpError;
use super::hex::hex;
use super::settings::{OtlpCompression, OtlpProtocol, OtlpSettings};
use super::signal::OtlpSignal;
use crate::sinks::tls::TlsFiles;

/// Reads a variable of a signal, or of all signals.
fn of_signal(signal: OtlpSignal, name: &str) -> Option<String> {
    variable(&format!("OTEL_EXPORTER_OTLP_{}_{name}", signal.name()))
        .or_else(|| variable(&format!("OTEL_EXPORTER_OTLP_{name}")))
}

pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Returns the URL that the variables say; the default one if they say none.
pub(super) fn url(signal: OtlpSignal) -> String {
    variable(&format!("OTEL_EXPORTER_OTLP_{}_ENDPOINT", signal.name())).unwrap_or_else(|| {
        let endpoint = variable("OTEL_EXPORTER_OTLP_ENDPOINT");
        url_of_endpoint(signal, endpoint.as_deref().unwrap_or("http://localhost:4318"))
    })
}

/// Returns the URL of a signal at an endpoint of all signals.
pub(super) fn url_of_endpoint(signal: OtlpSignal, endpoint: &str) -> String {
    let endpoint = endpoint.trim_end_matches('/');
    let path = signal.path();
    if endpoint.ends_with(path) { endpoint.to_owned() } else { format!("{endpoint}{path}") }
}

/// Sets what the variables say, beside the URL.
pub(super) fn apply(signal: OtlpSignal, settings: &mut OtlpSettings) -> Result<(), OtlpError> {
    if let Some(protocol) = of_signal(signal, "PROTOCOL") {
        settings.protocol = match &*protocol {
            "http/protobuf" => OtlpProtocol::Protobuf,
            "http/json" => OtlpProtocol::Json,
            _ => return Err(OtlpError::Protocol(protocol)),
        };
    }
    if let Some(compression) = of_signal(signal, "COMPRESSION") {
        settings.compression = match &*compression {
            "gzip" => OtlpCompression::Gzip,
            "none" => OtlpCompression::None,
            _ => return Err(OtlpError::Compression(compression)),
        };
    }
    if let Some(timeout) = of_signal(signal, "TIMEOUT") {
        let millis = timeout.parse().ok().filter(|&millis| millis > 0);
        settings.timeout = Duration::from_millis(millis.ok_or(OtlpError::Timeout(timeout))?);
    }
    for (name, value) in pairs(of_signal(signal, "HEADERS"), OtlpError::Header)? {
        settings.headers.push(name, value);
    }
    let file = |name| of_signal(signal, name).map(PathBuf::from);
    settings.tls_files = TlsFiles {
        ca: file("CERTIFICATE"),
        client_certificate: file("CLIENT_CERTIFICATE"),
        client_key: file("CLIENT_KEY"),
    };
    let mut resource = pairs(variable("OTEL_RESOURCE_ATTRIBUTES"), OtlpError::ResourceAttribute)?;
    if let Some(service) = variable("OTEL_SERVICE_NAME") {
        resource.retain(|(key, _)| key != "service.name");
        resource.push(("service.name".to_owned(), service));
    }
    settings.resource.by_variables = resource;
    Ok(())
}

/// Splits `key=value,key=value`, in which characters may be written as `%2C`.
fn pairs(text: Option<String>, error: fn(String) -> OtlpError) -> Result<Vec<(String, String)>, OtlpError> {
    let text = text.unwrap_or_default();
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok((key.trim().to_owned(), percent_decoded(value.trim())))
            }
            _ => Err(error(part.to_owned())),
        })
        .collect()
}

/// Decodes `%2C`; what is no such sequence stays.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let decoded = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_split_trimmed_and_decoded() {
        let read = |text: &str| pairs(Some(text.to_owned()), OtlpError::Header);
        let expected = [("a", "1"), ("b", "x,y=z"), ("c", "%2"), ("d", "")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(read(" a = 1 ,b=x%2Cy=z,,c=%2,d=").unwrap(), expected);
        assert_eq!(read("a"), Err(OtlpError::Header("a".into())));
        assert_eq!(read("=1"), Err(OtlpError::Header("=1".into())));
    }

    #[test]
    fn an_endpoint_gets_the_path_of_logs_once() {
        for endpoint in ["http://h:1", "http://h:1/", "http://h:1/v1/logs", "http://h:1/v1/logs/"] {
            assert_eq!(url_of_endpoint(OtlpSignal::Logs, endpoint), "http://h:1/v1/logs");
        }
        assert_eq!(url_of_endpoint(OtlpSignal::Metrics, "http://h/v1/logs"), "http://h/v1/logs/v1/metrics");
    }
}
