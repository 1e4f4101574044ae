//! What each platform publishes, and what pino-pretty reads.

use kakashi_core::{
    Field, Format, Json, JsonKey, LevelStyle, LogContext, LogLevel, LogRecord, Name, Profile, ProfiledJson,
    TimeStyle, Timestamp,
};
use kakashi_tests::harness::lines;
use kakashi_tests::harness::vectors::vectors;
use serde_json::{Value as Parsed, json};

const NOON: Timestamp = Timestamp::Wall(1_795_342_320_123_456_789);

/// The context of a request of a user in a service, as a service has it.
fn context() -> LogContext {
    LogContext::new().with_custom(&[
        Field::new("ip", "203.0.113.7"),
        Field::new("access", "GET /orders"),
        Field::new("request_id", "r-7"),
        Field::new("user_agent", "curl/8"),
        Field::new("user_id", "u-3"),
        Field::new("session_id", "s-9"),
        Field::new("service_name", "shop"),
        Field::new("version", "1.4.2"),
        Field::new("environment", "production"),
        Field::new("trace_id", "0af7651916cd43dd8448eb211c80319c"),
        Field::new("span_id", "b7ad6b7169203331"),
    ])
}

/// Writes an error of a request, with a field of its own.
fn failed(encoder: &ProfiledJson) -> Parsed {
    let context = context();
    let fields = [
        Field::new("order.id", &7),
        Field::new("exception.type", "sqlx::Error"),
        Field::new("exception.message", "the pool is \"closed\""),
        Field::new("exception.stacktrace", "at shop::pay\nat main"),
    ];
    let record = LogRecord::new(NOON, LogLevel::Error, Name::new("shop::orders"), "Payment failed")
        .with_fields(&fields)
        .with_context(context.fields());
    parsed(&lines::line(encoder, &record))
}

