//! What records look like at the receiver.

use std::time::Duration;

use kakashi_std::sinks::{Otlp, OtlpProtocol, otlp};
use kakashi_std::{
    Bytes, DropReason, LogLevel, Map, Secret, Value as LogValue, clear_request_context, configure, debug,
    exception, fields, flush, get_logger, info, log, set_custom_context,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::wait::eventually;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};

use super::receiver::{Answer, Receiver, attribute, logs_of};
use super::{any, flush_all, forms, log_numbers, pair, send, send_to, stats_of, text};

#[test]
fn a_record_is_in_every_form_what_the_data_model_says() {
    let _alone = alone();
    for (protocol, compression) in forms() {
        let receiver = Receiver::start();
        let otlp = Otlp::new(&receiver.url()).expect("a URL").protocol(protocol).compression(compression);
        send(otlp.header("x-tenant", "blue").resource("host.name", "web-1").resource("service.name", "no"));
        configure().service("shop", "1.4.2", "production").apply();
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        set_custom_context(fields![trace_id = trace, span_id = span, tenant = "a\"b\\\n\u{202e}"]);
        info!(
            get_logger("shop::orders"),
            "Order {id} paid {{}}",
            id = 42,
            low = -1_i64,
            high = u64::MAX,
            wide = i128::MIN,
            share = 0.5,
            none = f64::NAN,
            small = 0.5_f32,
            truth = true,
            nothing = None::<u8>,
            took = Duration::from_millis(1500),
            raw = Bytes(b"\0\xff"),
            list = [1, 2],
            empty = "",
            secret = Secret::new("4711"),
        );
        clear_request_context();
        flush_all();
        let [request] = &receiver.take_requests()[..] else { panic!("one request") };
        assert_eq!((&*request.path, &*request.headers["x-tenant"]), ("/v1/logs", "blue"));
        assert!(request.headers["user-agent"].starts_with("OTel-OTLP-Exporter-kakashi/"));
        let [logs] = &logs_of(request).resource_logs[..] else { panic!("one resource") };
        let resource = &logs.resource.as_ref().expect("there is one").attributes;
        for (key, value) in [
            ("service.name", "shop"),
            ("service.version", "1.4.2"),
            ("deployment.environment.name", "production"),
            ("host.name", "web-1"),
            ("telemetry.sdk.name", "kakashi"),
        ] {
            assert!(resource.contains(&pair(key, text(value))), "{key}: {resource:?}");
        }
        let [logs] = &logs.scope_logs[..] else { panic!("one scope") };
        assert_eq!(logs.scope.as_ref().expect("there is one").name, "shop::orders");
        let [record] = &logs.log_records[..] else { panic!("one record") };
        assert_eq!((record.severity_number, &*record.severity_text), (9, "INFO"));
        assert_eq!(record.body, Some(any(text("Order 42 paid {}"))));
        assert!(record.time_unix_nano > 1_700_000_000_000_000_000);
        assert_eq!(record.observed_time_unix_nano, record.time_unix_nano);
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!((hex(&record.trace_id), hex(&record.span_id)), (trace.to_owned(), span.to_owned()));
        let list = [1, 2].map(|number| any(Value::IntValue(number))).to_vec();
        let expected = [
            pair("log.record.template", text("Order {id} paid {{}}")),
            pair("id", Value::IntValue(42)),
            pair("low", Value::IntValue(-1)),
            pair("high", text(&u64::MAX.to_string())),
            pair("wide", text(&i128::MIN.to_string())),
            pair("share", Value::DoubleValue(0.5)),
            match protocol {
                // What not every receiver reads in JSON.
                OtlpProtocol::Json => pair("none", text("NaN")),
                _ => pair("none", Value::DoubleValue(f64::NAN)),
            },
            pair("small", Value::DoubleValue(0.5)),
            pair("truth", Value::BoolValue(true)),
            KeyValue { key: "nothing".into(), value: Some(AnyValue::default()), ..KeyValue::default() },
            pair("took", Value::DoubleValue(1.5)),
            pair("raw", Value::BytesValue(b"\0\xff".to_vec())),
            pair("list", Value::ArrayValue(ArrayValue { values: list })),
            pair("empty", text("")),
            pair("secret", text("[REDACTED]")),
            pair("tenant", text("a\"b\\\n\u{202e}")),
        ];
        // NaN equals nothing.
        assert_eq!(format!("{:?}", record.attributes), format!("{expected:?}"), "{protocol:?}");
        assert_eq!(record.dropped_attributes_count, 0);
    }
}

