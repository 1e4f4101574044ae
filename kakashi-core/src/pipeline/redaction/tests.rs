use super::*;
use crate::codec::{Cursor, put_value};
use crate::util::output::Output;
use crate::value::ToValue;
use crate::value::field::Field;
use std::collections::BTreeMap;

/// What a field of this key and value may say, as `Debug` has it.
fn redacted(redaction: &Redaction, key: &str, value: &impl ToValue) -> String {
    let mut room = vec![0; 1 << 17];
    let mut out = Output::new(&mut room);
    put_value(&mut out, &value.to_value());
    let whole = out.written().to_vec();
    let value = Cursor::new(&whole).value().expect("it was just written");
    let mut room = vec![0; 1 << 17];
    let mut out = Output::new(&mut room);
    put_value(&mut out, &redaction.field(key, value).as_value());
    let value = Cursor::new(out.written()).value().expect("it was just written");
    encoded(&value)
}

fn encoded(value: &Value<'_>) -> String {
    use crate::encode::{Encoder, EncoderCache, Text};
    use crate::{LogLevel, LogRecord, Name, Timestamp};
    let mut room = vec![0; 1 << 17];
    let mut out = Output::new(&mut room);
    let fields = [Field { key: "k", value: *value }];
    let record = LogRecord::new(Timestamp::Uptime(0), LogLevel::Info, Name::new("l"), "m");
    Text.encode(&record.with_fields(&fields), &mut EncoderCache::new(), &mut out);
    let line = core::str::from_utf8(out.written()).expect("a line is UTF-8");
    line.trim_end().split_once("k=").expect("the field is there").1.to_owned()
}

fn user() -> BTreeMap<&'static str, Vec<BTreeMap<&'static str, &'static str>>> {
    BTreeMap::from([("cards", vec![BTreeMap::from([("kind", "x"), ("number", "1")]); 2]), ("names", vec![])])
}

