//! The shapes of JSON that platforms read without being told how.
//!
//! Each is a table: the platform's names for what every record has, for the fields that
//! kakashi gives a meaning, and for levels. How the tables are written is in `profiled_json`.
//! Sources, as of 2026-11:
//!
//! | profile | field list |
//! |---|---|
//! | `Ecs` | <https://www.elastic.co/docs/reference/ecs/ecs-field-reference>, and for loggers <https://github.com/elastic/ecs-logging/blob/main/spec/spec.json> |
//! | `Gcp` | <https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields>, <https://cloud.google.com/error-reporting/docs/formatting-error-messages> |
//! | `Datadog` | <https://docs.datadoghq.com/logs/log_configuration/attributes_naming_convention/> |
//! | `OpenTelemetry` | <https://opentelemetry.io/docs/specs/otel/logs/data-model/>, <https://opentelemetry.io/docs/specs/semconv/registry/attributes/> |
//! | `Pino` | <https://github.com/pinojs/pino/blob/main/docs/api.md>, <https://github.com/pinojs/pino-pretty> |
//! | `Bunyan` | <https://github.com/trentm/node-bunyan#core-fields> |

/// Names the platform whose field names JSON has: see [`Json::profile`](crate::Json::profile).
///
/// | | time | level | logger | message | else |
/// |---|---|---|---|---|---|
/// | `Plain` | `timestamp` | `level` | `logger` | `message` | |
/// | `Ecs` | `@timestamp` | `log.level`: `info` … | `log.logger` | `message` | `ecs.version`, `service.name`, `error.stack_trace`, `client.ip`, `user.id`, `trace.id` … |
/// | `Gcp` | `time` | `severity`: `INFO` … | `logger` | `message` | `stack_trace`, `serviceContext`, `logging.googleapis.com/trace`, `…/spanId`, `…/sourceLocation` |
/// | `Datadog` | `timestamp` | `status`: `info` … | `logger.name` | `message` | `service`, `env`, `error.stack`, `network.client.ip`, `usr.id` …, as objects |
/// | `OpenTelemetry` | `Timestamp` (nanoseconds, as text) | `SeverityText`, `SeverityNumber` | `InstrumentationScope.Name` | `Body` | `Attributes`, `Resource`, `TraceId`, `SpanId` |
/// | `Pino` | `time` (milliseconds) | `level`: 10 to 60 | `name` | `msg` | `err` |
/// | `Bunyan` | `time` | `level`: 10 to 60 | `name` | `msg` | `v`, `pid`, `hostname`, `err`, `src` |
///
/// The log data model of OpenTelemetry is meant here, as the collector's file receiver and
/// processors read it; it is not the JSON of OTLP.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Profile {
    /// Kakashi's own names: where to begin for names of one's own.
    Plain,
    /// Elastic Common Schema 8.11: Elasticsearch, Kibana, OpenSearch.
    Ecs,
    /// Google Cloud: what its agents and runtimes make log entries of.
    Gcp,
    /// Datadog's reserved and standard attributes.
    Datadog,
    /// OpenTelemetry's log data model.
    OpenTelemetry,
    /// The lines of the JavaScript logger Pino, which `pino-pretty` reads.
    Pino,
    /// The lines of the JavaScript logger Bunyan, which the command `bunyan` reads.
    Bunyan,
}

/// Says how JSON has a record's level.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LevelStyle {
    /// As the platform's name for it.
    Name,
    /// As the platform's number: kakashi's own (5 to 50) where it has none, the severity of
    /// Google Cloud (100 to 600), of syslog for Datadog (7 to 2), of OpenTelemetry (1 to 21),
    /// the level of Pino and Bunyan (10 to 60).
    Number,
}

