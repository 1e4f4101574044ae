//! What a person sees on terminals of two widths and two grounds.

use std::time::Duration;

use kakashi_core::{
    Background, EncoderCache, Field, LogContext, LogLevel, LogRecord, Name, Pretty, TerminalPretty, Timestamp,
};
use kakashi_tests::harness::lines::encode_with;

/// 2026-11-22T10:12:00.123456789Z
const TIME: i64 = 1_795_342_320_123_456_789;

const TRACE: &str = "shop::pay::charge\n             at src/pay.rs:42\nshop::orders::accept\n             at src/orders.rs:17\n";

/// Records of one request, and others around them.
fn example(pretty: TerminalPretty) -> String {
    let request = LogContext::new()
        .with_request_id("r-7f3a")
        .with_user_id("u-1042")
        .with_custom(&[Field::new("path", &"/api/v1/orders/1042/items"), Field::new("method", &"POST")]);
    let other = request.with_user_id("u-7");
    let mut cache = EncoderCache::of_stream();
    let mut text = String::new();
    let mut say = |at: i64, level, logger, message, fields: &[Field<'_>], context: &LogContext| {
        let record =
            LogRecord::new(Timestamp::Wall(TIME + at * 1_000_000), level, Name::new(logger), message);
        let record = record.with_fields(fields).with_context(context.fields());
        text.push_str(&String::from_utf8(encode_with(&pretty, &record, &mut cache)).unwrap());
    };
    let none = LogContext::new();
    say(0, LogLevel::Info, "shop", "Server listens", &[Field::new("port", &8080)], &none);
    let took = (Duration::from_micros(710), Duration::from_micros(1240), Duration::from_secs(7500));
    let fields = [Field::new("id", &1042), Field::new("total", &19.9), Field::new("took", &took.0)];
    say(1, LogLevel::Info, "shop::orders", "Order accepted", &fields, &request);
    let fields = [Field::new("count", &3), Field::new("took", &took.1)];
    say(2, LogLevel::Debug, "shop::db", "Rows read", &fields, &request);
    let item = "Kettle, 1.7 l, stainless steel, with a whistle that can be heard all over the house";
    let fields = [Field::new("thread", &"worker-1"), Field::new("item", &item), Field::new("left", &2)];
    say(3, LogLevel::Warning, "shop::stock::warehouse", "Stock is low", &fields, &request);
    let query = "select id, name, price from items where order_id = $1 and state in ('new', 'paid') order by position";
    say(4, LogLevel::Trace, "shop::db", query, &[Field::new("rows", &3)], &request);
    let fields = [
        Field::new("exception.type", &"PaymentError"),
        Field::new("exception.message", &"the card was declined"),
        Field::new("exception.stacktrace", &TRACE),
    ];
    say(5, LogLevel::Error, "shop::orders", "Payment failed", &fields, &other);
    say(6, LogLevel::Critical, "shop", "The disk is full", &[Field::new("uptime", &took.2)], &none);
    text
}

#[test]
fn a_terminal_of_80_columns_shows_records_in_columns_with_all_they_say() {
    assert_eq!(
        example(Pretty::terminal().width(80).fold(true)),
        "\
10:12:00.123 INFO  shop           Server listens  port=8080
10:12:00.124 INFO  shop::orders   Order accepted  id=1042 total=19.9 took=710 µs
                                  request_id=r-7f3a user_id=u-1042
                                  path=/api/v1/orders/1042/items method=POST
10:12:00.125 DEBUG shop::db       Rows read  count=3 took=1.24 ms
                                  request_id=r-7f3a ⋮
10:12:00.126 WARN  shop::stock::warehouse [worker-1]  Stock is low
    item=\"Kettle, 1.7 l, stainless steel, with a whistle that can be heard all
    over the house\" left=2 request_id=r-7f3a ⋮
10:12:00.127 TRACE shop::db       \"select id, name, price from items where
                                  order_id = $1 and state in ('new', 'paid')
                                  order by position\"  rows=3 request_id=r-7f3a ⋮
10:12:00.128 ERROR shop::orders   Payment failed  request_id=r-7f3a user_id=u-7
                                  path=/api/v1/orders/1042/items method=POST
    PaymentError: the card was declined
      shop::pay::charge
                   at src/pay.rs:42
      shop::orders::accept
                   at src/orders.rs:17
10:12:00.129 CRIT  shop           The disk is full  uptime=2 h 5 m
"
    );
}

#[test]
fn a_terminal_of_120_columns_shows_more_of_them_on_a_line() {
    assert_eq!(
        example(Pretty::terminal().width(120).fold(true)),
        "\
10:12:00.123 INFO  shop                  Server listens  port=8080
10:12:00.124 INFO  shop::orders          Order accepted  id=1042 total=19.9 took=710 µs request_id=r-7f3a user_id=u-1042
                                         path=/api/v1/orders/1042/items method=POST
10:12:00.125 DEBUG shop::db              Rows read  count=3 took=1.24 ms request_id=r-7f3a ⋮
10:12:00.126 WARN  shop::stock::warehouse [worker-1]  Stock is low  item=\"Kettle, 1.7 l, stainless steel, with a whistle
                                                      that can be heard all over the house\" left=2 request_id=r-7f3a ⋮
10:12:00.127 TRACE shop::db              \"select id, name, price from items where order_id = $1 and state in ('new',
                                         'paid') order by position\"  rows=3 request_id=r-7f3a ⋮
10:12:00.128 ERROR shop::orders          Payment failed  request_id=r-7f3a user_id=u-7 path=/api/v1/orders/1042/items
                                         method=POST
    PaymentError: the card was declined
      shop::pay::charge
                   at src/pay.rs:42
      shop::orders::accept
                   at src/orders.rs:17
10:12:00.129 CRIT  shop                  The disk is full  uptime=2 h 5 m
"
    );
}