#[test]
fn a_path_names_a_field_or_what_lies_below_one() {
    let redaction = Redaction::new(["password", "user.names", "a.b.c"]);
    assert_eq!(redacted(&redaction, "password", &"x"), r#""[REDACTED]""#);
    assert_eq!(redacted(&redaction, "password", &user()), r#""[REDACTED]""#);
    assert_eq!(redacted(&redaction, "user", &"x"), "x");
    assert!(redacted(&redaction, "user", &user()).ends_with(r#""names":"[REDACTED]"}"#));
    // A key with dots in it is one key.
    assert_eq!(redacted(&redaction, "user.names", &1), r#""[REDACTED]""#);
    assert_eq!(redacted(&redaction, "a.b", &BTreeMap::from([("c", 1)])), r#"{"c":"[REDACTED]"}"#);
    assert_eq!(redacted(&redaction, "a", &BTreeMap::from([("b.c", 1)])), r#"{"b.c":"[REDACTED]"}"#);
}

#[test]
fn what_lies_below_a_named_key_is_redacted_in_a_key_with_dots_too() {
    let redaction = Redaction::new(["password", "user.card", "*_secret"]);
    for key in ["password.hash", "user.password.hash.0", "db.User.card.number", "api_secret.value"] {
        assert_eq!(redacted(&redaction, key, &"x"), r#""[REDACTED]""#, "{key}");
    }
    for key in ["passwords.hash", "card.number", "user.cards.number", "secret.value", ".", "a..b"] {
        assert_eq!(redacted(&redaction, key, &"x"), "x", "{key}");
    }
    let in_map = BTreeMap::from([("card.number", 1), ("kind", 2)]);
    assert_eq!(redacted(&redaction, "user", &in_map), r#"{"card.number":"[REDACTED]","kind":2}"#);
}

#[test]
fn a_key_is_found_at_any_depth_and_in_any_case() {
    let redaction = Redaction::new(["password", "Headers.Authorization"]);
    let order = BTreeMap::from([("password", "x"), ("who", "ann")]);
    assert_eq!(redacted(&redaction, "order", &order), r#"{"password":"[REDACTED]","who":"ann"}"#);
    let deeper = BTreeMap::from([("login", vec![order])]);
    assert!(!redacted(&redaction, "k", &deeper).contains('x'));
    for key in ["password", "PASSWORD", "Password", "user.password", "headers.authorization"] {
        assert_eq!(redacted(&redaction, key, &1), r#""[REDACTED]""#, "{key}");
    }
    let headers = BTreeMap::from([("AUTHORIZATION", 1), ("host", 2)]);
    assert_eq!(redacted(&redaction, "headers", &headers), r#"{"AUTHORIZATION":"[REDACTED]","host":2}"#);
    let request = BTreeMap::from([("headers", headers)]);
    assert!(redacted(&redaction, "request", &request).contains(r#""AUTHORIZATION":"[REDACTED]""#));
    assert_eq!(redacted(&redaction, "authorization", &1), "1");
}

#[test]
fn nothing_is_matched_in_part() {
    let redaction = Redaction::new(["password", "user.card"]);
    for key in ["password_", "pass", "xpassword", "card", "user", "user.cards", "superuser.card", ""] {
        assert_eq!(redacted(&redaction, key, &"x"), "x");
    }
    let value = BTreeMap::from([("cards", 1), ("passwords", 2)]);
    assert_eq!(redacted(&redaction, "user", &value), r#"{"cards":1,"passwords":2}"#);
}

#[test]
fn a_star_stands_for_any_characters_of_one_key() {
    let redaction = Redaction::new(["*.token", "*_secret", "x*y*z", "cards[*].number"]);
    let with_token = BTreeMap::from([("token", 1)]);
    assert_eq!(redacted(&redaction, "token", &1), "1");
    assert_eq!(redacted(&redaction, "session", &with_token), r#"{"token":"[REDACTED]"}"#);
    for key in ["api_secret", "API_SECRET", "_secret", "a.b_secret", "xyz", "x-y-y-z", "a.token"] {
        assert_eq!(redacted(&redaction, key, &1), r#""[REDACTED]""#, "{key}");
    }
    for key in ["secret", "api_secrets", "xz", "xyza", "axyz", "x.yz"] {
        assert_eq!(redacted(&redaction, key, &1), "1", "{key}");
    }
    let cards = vec![BTreeMap::from([("number", 1)])];
    assert_eq!(redacted(&redaction, "cards", &cards), r#"[{"number":"[REDACTED]"}]"#);
    assert_eq!(redacted(&Redaction::new(["*"]), "any", &1), r#""[REDACTED]""#);
    let long = "x".repeat(1 << 16);
    assert_eq!(redacted(&Redaction::new(["x*x*x*x*x*y"]), &long, &1), "1");
}

#[test]
fn a_path_that_can_match_nothing_is_handed_over() {
    let wrong = [
        "",
        ".",
        "a..b",
        ".a",
        "a.",
        " a",
        "a .b",
        "cards[0].number",
        "a[]",
        "**",
        "[*]",
        "a.**",
        "a[\"b\"]",
        "['b']",
    ];
    let right = ["a", "*", "a.*", "*.a", "a[*]", "a[*].b", "a b", "ä", "a[b]"];
    let mut redaction = Redaction::new(wrong.iter().chain(&right)).with_card_numbers();
    let mut found = Vec::new();
    redaction.take_wrong(&mut |path| found.push(path.to_owned()));
    assert_eq!(found, wrong);
    assert!(redaction.paths.iter().map(|path| &**path).eq(right));
    assert!(redaction.mask.is_some());
}

#[test]
fn card_numbers_are_replaced_wherever_they_stand() {
    let redaction = Redaction::new(["password"]).with_card_numbers();
    let order = BTreeMap::from([("note", "card 4111 1111 1111 1111"), ("password", "x")]);
    assert_eq!(
        redacted(&redaction, "order", &order),
        r#"{"note":"card [REDACTED]","password":"[REDACTED]"}"#
    );
    assert_eq!(redacted(&redaction, "number", &4_111_111_111_111_111_u64), r#""[REDACTED]""#);
    assert_eq!(redacted(&redaction, "number", &4_111_111_111_111_112_u64), "4111111111111112");
    assert_eq!(redacted(&Redaction::new(["password"]), "n", &4_111_111_111_111_111_u64), "4111111111111111");
}

#[test]
fn lists_on_the_way_are_looked_through() {
    let redaction = Redaction::new(["user.cards.number"]);
    assert_eq!(
        redacted(&redaction, "user", &user()),
        concat!(
            r#"{"cards":[{"kind":"x","number":"[REDACTED]"},{"kind":"x","number":"[REDACTED]"}],"#,
            r#""names":[]}"#
        )
    );
    let nested = vec![vec![BTreeMap::from([("number", 1)])]];
    assert_eq!(redacted(&Redaction::new(["k.number"]), "k", &nested), r#"[[{"number":"[REDACTED]"}]]"#);
}

#[test]
fn what_nests_as_deep_as_can_be_is_redacted_too() {
    struct Deep(usize);
    impl Composite for Deep {
        fn describe(&self, sink: &mut dyn ValueSink) {
            sink.begin_map();
            sink.key("k");
            if self.0 > 1 {
                sink.value(Value::Composite(&Self(self.0 - 1)));
            } else {
                sink.value(Value::Str("secret"));
            }
            sink.end_map();
        }
    }
    let deep = Deep(crate::value::MAX_DEPTH);
    let path = ["k"; crate::value::MAX_DEPTH + 1].join(".");
    let shown = redacted(&Redaction::new([path]), "k", &Value::Composite(&deep));
    assert!(shown.contains("[REDACTED]") && !shown.contains("secret"), "{shown}");
}

#[test]
fn a_context_is_redacted_once_and_kept_where_nothing_is_to_do() {
    let redaction = Redaction::new(["token", "user.card"]);
    let user = BTreeMap::from([("card", "1"), ("id", "2")]);
    let context = LogContext::new().with_ip("1.2.3.4").with_custom(&[
        Field::new("token", "x"),
        Field::new("user", &user),
        Field::new("b", &1),
    ]);
    let written = redaction.context(&context);
    assert!(matches!(written.get("token"), Some(Value::Str("[REDACTED]"))));
    assert_eq!(encoded(&written.get("user").unwrap()), r#"{"card":"[REDACTED]","id":"2"}"#);
    assert!(matches!(written.get("b"), Some(Value::U64(1))));
    assert!(matches!(written.get("ip"), Some(Value::Str("1.2.3.4"))));
    let harmless = LogContext::new().with_ip("1.2.3.4").with_custom(&[Field::new("user", &[1])]);
    assert_eq!(redaction.context(&harmless).fields().id, harmless.fields().id);
    assert_eq!(Redaction::default().context(&context).fields().id, context.fields().id);
}

#[test]
fn a_redacted_context_keeps_its_typed_keys() {
    let context = LogContext::new().with_ip("1.2.3.4").with_user_id("42");
    let written = Redaction::new(["user_id"]).context(&context);
    assert_eq!(written.ip(), Some("1.2.3.4"));
    assert_eq!(written.user_id(), Some("[REDACTED]"));
}

#[test]
fn without_paths_nothing_is_touched() {
    assert!(Redaction::default().is_empty());
    assert!(!Redaction::new(["k"]).is_empty());
}