fn parsed(line: &str) -> Parsed {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn ecs_has_the_fields_of_the_common_schema() {
    let expected = json!({
        "@timestamp": "2026-11-22T10:12:00.123456Z", "log.level": "error", "message": "Payment failed",
        "ecs.version": "8.11.0", "log.logger": "shop::orders", "order.id": 7,
        "error.type": "sqlx::Error", "error.message": "the pool is \"closed\"",
        "error.stack_trace": "at shop::pay\nat main",
        "client.ip": "203.0.113.7", "access": "GET /orders", "http.request.id": "r-7",
        "user_agent.original": "curl/8", "user.id": "u-3", "session_id": "s-9",
        "service.name": "shop", "service.version": "1.4.2", "service.environment": "production",
        "trace.id": "0af7651916cd43dd8448eb211c80319c", "span.id": "b7ad6b7169203331",
    });
    let encoder = Json::profile(Profile::Ecs);
    assert_eq!(failed(&encoder), expected);
    let line = lines::line(&encoder, &LogRecord::new(NOON, LogLevel::Info, Name::new("l"), "m"));
    // The order of elastic/ecs-logging: time, level, message.
    assert_eq!(
        line,
        "{\"@timestamp\":\"2026-11-22T10:12:00.123456Z\",\"log.level\":\"info\",\"message\":\"m\",\
         \"ecs.version\":\"8.11.0\",\"log.logger\":\"l\"}\n"
    );
    let nested = failed(&encoder.nested(true));
    assert_eq!(nested["error"]["stack_trace"], "at shop::pay\nat main");
    assert_eq!(nested["log.level"], "error", "a logger may not nest this one");
    assert_eq!(nested["log"]["logger"], "shop::orders");
    assert_eq!(nested["user"], json!({ "id": "u-3" }));
}

#[test]
fn google_cloud_has_its_special_fields() {
    let expected = json!({
        "time": "2026-11-22T10:12:00.123456Z", "severity": "ERROR", "message": "Payment failed",
        "logger": "shop::orders", "order.id": 7,
        "exception.type": "sqlx::Error", "exception.message": "the pool is \"closed\"",
        "stack_trace": "at shop::pay\nat main",
        "ip": "203.0.113.7", "access": "GET /orders", "request_id": "r-7", "user_agent": "curl/8",
        "user_id": "u-3", "session_id": "s-9", "environment": "production",
        "logging.googleapis.com/trace": "projects/p-1/traces/0af7651916cd43dd8448eb211c80319c",
        "logging.googleapis.com/spanId": "b7ad6b7169203331",
        "serviceContext": { "service": "shop", "version": "1.4.2" },
    });
    let encoder = Json::profile(Profile::Gcp).project("p-1");
    assert_eq!(failed(&encoder), expected);
    // In nested form too the platform's names are whole; fields are not.
    let nested = failed(&encoder.nested(true));
    assert_eq!(nested["logging.googleapis.com/spanId"], "b7ad6b7169203331");
    assert_eq!(nested["order"], json!({ "id": 7 }));
    let severities = LogLevel::ALL.map(|level| level_of(&Json::profile(Profile::Gcp), level, "severity"));
    assert_eq!(severities, ["DEBUG", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]);
}

#[test]
fn datadog_has_reserved_and_standard_attributes_as_objects() {
    let expected = json!({
        "timestamp": "2026-11-22T10:12:00.123456Z", "status": "error", "message": "Payment failed",
        "logger": { "name": "shop::orders" }, "order": { "id": 7 },
        "error": { "kind": "sqlx::Error", "message": "the pool is \"closed\"", "stack": "at shop::pay\nat main" },
        "network": { "client": { "ip": "203.0.113.7" } }, "access": "GET /orders",
        "http": { "request_id": "r-7", "useragent": "curl/8" }, "usr": { "id": "u-3" }, "session_id": "s-9",
        "service": "shop", "version": "1.4.2", "env": "production",
        "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
    });
    assert_eq!(failed(&Json::profile(Profile::Datadog)), expected);
    // A number is a severity of syslog there.
    let numbers = Json::profile(Profile::Datadog).level(LevelStyle::Number);
    assert_eq!(LogLevel::ALL.map(|level| level_of(&numbers, level, "status")), [7, 7, 6, 4, 3, 2]);
}

#[test]
fn opentelemetry_has_the_fields_of_the_data_model() {
    let expected = json!({
        "Timestamp": "1795342320123456789", "SeverityText": "ERROR", "SeverityNumber": 17,
        "Body": "Payment failed", "InstrumentationScope": { "Name": "shop::orders" },
        "TraceId": "0af7651916cd43dd8448eb211c80319c", "SpanId": "b7ad6b7169203331",
        "Attributes": {
            "order.id": 7, "exception.type": "sqlx::Error", "exception.message": "the pool is \"closed\"",
            "exception.stacktrace": "at shop::pay\nat main", "client.address": "203.0.113.7",
            "access": "GET /orders", "request_id": "r-7", "user_agent.original": "curl/8", "user.id": "u-3",
            "session.id": "s-9",
        },
        "Resource": {
            "service.name": "shop", "service.version": "1.4.2", "deployment.environment.name": "production",
        },
    });
    let encoder = Json::profile(Profile::OpenTelemetry);
    assert_eq!(failed(&encoder), expected);
    assert_eq!(LogLevel::ALL.map(|level| level_of(&encoder, level, "SeverityNumber")), [1, 5, 9, 13, 17, 21]);
}

#[test]
fn pino_and_bunyan_have_their_core_fields() {
    let error = |kind: &str| json!({ kind: "sqlx::Error", "message": "the pool is \"closed\"", "stack": "at shop::pay\nat main" });
    let pino = failed(&Json::profile(Profile::Pino));
    assert_eq!((&pino["time"], &pino["level"]), (&json!(1_795_342_320_123_i64), &json!(50)));
    assert_eq!((&pino["name"], &pino["msg"]), (&json!("shop::orders"), &json!("Payment failed")));
    assert_eq!((&pino["err"], &pino["order.id"]), (&error("type"), &json!(7)));
    let bunyan = failed(&Json::profile(Profile::Bunyan).hostname("web-1"));
    assert_eq!(bunyan["pid"], std::process::id());
    assert_eq!((&bunyan["v"], &bunyan["hostname"]), (&json!(0), &json!("web-1")));
    assert_eq!((&bunyan["name"], &bunyan["level"]), (&json!("shop::orders"), &json!(50)));
    assert_eq!(
        (&bunyan["time"], &bunyan["msg"]),
        (&json!("2026-11-22T10:12:00.123456Z"), &json!("Payment failed"))
    );
    assert_eq!((&bunyan["err"], &bunyan["req_id"]), (&error("name"), &json!("r-7")));
    for profile in [Profile::Pino, Profile::Bunyan] {
        let levels = LogLevel::ALL.map(|level| level_of(&Json::profile(profile), level, "level"));
        assert_eq!(levels, [10, 20, 30, 40, 50, 60]);
    }
}

fn level_of(encoder: &ProfiledJson, level: LogLevel, key: &str) -> Parsed {
    parsed(&lines::line(encoder, &LogRecord::new(NOON, level, Name::new("l"), "m")))[key].clone()
}

/// What `pino-pretty` is given by `kakashi-wasm/tests/js/pino_pretty.test.mjs`.
#[test]
fn the_lines_for_pino_pretty_are_what_the_encoder_writes() {
    let encoder = Json::profile(Profile::Pino);
    let mut written = String::new();
    for level in LogLevel::ALL {
        let fields = [Field::new("item", "a \"b\"\n\u{1b}[31m"), Field::new("order.id", &7)];
        let record = LogRecord::new(NOON, level, Name::new("shop::orders"), "Order\taccepted");
        written += &lines::line(&encoder, &record.with_fields(&fields));
    }
    let fields = [
        Field::new("exception.type", "sqlx::Error"),
        Field::new("exception.message", "closed"),
        Field::new("exception.stacktrace", "Error: closed\n    at shop::pay"),
    ];
    let record = LogRecord::new(NOON, LogLevel::Error, Name::new("shop::orders"), "Payment failed");
    written += &lines::line(&encoder, &record.with_fields(&fields));
    // Names of the profile, names of plain JSON, and both with underscores: JavaScript makes these lines of plain JSON.
    let keys = [
        "time",
        "level_",
        "name",
        "msg",
        "err",
        "err_",
        "message",
        "message_",
        "timestamp",
        "logger",
        "file",
    ];
    let fields = keys.map(|key| Field::new(key, &1));
    let record = LogRecord::new(NOON, LogLevel::Info, Name::new("shop::orders"), "Names");
    written += &lines::line(&encoder, &record.with_fields(&fields));
    // What this prints, if a change is meant: cargo test … | grep '^{"time":' >tests/data/pino.jsonl
    println!("{written}");
    assert_eq!(written, include_str!("../../../data/pino.jsonl"));
}

/// What `kakashi-wasm/tests/js/pino_format.test.mjs` holds the lines of `pinoFormat()` against.
#[test]
fn the_lines_of_all_vectors_as_pino_has_them_are_what_the_encoder_writes() {
    let encoder = Json::profile(Profile::Pino);
    let mut written = String::new();
    for vector in vectors() {
        vector.record.prepare().with(|record| written += &lines::line(&encoder, record));
    }
    // What this prints, if a change is meant: cargo test … | grep '^{"time":' >tests/data/pino_vectors.jsonl
    println!("{written}");
    assert_eq!(written, include_str!("../../../data/pino_vectors.jsonl"));
}

#[test]
fn keys_levels_and_times_of_ones_own() {
    let written = |encoder: ProfiledJson| {
        let fields = [Field::new("user.id", &3), Field::new("message", "kept"), Field::new("msg", "moved")];
        let record = LogRecord::new(NOON, LogLevel::Warning, Name::new("shop"), "m").with_fields(&fields);
        lines::line(&encoder, &record)
    };
    let own = Json::profile(Profile::Plain).key(JsonKey::Message, "msg").expect("free");
    let own = own.key(JsonKey::Timestamp, "ts").expect("free").level(LevelStyle::Number);
    assert_eq!(
        written(own.clone().time(TimeStyle::Millis).nested(true)),
        "{\"ts\":1795342320123,\"level\":30,\"msg\":\"m\",\"logger\":\"shop\",\"message\":\"kept\",\
         \"msg_\":\"moved\",\"user\":{\"id\":3}}\n"
    );
    let time = |style| written(own.clone().time(style)).split_once(',').expect("a time").0.to_owned();
    assert_eq!(time(TimeStyle::Seconds), "{\"ts\":1795342320.123456");
    assert_eq!(time(TimeStyle::Nanos), "{\"ts\":1795342320123456789");
    let taken = own.key(JsonKey::Logger, "msg").expect_err("taken");
    assert_eq!(
        taken.to_string(),
        "the key \"msg\" stands for something else in this profile: choose another"
    );
    assert!(Json::profile(Profile::Ecs).key(JsonKey::Message, "ecs.version").is_err());
    assert!(Json::profile(Profile::Plain).key(JsonKey::Message, "msg_").is_err());
}

#[test]
fn times_before_1970_and_since_a_start_are_numbers_too() {
    let time = |timestamp, style| {
        let encoder = Json::profile(Profile::Plain).time(style);
        let line = lines::line(&encoder, &LogRecord::new(timestamp, LogLevel::Info, Name::new("l"), "m"));
        line["{\"timestamp\":".len()..].split_once(',').expect("a time").0.to_owned()
    };
    assert_eq!(time(Timestamp::Wall(-1_500_000_000), TimeStyle::Seconds), "-1.500000");
    assert_eq!(time(Timestamp::Wall(-1), TimeStyle::Millis), "-1");
    assert_eq!(time(Timestamp::Wall(i64::MIN), TimeStyle::Nanos), "-9223372036854775808");
    assert_eq!(time(Timestamp::Uptime(1_500_000_000), TimeStyle::Seconds), "1.500000");
    assert_eq!(time(Timestamp::Uptime(1_500_000_000), TimeStyle::Rfc3339), "\"+1.500000s\"");
}

#[test]
fn a_name_of_a_format_is_its_profile() {
    for name in ["ecs", "gcp", "datadog", "opentelemetry", "pino", "bunyan"] {
        let format: Format = name.parse().expect("a format");
        let encoder = format.encoder(false, false);
        let line = lines::line(&*encoder, &LogRecord::new(NOON, LogLevel::Info, Name::new("l"), "m"));
        assert!(parsed(&line).as_object().is_some_and(|object| object.len() >= 4), "{line}");
    }
}
