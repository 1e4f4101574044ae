//! Every call of the API: `cargo run -p kakashi-std --example tour`.

use kakashi_std::{
    Destination, Field, Format, Json, LevelFilter, LogContext, LogLevel, LogRecord, LoggerConfig,
    RequestContext, Scope, Text, UserContext, Value, audit, clear_context, clear_logger_cache, configure,
    create_custom_logger, current_context, debug, error, exception, fields, flush, flush_timeout,
    get_async_logger, get_logger, get_logger_with_level, get_performance_logger, info, metric, root_logger,
    security, set_custom_context, set_log_level, set_request_context, set_user_context,
    shutdown_async_logging, sinks, spawn, stats, warning,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Settings, at any time; what is not named stays as it is.
    configure()
        .format(Format::Text)
        .service("shop", "1.4.2", "demo")
        .level(LogLevel::Info)
        .level_of("shop::db", LogLevel::Debug)
        .redact(["password"])
        .destination(sinks::stdout())
        .apply();

    // Loggers, macros and functions.
    let logger = get_logger("shop::orders");
    info!(logger, "Order {id} accepted", id = 1042, total = 19.9, items = [3, 5], ok = %true);
    warning!(logger, "Low stock", left = Some(2), reserved = None::<u8>, raw = ?("a", 1), password = "secret");
    debug!(get_logger("shop::db"), "Query", rows = 17, "db.system" = "sqlite");
    logger.info("Words as they are: {id}", fields![bytes = Value::Bytes(b"\xff\x00")]);
    get_logger_with_level("shop::noise", LogLevel::Error).info("never written", &[]);
    exception!(logger, &"eighty".parse::<u16>().unwrap_err(), "No port", text = "eighty");
    logger.exception("No port", &"".parse::<u16>().unwrap_err(), &[]);

    // Context: of a request, of a user, of a part of the program.
    set_request_context(RequestContext::new("203.0.113.7", "GET /cart").request_id("r-1").user_agent("curl"));
    set_user_context(UserContext::new().user_id("42").session_id("s-9").custom(fields![plan = "pro"]));
    set_custom_context(fields![tenant = "acme"]);
    info!(logger, "Cart shown");
    LogContext::new().with_custom(&[Field::new("step", &1)]).within(|| info!(logger, "Inner scope"));
    spawn(|| info!("A thread that begins with its parent's context"))?.join().map_err(|_| "panicked")?;
    drop(LogContext::new().with_user_id("43").scope(async { info!("In a task, once it is polled") }));
    assert_eq!(current_context().user_id(), Some("42"));
    clear_context();

    // Without a logger, and records of an agreed shape.
    info!("Through the root logger", name = root_logger().name());
    kakashi_std::info("So does this function", fields![pi = 3.25]);
    metric("queue.depth", 17, fields![unit = "jobs"]);
    audit("user.delete", "user:42", &[]);
    security("login_failed", "warning", fields![attempts = 3]);

    // The same by way of a worker.
    let later = get_async_logger("shop::queue");
    info!(later, "Queued", place = 3);
    info!(get_performance_logger("engine::tick"), "Never waits", dropped = later.dropped().total());
    assert!(flush_timeout(std::time::Duration::from_secs(5)).left + shutdown_async_logging().left == 0);

    // A logger with destinations of its own.
    let memory = sinks::MemorySink::new();
    let config = LoggerConfig::new()
        .level(LevelFilter::from(15))
        .enricher(|_: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)| add("host", Value::Str("web-1")))
        .filter(|record: &LogRecord<'_>| record.field("secret").is_none())
        .destination(Destination::new(memory.clone()).encoder(Json::new().location(true)))
        .destination(sinks::stdout().threshold(LogLevel::Error).encoder(Text));
    let custom = create_custom_logger("payments", config).with_fields(fields![currency = "EUR"]);
    info!(custom, "Paid", amount = 12);
    info!(custom, "Filtered out", secret = 1);
    error!(custom, "Declined", code = 51_u8);
    custom.flush();
    print!("{}", memory.text());

    // Levels by name, and the end.
    set_log_level("error")?;
    println!("{}", set_log_level("loud").unwrap_err());
    clear_logger_cache();
    assert!(flush().is_complete());
    println!("written: {}, dropped: {}", stats().written, stats().dropped.total());
    Ok(())
}
