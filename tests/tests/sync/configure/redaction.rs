//! Fields whose values are redacted.

use std::collections::BTreeMap;

use kakashi_std::{
    Enricher, Format, LogContext, LogRecord, LoggerConfig, Scope as _, Secret, Serde, Text, Value, configure,
    create_custom_logger, fields, flush, get_logger, info, sinks,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::{entries, text};
use sinks::MemorySink;

use crate::common::to_memory;

/// A value that must never be written.
const SECRET: &str = "hunter2";

struct Card;

impl Enricher for Card {
    fn enrich(&self, _: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)) {
        add("password", Value::Str(SECRET));
        add("pass", Value::Str("added"));
    }
}

#[derive(serde::Serialize)]
struct User {
    name: &'static str,
    card: &'static str,
    cards: Vec<Number>,
}

#[derive(serde::Serialize)]
struct Number {
    number: &'static str,
    kind: &'static str,
}

fn user() -> User {
    let number = || Number { number: SECRET, kind: "debit" };
    User { name: "Ann", card: SECRET, cards: vec![number(), number()] }
}

#[test]
fn a_secret_is_redacted_wherever_it_stands_and_nothing_else_is() {
    let _alone = alone();
    for format in [Format::Text, Format::Json, Format::Wire] {
        let memory = to_memory();
        configure()
            .format(format)
            .redact(["password", "user.card", "user.cards.number", "token.value"])
            .apply();
        let logger = get_logger("redacted");
        info!(logger, "Login of {user_name} with {password}", user_name = "ann", password = SECRET);
        logger.info("By a function", fields![password = SECRET, other = 1]);
        info!(logger, "By Display and Debug", password = %SECRET);
        info!(logger, "By Debug", password = ?Some(SECRET));
        info!(logger, "Nested", user = kakashi_std::Serde(&user()));
        info!(logger, "A key with a dot", "user.card" = SECRET);
        LogContext::new()
            .with_custom(fields![password = SECRET, tenant = "acme"])
            .within(|| info!(logger, "In context"));
        let similar = fields![passwords = "a", my_password = "c", pass = "d", card = "e"];
        logger.info("Similar keys", similar);
        logger.exception("An error", &std::io::Error::other("failed"), fields![password = SECRET]);
        assert!(flush().is_complete());

        let bytes = memory.bytes();
        let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!found, "{format:?}: {}", memory.text());
        let entries = entries(format, &bytes);
        assert_eq!(entries[0].message, "Login of ann with [REDACTED]");
        for at in [0, 1, 2, 3, 6, 8] {
            assert_eq!(entries[at].get("password"), Some("[REDACTED]"), "{format:?} {}", entries[at].message);
        }
        assert_eq!(entries[1].get("other"), Some("1"));
        let nested = entries[4].get("user").unwrap();
        let number = r#"{"number":"[REDACTED]","kind":"debit"}"#;
        assert_eq!(nested, format!(r#"{{"name":"Ann","card":"[REDACTED]","cards":[{number},{number}]}}"#));
        assert_eq!(entries[5].get("user.card"), Some("[REDACTED]"));
        assert_eq!(entries[6].get("tenant"), Some("acme"));
        for (key, value) in [("passwords", "a"), ("my_password", "c"), ("pass", "d"), ("card", "e")] {
            assert_eq!(entries[7].get(key), Some(value), "{format:?}");
        }
    }
}

#[derive(serde::Serialize)]
struct Order {
    who: &'static str,
    password: &'static str,
    headers: BTreeMap<&'static str, &'static str>,
    sessions: Vec<Session>,
    key: Secret<&'static str>,
}

#[derive(serde::Serialize)]
struct Session {
    token: &'static str,
}

fn order() -> Order {
    Order {
        who: "Ann",
        password: SECRET,
        headers: BTreeMap::from([("Authorization", SECRET), ("Host", "shop")]),
        sessions: vec![Session { token: SECRET }],
        key: Secret::new(SECRET),
    }
}

#[test]
fn a_key_is_redacted_at_any_depth_in_any_case_in_any_form() {
    let _alone = alone();
    for format in [Format::Text, Format::Json, Format::Pretty, Format::Wire] {
        let memory = to_memory();
        configure()
            .format(format)
            .redact(["password", "*.token", "headers.authorization"])
            .try_apply()
            .unwrap();
        let order = order();
        info!("Accepted {order}", order = Serde(&order));
        kakashi_std::info("By a function", fields![order = Serde(&order), PASSWORD = SECRET]);
        let headers = BTreeMap::from([("AUTHORIZATION", SECRET)]);
        info!("Pairs", list = [("token", SECRET)].map(|pair| BTreeMap::from([pair])), headers = &headers);
        info!("A type that says so", key = order.key, list = [order.key], debug = ?order.key);
        LogContext::new()
            .with_custom(fields![order = Serde(&order)])
            .within(|| info!("In a context", token = "a field is below nothing"));
        assert!(flush().is_complete());
        let bytes = memory.bytes();
        let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!found, "{format:?}: {}", memory.text());
        if format == Format::Pretty {
            continue;
        }
        let entries = entries(format, &bytes);
        let shown = r#"{"who":"Ann","password":"[REDACTED]","headers":{"Authorization":"[REDACTED]","Host":"shop"},"sessions":[{"token":"[REDACTED]"}],"key":"[REDACTED]"}"#;
        assert_eq!(entries[0].message, format!("Accepted {shown}"));
        assert_eq!(entries[0].get("order"), Some(shown));
        assert_eq!(entries[4].get("order"), Some(shown));
        assert_eq!(entries[4].get("token"), Some("a field is below nothing"));
    }
}

