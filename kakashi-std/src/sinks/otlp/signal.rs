//! What is sent: logs or metrics.

/// One of OpenTelemetry's signals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OtlpSignal {
    Logs,
    Metrics,
}

impl OtlpSignal {
    /// Returns the path of its requests.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Logs => "/v1/logs",
            Self::Metrics => "/v1/metrics",
        }
    }

    /// Returns its name in variables.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Logs => "LOGS",
            Self::Metrics => "METRICS",
        }
    }
}
