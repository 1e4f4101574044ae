//! Loggers, levels, context, events: what a program says, and what is written.

mod fakes;

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use fakes::{Memory, quiet, since, to_memory};
use kakashi_wasm::{
    Format, Json, LogContext, LogLevel, LoggerConfig, RequestContext, Scope as _, SettingsError, Text,
    UserContext, audit, clear_context, clear_logger_cache, clear_request_context, configure,
    create_custom_logger, current_context, debug, exception, fields, flush, get_async_logger, get_logger,
    get_logger_with_level, info, metric, security, set_custom_context, set_log_level, set_request_context,
    set_user_context, stats, trace, warning,
};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn macros_and_methods_say_the_same() {
    let memory = to_memory();
    let logger = get_logger("shop");
    info!(logger, "Order {id} accepted", id = 7, total = 1.5);
    logger.info("Order {id} accepted", fields![id = 7]);
    info!("through the root");
    kakashi_wasm::info("by function", fields![a = true]);
    let error = "x".parse::<u8>().unwrap_err();
    exception!(logger, &error, "No number", text = "x");
    logger.exception("No number", &error, &[]);
    assert!(flush().is_complete());
    assert_eq!(
        memory.lines(),
        [
            "INFO shop Order 7 accepted id=7 total=1.5",
            "INFO shop Order {id} accepted id=7",
            "INFO loggers through the root",
            "INFO root by function a=true",
            r#"ERROR shop No number text=x exception.type=core::num::error::ParseIntError exception.message="invalid digit found in string""#,
            r#"ERROR shop No number exception.type=core::num::error::ParseIntError exception.message="invalid digit found in string""#,
        ]
    );
}

#[wasm_bindgen_test]
fn events_have_their_shape() {
    let memory = to_memory();
    metric("queue.depth", 17, fields![unit = "jobs"]);
    audit("delete", "order/7", &[]);
    security("login_failed", "warning", &[]);
    flush();
    assert_eq!(
        memory.lines(),
        [
            "INFO root queue.depth metric=queue.depth value=17 unit=jobs",
            "INFO root delete action=delete resource=order/7",
            "WARNING root login_failed event_type=login_failed severity=warning",
        ]
    );
}

#[wasm_bindgen_test]
fn levels_are_set_by_name_and_a_wrong_name_says_which_are_right() {
    let memory = to_memory();
    let (free, own) = (get_logger("free"), get_logger_with_level("own", LogLevel::Debug));
    set_log_level("warning").unwrap();
    info!(free, "off");
    warning!(free, "on");
    debug!(own, "its own level");
    let error = set_log_level("verbose").unwrap_err();
    assert!(error.to_string().contains("use TRACE, DEBUG, INFO, WARNING"), "{error}");
    assert_eq!(free.level(), LogLevel::Warning.into());
    clear_logger_cache();
    set_log_level(LogLevel::Info).unwrap();
    info!(free, "old handles follow");
    flush();
    let expected = ["WARNING free on", "DEBUG own its own level", "INFO free old handles follow"];
    assert_eq!(memory.lines(), expected);
}

#[wasm_bindgen_test]
fn contexts_are_scoped() {
    let memory = to_memory();
    clear_context();
    set_request_context(RequestContext::new("203.0.113.7", "GET /").request_id("r-1"));
    set_user_context(UserContext::new().user_id("42"));
    set_custom_context(fields![tenant = "acme"]);
    info!("outer", tenant = "call wins");
    let inner = LogContext::new().with_custom(fields![tenant = "inner"]);
    inner.within(|| info!("inner"));
    assert_eq!(
        current_context().get("tenant").map(|value| format!("{value:?}")),
        Some("Str(\"acme\")".into())
    );
    clear_request_context();
    info!("no request");
    clear_context();
    info!("none");
    flush();
    let request = "ip=203.0.113.7 access=\"GET /\" request_id=r-1 user_id=\"42\"";
    assert_eq!(
        memory.lines(),
        [
            format!("INFO loggers outer tenant=\"call wins\" {request}"),
            format!("INFO loggers inner {request} tenant=inner"),
            "INFO loggers no request user_id=\"42\" tenant=acme".to_owned(),
            "INFO loggers none".to_owned(),
        ]
    );
}

#[wasm_bindgen_test]
fn within_a_scope_with_a_level_a_call_that_is_disabled_elsewhere_is_logged() {
    let memory = to_memory();
    set_log_level(LogLevel::Info).unwrap();
    let own = get_logger_with_level("scoped::own", LogLevel::Error);
    debug!("before");
    LogContext::new().with_user_id("42").level(LogLevel::Debug).within(|| {
        debug!("within");
        debug!(own, "within");
        trace!("below the scope's level");
        LogContext::new().level(LogLevel::Error).within(|| debug!("the inner scope's level counts"));
    });
    debug!("after");
    flush();
    assert_eq!(
        memory.lines(),
        ["DEBUG loggers within user_id=\"42\"", "DEBUG scoped::own within user_id=\"42\""]
    );
}