#[test]
fn without_a_width_or_a_stream_a_record_is_one_line_and_whole() {
    let lines = example(Pretty::terminal());
    assert_eq!(lines.lines().count(), 7 + 5, "{lines}");
    assert_eq!(lines.matches("path=/api/v1/orders/1042/items").count(), 5, "{lines}");
    assert!(lines.contains("10:12:00.123 INFO  shop  Server listens  port=8080\n"), "{lines}");
}

#[test]
fn the_date_comes_with_the_offset_and_the_place_at_the_end() {
    let record = |timestamp| {
        let record = LogRecord::new(timestamp, LogLevel::Info, Name::new("shop"), "Ready");
        move |pretty: TerminalPretty| {
            String::from_utf8(encode_with(&pretty, &record, &mut EncoderCache::new())).unwrap()
        }
    };
    let (wall, uptime) = (record(Timestamp::Wall(TIME)), record(Timestamp::Uptime(12_345_678_901)));
    let pretty = Pretty::terminal();
    assert_eq!(wall(pretty.date(true)), "2026-11-22 10:12:00.123Z INFO  shop  Ready\n");
    assert_eq!(wall(pretty.zone(|_| 5 * 3600 + 1800)), "15:42:00.123 INFO  shop  Ready\n");
    let dated = pretty.date(true).zone(|_| -11 * 3600);
    assert_eq!(wall(dated), "2026-11-21 23:12:00.123-11:00 INFO  shop  Ready\n");
    assert_eq!(uptime(dated), "+12.345678s INFO  shop  Ready\n");
    let site = kakashi_core::__site!(LogLevel::Info, "Ready", []);
    let placed =
        LogRecord::of_site(Timestamp::Wall(TIME), Name::new("shop"), site, kakashi_core::Values::Slice(&[]));
    let text = String::from_utf8(encode_with(&pretty.location(true), &placed, &mut EncoderCache::new()));
    let text = text.unwrap();
    assert!(
        text.starts_with("10:12:00.123 INFO  shop  Ready  ") && text.contains("pretty/looks.rs:"),
        "{text}"
    );
}

#[test]
fn each_ground_has_colours_that_can_be_read_on_it() {
    let coloured = |background| {
        let pretty = Pretty::terminal().width(80).fold(true).background(background);
        let (plain, coloured) = (example(pretty.colour(false)), example(pretty.colour(true)));
        let mut bare = String::new();
        for (at, part) in coloured.split("\u{1b}[").enumerate() {
            bare.push_str(if at == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        assert_eq!(bare, plain);
        coloured
    };
    let (dark, light) = (coloured(Background::Dark), coloured(Background::Light));
    assert!(
        dark.starts_with(
            "\u{1b}[2m10:12:00.123\u{1b}[0m \u{1b}[32mINFO\u{1b}[0m  \u{1b}[2mshop\u{1b}[0m           Server listens  \
             \u{1b}[36mport\u{1b}[0m\u{1b}[2m=\u{1b}[0m8080\n"
        ),
        "{dark:?}"
    );
    assert!(
        light.starts_with(
            "\u{1b}[38;5;242m10:12:00.123\u{1b}[0m \u{1b}[38;5;28mINFO\u{1b}[0m  \u{1b}[38;5;242mshop\u{1b}[0m           \
             Server listens  \u{1b}[38;5;24mport\u{1b}[0m\u{1b}[38;5;242m=\u{1b}[0m8080\n"
        ),
        "{light:?}"
    );
    for (text, warning) in [(&dark, "\u{1b}[33mWARN"), (&light, "\u{1b}[38;5;130mWARN")] {
        assert!(text.contains(warning) && text.contains("\u{1b}[1;97;41mCRIT\u{1b}[0m"), "{text:?}");
    }
}

#[test]
fn frames_of_runtimes_are_left_out_and_counted() {
    let trace = "Error: declined\n    at charge (/app/pay.js:3:9)\n    at Module._compile (node:internal/modules/cjs/loader:1554:14)\n    \
                 at node:internal/main/run_main_module:36:49\n    at exception (/app/node_modules/kakashi-wasm/dist/index.js:1:2)";
    let fields = [Field::new("exception.stacktrace", &trace)];
    let record = LogRecord::new(Timestamp::Wall(TIME), LogLevel::Error, Name::new("shop"), "Failed");
    let text = encode_with(&Pretty::terminal(), &record.with_fields(&fields), &mut EncoderCache::new());
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "10:12:00.123 ERROR shop  Failed\n      Error: declined\n          at charge (/app/pay.js:3:9)\n      \
         (3 frames of the runtime left out)\n"
    );
}