/// Says how JSON has a record's time. What a device counts from its start is, as a number,
/// the time since then.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TimeStyle {
    /// RFC 3339 in UTC, with six digits of a second.
    Rfc3339,
    /// Seconds since 1970, with six decimals.
    Seconds,
    /// Whole milliseconds since 1970.
    Millis,
    /// Nanoseconds since 1970. More digits than a JavaScript number holds.
    Nanos,
}

/// Names what every record has, to give it a key of one's own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum JsonKey {
    /// When it was logged.
    Timestamp,
    /// How much it matters.
    Level,
    /// Who logged it.
    Logger,
    /// What it says.
    Message,
}

/// Where a key stands: 0 for the record itself, else the object of this number.
pub(super) type Group = usize;

/// Where a field goes that kakashi gives a meaning.
pub(super) struct Rename {
    pub(super) from: &'static str,
    /// Only if it is of a context: a call's `version` is not the service's.
    pub(super) of_context: bool,
    pub(super) group: Group,
    pub(super) to: &'static str,
}

/// A platform's names.
pub(super) struct Shape {
    /// Of [`JsonKey`], in its order.
    pub(super) keys: [&'static str; 4],
    /// The object that the logger's name is in.
    pub(super) logger_in: Group,
    pub(super) level: LevelStyle,
    pub(super) level_names: [&'static str; 6],
    pub(super) level_numbers: [u16; 6],
    /// A second key, for the number beside the name.
    pub(super) number_key: Option<&'static str>,
    pub(super) time: TimeStyle,
    /// Nanoseconds are text.
    pub(super) quotes_nanos: bool,
    pub(super) nested: bool,
    /// Dots in the platform's own keys are letters, also in nested form.
    pub(super) literal: bool,
    /// What is the same in every record: keys, and their JSON.
    pub(super) constants: &'static [(&'static str, &'static str)],
    /// `pid` and `hostname` are wanted.
    pub(super) process: bool,
    /// The objects beside the record's own keys, from number 1 on.
    pub(super) groups: &'static [&'static str],
    /// The object that fields are in.
    pub(super) fields_in: Group,
    pub(super) place_in: Group,
    pub(super) place: [&'static str; 2],
    /// The line is text.
    pub(super) quotes_line: bool,
    pub(super) renames: &'static [Rename],
}

const fn any(from: &'static str, to: &'static str) -> Rename {
    Rename { from, of_context: false, group: 0, to }
}

const fn of_context(from: &'static str, to: &'static str) -> Rename {
    Rename { from, of_context: true, group: 0, to }
}

const fn inside(group: Group, rename: Rename) -> Rename {
    Rename { group, ..rename }
}

const UPPER: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
const LOWER: [&str; 6] = ["trace", "debug", "info", "warning", "error", "critical"];

const PLAIN: Shape = Shape {
    keys: ["timestamp", "level", "logger", "message"],
    logger_in: 0,
    level: LevelStyle::Name,
    level_names: UPPER,
    level_numbers: [5, 10, 20, 30, 40, 50],
    number_key: None,
    time: TimeStyle::Rfc3339,
    quotes_nanos: false,
    nested: false,
    literal: false,
    constants: &[],
    process: false,
    groups: &[],
    fields_in: 0,
    place_in: 0,
    place: ["file", "line"],
    quotes_line: false,
    renames: &[],
};

const ECS: Shape = Shape {
    keys: ["@timestamp", "log.level", "log.logger", "message"],
    level_names: LOWER,
    constants: &[("ecs.version", "\"8.11.0\"")],
    place: ["log.origin.file.name", "log.origin.file.line"],
    renames: &[
        any("exception.type", "error.type"),
        any("exception.message", "error.message"),
        any("exception.stacktrace", "error.stack_trace"),
        any("trace_id", "trace.id"),
        any("span_id", "span.id"),
        of_context("service_name", "service.name"),
        of_context("version", "service.version"),
        of_context("environment", "service.environment"),
        of_context("ip", "client.ip"),
        of_context("request_id", "http.request.id"),
        of_context("user_agent", "user_agent.original"),
        of_context("user_id", "user.id"),
    ],
    ..PLAIN
};

/// The key of a trace, which may stand in a project.
pub(super) const GCP_TRACE: &str = "logging.googleapis.com/trace";

const GCP: Shape = Shape {
    keys: ["time", "severity", "logger", "message"],
    level_names: ["DEBUG", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    level_numbers: [100, 100, 200, 400, 500, 600],
    literal: true,
    groups: &["serviceContext", "logging.googleapis.com/sourceLocation"],
    place_in: 2,
    quotes_line: true,
    renames: &[
        any("exception.stacktrace", "stack_trace"),
        any("trace_id", GCP_TRACE),
        any("span_id", "logging.googleapis.com/spanId"),
        inside(1, of_context("service_name", "service")),
        inside(1, of_context("version", "version")),
    ],
    ..PLAIN
};

const DATADOG: Shape = Shape {
    keys: ["timestamp", "status", "logger.name", "message"],
    level_names: LOWER,
    level_numbers: [7, 7, 6, 4, 3, 2],
    nested: true,
    renames: &[
        any("exception.type", "error.kind"),
        any("exception.message", "error.message"),
        any("exception.stacktrace", "error.stack"),
        of_context("service_name", "service"),
        of_context("environment", "env"),
        of_context("ip", "network.client.ip"),
        of_context("request_id", "http.request_id"),
        of_context("user_agent", "http.useragent"),
        of_context("user_id", "usr.id"),
    ],
    ..PLAIN
};

const OPEN_TELEMETRY: Shape = Shape {
    keys: ["Timestamp", "SeverityText", "Name", "Body"],
    logger_in: 1,
    level_numbers: [1, 5, 9, 13, 17, 21],
    number_key: Some("SeverityNumber"),
    time: TimeStyle::Nanos,
    quotes_nanos: true,
    groups: &["InstrumentationScope", "Attributes", "Resource"],
    fields_in: 2,
    place_in: 2,
    place: ["code.file.path", "code.line.number"],
    renames: &[
        any("trace_id", "TraceId"),
        any("span_id", "SpanId"),
        inside(3, of_context("service_name", "service.name")),
        inside(3, of_context("version", "service.version")),
        inside(3, of_context("environment", "deployment.environment.name")),
        inside(2, of_context("ip", "client.address")),
        inside(2, of_context("session_id", "session.id")),
        inside(2, of_context("user_agent", "user_agent.original")),
        inside(2, of_context("user_id", "user.id")),
    ],
    ..PLAIN
};

const PINO: Shape = Shape {
    keys: ["time", "level", "name", "msg"],
    level: LevelStyle::Number,
    level_names: ["trace", "debug", "info", "warn", "error", "fatal"],
    level_numbers: [10, 20, 30, 40, 50, 60],
    time: TimeStyle::Millis,
    groups: &["err"],
    renames: &[
        inside(1, any("exception.type", "type")),
        inside(1, any("exception.message", "message")),
        inside(1, any("exception.stacktrace", "stack")),
    ],
    ..PLAIN
};

const BUNYAN: Shape = Shape {
    time: TimeStyle::Rfc3339,
    constants: &[("v", "0")],
    process: true,
    groups: &["err", "src"],
    place_in: 2,
    renames: &[
        inside(1, any("exception.type", "name")),
        inside(1, any("exception.message", "message")),
        inside(1, any("exception.stacktrace", "stack")),
        of_context("request_id", "req_id"),
    ],
    ..PINO
};

impl Profile {
    pub(super) const fn shape(self) -> &'static Shape {
        match self {
            Self::Plain => &PLAIN,
            Self::Ecs => &ECS,
            Self::Gcp => &GCP,
            Self::Datadog => &DATADOG,
            Self::OpenTelemetry => &OPEN_TELEMETRY,
            Self::Pino => &PINO,
            Self::Bunyan => &BUNYAN,
        }
    }
}