#[test]
fn card_numbers_are_redacted_where_that_is_asked_for() {
    let _alone = alone();
    let memory = to_memory();
    let note = "card 4111 1111 1111 1111, 4111111111111112";
    let log = || {
        info!("Paid: {note}", note, number = 4_111_111_111_111_111_u64, list = [note]);
        kakashi_std::info(note, &[]);
        LogContext::new()
            .with_custom(fields![note])
            .within(|| info!("In a context", note = 1, shown = %note));
        assert!(flush().is_complete());
        let logged = memory.text();
        memory.clear();
        logged
    };
    configure().redact_card_numbers(true).apply();
    // It holds beside paths that are set by another call.
    configure().redact(["password"]).apply();
    let masked = log();
    assert!(!masked.contains("4111 1111") && !masked.contains("4111111111111111"), "{masked}");
    assert_eq!(masked.matches("card [REDACTED], 4111111111111112").count(), 5, "{masked}");
    configure().redact_card_numbers(false).apply();
    assert!(log().contains("4111 1111 1111 1111"));
}

#[test]
fn a_custom_logger_redacts_what_its_context_and_its_enrichers_say() {
    let _alone = alone();
    let memory = MemorySink::new();
    let config = LoggerConfig::new().redact(["password"]).enricher(Card).sink(Text, memory.clone());
    let logger = create_custom_logger("custom", config);
    info!(logger, "Enriched");
    info!(logger.with_fields(fields![password = SECRET]), "In the logger's context");
    assert!(logger.flush().is_complete());
    assert!(!memory.text().contains(SECRET), "{}", memory.text());
    for entry in text(&memory.bytes()) {
        assert_eq!((entry.get("password"), entry.get("pass")), (Some("[REDACTED]"), Some("added")));
    }
}

#[test]
fn a_redaction_reaches_contexts_that_are_in_use() {
    let _alone = alone();
    let memory = to_memory();
    LogContext::new().with_custom(fields![password = "first"]).within(|| {
        info!("Before");
        configure().redact(["password"]).apply();
        info!("After");
    });
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    let passwords: Vec<_> = entries.iter().map(|entry| entry.get("password")).collect();
    assert_eq!(passwords, [Some("first"), Some("[REDACTED]")]);
}