/// Gives others a turn.
async fn turn() {
    let mut waited = false;
    poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[wasm_bindgen_test]
async fn futures_that_run_by_turns_keep_their_contexts() {
    let memory = to_memory();
    clear_context();
    let task = |name: &'static str| {
        LogContext::new().with_request_id(name).scope(async move {
            info!("begins");
            set_custom_context(fields![own = name]);
            turn().await;
            info!("ends");
        })
    };
    let (first, second) = (std::pin::pin!(task("a")), std::pin::pin!(task("b")));
    let mut tasks = [Some(first), Some(second)];
    poll_fn(|context| {
        for task in &mut tasks {
            if task.as_mut().is_some_and(|task| task.as_mut().poll(context).is_ready()) {
                *task = None;
            }
        }
        if tasks.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    info!("after");
    flush();
    assert_eq!(
        memory.lines(),
        [
            "INFO loggers begins request_id=a",
            "INFO loggers begins request_id=b",
            "INFO loggers ends request_id=a own=a",
            "INFO loggers ends request_id=b own=b",
            "INFO loggers after",
        ]
    );
}

#[wasm_bindgen_test]
fn secrets_are_not_written() {
    let memory = Memory::default();
    quiet().redact(["password", "user.card"]).destination(memory.destination()).apply();
    set_custom_context(fields![password = "in the context"]);
    info!("login", password = "hunter2", user = "ann");
    clear_context();
    info!("plain", user = "ann");
    flush();
    assert_eq!(
        memory.lines(),
        [r#"INFO loggers login password="[REDACTED]" user=ann"#, "INFO loggers plain user=ann"]
    );
}

#[wasm_bindgen_test]
fn the_service_is_told_and_enrichers_and_filters_are_asked() {
    let memory = Memory::default();
    let config = LoggerConfig::new()
        .level(LogLevel::Debug)
        .enricher(|_: &kakashi_wasm::LogRecord<'_>, add: &mut dyn FnMut(&str, kakashi_wasm::Value<'_>)| {
            add("tab", kakashi_wasm::Value::U64(3));
        })
        .filter(|record: &kakashi_wasm::LogRecord<'_>| record.level != LogLevel::Warning)
        .redact(["secret"])
        .format(Format::Json)
        .destination(memory.destination().encoder(Text))
        .sink(Json::new(), kakashi_wasm::sinks::FunctionSink::new(|_: &kakashi_wasm::Batch<'_>| Ok(())));
    let logger = create_custom_logger("custom", config);
    let before = stats();
    debug!(logger.with_fields(fields![page = "/"]), "kept", secret = 1);
    warning!(logger, "filtered");
    assert!(logger.flush().is_complete());
    assert_eq!(since(&before), (2, 0), "one record, two sinks");
    assert_eq!(memory.lines(), [r#"DEBUG custom kept secret="[REDACTED]" tab=3 page=/"#]);
    info!(logger, "left behind");
    drop(logger);
    assert_eq!(memory.lines().last().unwrap(), "INFO custom left behind tab=3");
}

#[wasm_bindgen_test]
fn an_async_logger_has_the_same_calls() {
    let memory = to_memory();
    let logger = get_async_logger("worker");
    info!(logger, "one", n = 1);
    logger.warning("two", &[]);
    logger.flush();
    assert_eq!(memory.lines(), ["INFO worker one n=1", "WARNING worker two"]);
}

#[wasm_bindgen_test]
fn settings_are_taken_back_and_those_that_make_no_sense_are_left_out() {
    let memory = to_memory();
    configure().level_of("app", LogLevel::Error).filter(|_: &kakashi_wasm::LogRecord<'_>| false).apply();
    let wrong = configure().no_filters().level_of("app::", LogLevel::Debug).try_apply();
    assert_eq!(wrong, Err(SettingsError::Prefix("app::".into())));
    info!("nothing was changed");
    let reported = Rc::new(RefCell::new(Vec::new()));
    let report = reported.clone();
    let words =
        memory.destination().format(Format::Text).without_fields(["service_name", "version", "environment"]);
    configure()
        .reset()
        .on_error(move |report_text: &str| report.borrow_mut().push(report_text.to_owned()))
        .service("shop", "1.4.2", "test")
        .destination(words)
        .apply();
    configure().redact(["user. card", "password"]).apply();
    info!(get_logger("app::db"), "written", password = "x");
    assert!(flush().is_complete());
    assert_eq!(memory.lines(), [r#"INFO app::db written password="[REDACTED]""#]);
    assert!(reported.borrow()[0].starts_with("left out of the settings: redact(\"user. card\")"));
    configure().reset().apply();
    to_memory();
}

#[wasm_bindgen_test]
fn a_context_ends_with_its_own_guard_in_any_order() {
    let outer = LogContext::new().with_user_id("u-1").enter();
    let inner = LogContext::new().with_custom(fields![step = 2]).enter();
    drop(outer);
    assert_eq!(current_context(), LogContext::new().with_custom(fields![step = 2]));
    drop(inner);
    assert!(current_context().is_empty());
}
