//! Settings that make no sense: `try_apply` returns them, `apply` leaves them out.

use std::process::{Command, Stdio};

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    AsyncConfig, Destination, Format, LogLevel, SettingsError, configure, debug, flush, get_logger, info,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::text;

use crate::common::{messages, to_memory};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

#[test]
fn try_apply_names_what_is_wrong_and_changes_nothing() {
    let _alone = alone();
    let memory = to_memory();
    let other = MemorySink::new();
    let one_name = || Destination::new(other.clone()).named("audit");
    let cases = [
        (configure().level_of("app::", LogLevel::Debug), SettingsError::Prefix("app::".into())),
        (configure().level_of("", LogLevel::Debug), SettingsError::Prefix("".into())),
        (configure().level_of("app.*", LogLevel::Debug), SettingsError::Prefix("app.*".into())),
        (configure().level_of(" app", LogLevel::Debug), SettingsError::Prefix(" app".into())),
        (configure().redact(["user..card"]), SettingsError::RedactedPath("user..card".into())),
        (configure().redact(["password", ""]), SettingsError::RedactedPath("".into())),
        (configure().redact(["user. card"]), SettingsError::RedactedPath("user. card".into())),
        (configure().redact(["cards[0].number"]), SettingsError::RedactedPath("cards[0].number".into())),
        (
            configure().destination(one_name()).destination(one_name()),
            SettingsError::DestinationName("audit".into()),
        ),
        (configure().async_logging(AsyncConfig::new().cpu(1 << 20)), SettingsError::Core(1 << 20)),
    ];
    for (change, expected) in cases {
        let change = change.level(LogLevel::Debug).format(Format::Json);
        assert_eq!(change.try_apply(), Err(expected.clone()));
        let value = match &expected {
            SettingsError::Core(core) => core.to_string(),
            SettingsError::Prefix(text)
            | SettingsError::RedactedPath(text)
            | SettingsError::DestinationName(text) => {
                format!("{text:?}")
            }
            other => panic!("{other:?}"),
        };
        assert!(expected.to_string().contains(&value), "{expected}");
    }
    debug!("Not enabled");
    info!("As before", password = "shown");
    assert_eq!(messages(&memory), ["As before"]);
    assert_eq!(text(&memory.bytes())[0].get("password"), Some("shown"));
    assert!(other.bytes().is_empty());
}

#[test]
fn what_makes_sense_is_refused_by_none() {
    let _alone = alone();
    let memory = to_memory();
    let destination = || Destination::new(memory.clone());
    // Names of loggers and keys are any text; two destinations without a name are told apart by nothing.
    let change = configure()
        .level_of("GET /orders?id=7", LogLevel::Debug)
        .level_of("app::db", LogLevel::Debug)
        .level_of("app::db", LogLevel::Info)
        .redact(["user[password]", "http.request.header.x-key", "ключ"])
        .destination(destination())
        .destination(destination().threshold(LogLevel::Critical));
    assert_eq!(change.try_apply(), Ok(()));
    info!("Written", "user[password]" = "secret");
    assert!(flush().is_complete());
    assert!(!memory.text().contains("secret"));
    configure().reset().apply();
    to_memory();
}

#[test]
fn apply_leaves_out_what_is_wrong_and_all_else_holds() {
    let _alone = alone();
    to_memory();
    let (first, second) = (MemorySink::new(), MemorySink::new());
    configure()
        .level_of("app::*", LogLevel::Error)
        .level_of("app", LogLevel::Debug)
        .redact(["user. card", "password"])
        .destination(Destination::new(first.clone()).named("audit"))
        .destination(Destination::new(second.clone()).named("audit"))
        .apply();
    debug!(get_logger("app::db"), "Kept", password = "secret");
    assert_eq!(messages(&first), ["Kept"]);
    assert_eq!(text(&first.bytes())[0].get("password"), Some("[REDACTED]"));
    assert!(second.bytes().is_empty());
    configure().reset().apply();
    to_memory();
}

#[test]
fn apply_reports_each_on_stderr() {
    let child = Command::new(CHILD).args(["refused_settings", "-"]).stderr(Stdio::piped()).output().unwrap();
    let stderr = String::from_utf8(child.stderr).unwrap();
    let reports: Vec<&str> = stderr.lines().collect();
    assert!(child.status.success());
    assert_eq!(reports.len(), 2, "{stderr}");
    assert!(reports[0].starts_with("kakashi: left out of the settings: level_of(\"app::"), "{stderr}");
    assert!(reports[1].starts_with("kakashi: left out of the settings: redact(\"user. card\")"), "{stderr}");
    assert!(!stderr.contains('\u{1b}'), "escaped");
}