#[test]
fn levels_exceptions_maps_and_ids_that_are_none_are_mapped() {
    let _alone = alone();
    for (protocol, compression) in forms() {
        let receiver = Receiver::start();
        send(Otlp::new(&receiver.url()).expect("a URL").protocol(protocol).compression(compression));
        let logger = get_logger("levels");
        for level in LogLevel::ALL {
            log!(logger, level, "Said");
        }
        let map = Map([("a", 1)]);
        debug!(logger, "Odd", trace_id = "0000", span_id = "0000000000000000", map);
        exception!(logger, std::io::Error::other("disk"), "Failed");
        // A field of a call is no service's.
        info!(logger, "Own", version = 7);
        flush_all();
        let records = receiver.records();
        let severities: Vec<_> = records.iter().map(|record| record.severity_number).collect();
        assert_eq!(severities, [1, 5, 9, 13, 17, 21, 5, 17, 9]);
        let odd = &records[6];
        assert!(odd.trace_id.is_empty() && odd.span_id.is_empty());
        let values = vec![pair("a", Value::IntValue(1))];
        assert_eq!(attribute(odd, "map"), Some(Value::KvlistValue(KeyValueList { values })));
        assert_eq!(attribute(odd, "trace_id"), Some(text("0000")));
        assert!(attribute(&records[7], "exception.type").is_some());
        assert_eq!(attribute(&records[7], "exception.message"), Some(text("disk")));
        assert_eq!(attribute(&records[8], "version"), Some(Value::IntValue(7)));
        let request = &receiver.take_requests()[0];
        let resource = logs_of(request).resource_logs.remove(0).resource.expect("there is one");
        let name = resource.attributes.iter().find(|attribute| attribute.key == "service.name");
        assert!(format!("{name:?}").contains("unknown_service:otlp"), "{name:?}");
    }
}

#[test]
fn no_request_is_larger_than_4_mib_and_what_is_too_much_of_a_record_is_counted() {
    let _alone = alone();
    for (protocol, compression) in forms() {
        let receiver = Receiver::start();
        send(Otlp::new(&receiver.url()).expect("a URL").protocol(protocol).compression(compression));
        configure().batch_bytes(64 << 20).flush_after_millis(3_600_000).backlog_bytes(1 << 30).apply();
        let logger = get_logger("large");
        let large = "x".repeat(900 << 10);
        for n in 0..12 {
            info!(logger, "Large", n, large = &*large);
        }
        // Six times as long in JSON.
        let hostile = "\u{1}".repeat(5 << 20);
        info!(logger, "Hostile", n = 12, hostile = &*hostile);
        get_logger("large").info(&hostile, fields![n = 13]);
        let names: Vec<String> = (0..200).map(|number| format!("key{number}")).collect();
        let mut many: Vec<_> = vec![kakashi_std::Field::new("n", &14)];
        many.extend(names.iter().map(|name| kakashi_std::Field::new(name, &1)));
        logger.info("Many", &many);
        flush_all();
        assert!(receiver.largest() <= 4 << 20, "{}", receiver.largest());
        assert_eq!(receiver.numbers(), (0..15).collect::<Vec<_>>());
        let records = receiver.records();
        let dropped: Vec<_> = records.iter().map(|record| record.dropped_attributes_count).collect();
        assert_eq!(dropped, [vec![0; 12], vec![1, 0, 201 - 128]].concat());
        assert_eq!(stats_of(&receiver).written, 15);
    }
}

#[test]
fn announcements_of_drops_are_records_too() {
    let _alone = alone();
    let receiver = Receiver::start();
    receiver.answer(Answer::TakeAllBut(3));
    send_to(&receiver);
    log_numbers(0..10);
    flush_all();
    receiver.answer(Answer::Take);
    assert!(eventually(|| {
        flush();
        receiver.records().iter().any(|record| record.body == Some(any(text("Records were dropped"))))
    }));
    let rejected = stats_of(&receiver).dropped;
    assert!(rejected.of(LogLevel::Info, DropReason::Rejected) >= 3, "{rejected}");
}

#[test]
fn the_function_is_the_shortest_way() {
    let _alone = alone();
    let receiver = Receiver::start();
    configure().reset().destination(otlp(&receiver.url()).expect("a URL")).apply();
    let value = LogValue::U64(1);
    get_logger("short").info("Sent", &[kakashi_std::Field { key: "n", value }]);
    flush_all();
    assert_eq!(receiver.numbers(), [1]);
}
