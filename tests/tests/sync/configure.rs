//! Settings, at any time and from any thread.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use kakashi_std::{
    Destination, Enricher, FixedClock, Format, Json, LevelFilter, LogContext, LogLevel, LogRecord,
    LoggerConfig, Scope as _, Text, Timestamp, Value, clear_logger_cache, configure, create_custom_logger,
    debug, error, fields, flush, get_logger, get_logger_with_level, info, set_log_level, sinks, trace,
    warning,
};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::process::{TestFolder, read, run, start_command};
use kakashi_tests::harness::read_back::{
    ArrivedRecord, assert_each_once_in_order, entries, numbers, of_json, of_text, text,
};
use kakashi_tests::harness::wait::eventually;
use sinks::MemorySink;

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// Begins anew: everything is written to this memory as text, from INFO on.
fn to_memory() -> MemorySink {
    let memory = MemorySink::new();
    configure()
        .format(Format::Text)
        .level(LogLevel::Info)
        .batch_bytes(64 * 1024)
        .flush_after_millis(100)
        .service("", "", "")
        .redact([] as [&str; 0])
        .destination(Destination::new(memory.clone()))
        .apply();
    memory
}

fn messages(memory: &MemorySink) -> Vec<String> {
    assert!(flush().is_complete());
    text(&memory.bytes()).into_iter().map(|entry| entry.message).collect()
}

/// Two threads that log until they are stopped, each its own numbers.
struct Load {
    stop: Arc<AtomicBool>,
    logged: Arc<AtomicU64>,
    threads: Vec<thread::JoinHandle<u64>>,
}

impl Load {
    fn start() -> Self {
        let (stop, logged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let start = |thread: u64| {
            let (stop, logged) = (stop.clone(), logged.clone());
            thread::spawn(move || {
                let logger = get_logger("load");
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    info!(logger, "Counted", thread, n);
                    n += 1;
                    logged.fetch_add(1, Ordering::Relaxed);
                }
                n
            })
        };
        let threads = vec![start(0), start(1)];
        Self { stop, logged, threads }
    }

    /// Waits until so many more records have been logged.
    fn wait_for(&self, more: u64) {
        let enough = self.logged.load(Ordering::Relaxed) + more;
        assert!(eventually(|| self.logged.load(Ordering::Relaxed) >= enough));
    }

    /// Returns how many records each thread has logged.
    fn stop(self) -> Vec<u64> {
        self.stop.store(true, Ordering::Relaxed);
        let counts = self.threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(flush().is_complete());
        counts
    }
}

#[test]
fn a_destination_swapped_under_load_loses_no_record_and_doubles_none() {
    let _alone = alone();
    let before = StatsSince::now();
    let mut memories = vec![to_memory()];
    configure().batch_bytes(256).apply();
    let load = Load::start();
    let mut short_lived = Vec::new();
    for thread in 2..52 {
        load.wait_for(100);
        // Threads whose first record meets the swap.
        let start = move || {
            let logger = get_logger("load");
            (0..3).for_each(|n| info!(logger, "Counted", thread, n));
        };
        let early = thread::spawn(start);
        let memory = MemorySink::new();
        configure().destination(Destination::new(memory.clone())).apply();
        memories.push(memory);
        short_lived.push(early);
    }
    short_lived.into_iter().for_each(|thread| thread.join().unwrap());
    let mut counts = load.stop();
    counts.resize(52, 3);

    let everything: Vec<Vec<ArrivedRecord>> = memories.iter().map(|memory| text(&memory.bytes())).collect();
    assert!(
        everything.iter().filter(|entries| !entries.is_empty()).count() > 25,
        "the swaps were under load"
    );
    for entries in &everything {
        for (thread, numbers) in numbers(entries) {
            assert!(numbers.is_sorted(), "thread {thread} in one destination");
        }
    }
    for (thread, mut numbers) in numbers(&everything.concat()) {
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(0..counts[thread as usize]), "thread {thread}");
    }
    assert_eq!(before.written() as u64, counts.iter().sum::<u64>());
}

#[test]
fn a_format_changed_under_load_leaves_every_line_valid_in_its_own() {
    let _alone = alone();
    let memory = to_memory();
    configure().batch_bytes(1000).apply();
    let load = Load::start();
    for round in 0..20 {
        load.wait_for(100);
        configure().format(if round % 2 == 0 { Format::Json } else { Format::Text }).apply();
    }
    let counts = load.stop();
    let lines = memory.text();
    let read = |line: &str| if line.starts_with('{') { of_json(line) } else { of_text(line) };
    let entries: Vec<ArrivedRecord> = lines.split_inclusive('\n').map(read).collect();
    assert!(lines.contains("\n{") && lines.contains("}\n2"), "both forms");
    for (thread, numbers) in numbers(&entries) {
        assert!(numbers.iter().copied().eq(0..counts[thread as usize]), "thread {thread}, in order");
    }
}

#[test]
fn what_was_logged_before_a_change_is_written_before_it_in_the_old_form() {
    let _alone = alone();
    let memory = to_memory();
    info!("Before");
    configure().format(Format::Json).apply();
    assert_eq!(text(&memory.bytes()).len(), 1, "without a flush");
    info!("After");
    assert!(flush().is_complete());
    let lines = memory.lines();
    assert_eq!(of_text(&format!("{}\n", lines[0])).message, "Before");
    assert_eq!(of_json(&format!("{}\n", lines[1])).message, "After");
}

#[test]
fn what_a_change_does_not_name_stays() {
    let _alone = alone();
    let memory = to_memory();
    configure().service("shop", "1", "test").redact(["password"]).level(LogLevel::Debug).apply();
    configure().batch_bytes(4096).apply();
    debug!("Kept", password = "hunter2");
    assert!(flush().is_complete());
    let entry = &text(&memory.bytes())[0];
    assert_eq!(entry.get("service_name"), Some("shop"));
    assert_eq!(entry.get("password"), Some("[REDACTED]"));
}

#[test]
fn a_level_reaches_all_loggers_but_those_with_their_own() {
    let _alone = alone();
    let memory = to_memory();
    let (old, own) = (get_logger("levels::old"), get_logger_with_level("levels::own", LogLevel::Warning));
    configure().level(LogLevel::Debug).apply();
    debug!(old, "Old handle");
    debug!(get_logger("levels::new"), "New handle");
    trace!(old, "Never");
    info!(own, "Never");
    warning!(own, "Own level");
    set_log_level(LogLevel::Trace).unwrap();
    trace!(old, "Trace");
    info!(own, "Never");
    get_logger_with_level("levels::own", LogLevel::Trace);
    trace!(own, "A new own level, through the old handle");
    set_log_level(LogLevel::Critical).unwrap();
    error!(old, "Never");
    trace!(own, "Still its own");
    let expected = [
        "Old handle",
        "New handle",
        "Own level",
        "Trace",
        "A new own level, through the old handle",
        "Still its own",
    ];
    assert_eq!(messages(&memory), expected);
}

#[test]
fn a_prefix_has_a_level_for_all_loggers_below_it() {
    let _alone = alone();
    let memory = to_memory();
    let old = get_logger("prefix::db::pool");
    configure().level_of("prefix::db", LogLevel::Trace).level_of("prefix", LogLevel::Error).apply();
    for name in ["prefix::db", "prefix::db::pool", "prefix::dbx", "prefix", "prefixed"] {
        trace!(get_logger(name), "Trace of {name}", name);
        warning!(get_logger(name), "Warning of {name}", name);
    }
    trace!(old, "An old handle");
    set_log_level("critical").unwrap();
    trace!(old, "A prefix comes before all");
    let expected = [
        "Trace of prefix::db",
        "Warning of prefix::db",
        "Trace of prefix::db::pool",
        "Warning of prefix::db::pool",
        "Warning of prefixed",
        "An old handle",
        "A prefix comes before all",
    ];
    assert_eq!(messages(&memory), expected);
}

#[test]
fn a_level_is_found_by_its_name_and_an_unknown_one_is_told_which_are_right() {
    let _alone = alone();
    let logger = get_logger("named");
    for (name, level) in
        [("debug", 10), ("WARNING", 30), ("warn", 30), ("Fatal", 50), ("off", 255), ("35", 35)]
    {
        set_log_level(name).unwrap();
        assert_eq!(logger.level(), LevelFilter::new(level), "{name}");
    }
    let error = set_log_level("loud").unwrap_err();
    assert_eq!(error.name(), "loud");
    for name in ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] {
        assert!(error.to_string().contains(name), "{error}");
    }
    assert_eq!(logger.level(), LevelFilter::new(35), "a wrong name changes nothing");
}

#[test]
fn handles_from_before_a_cleared_cache_work_on_and_follow_levels() {
    let _alone = alone();
    let memory = to_memory();
    let old = get_logger_with_level("cleared", LogLevel::Info);
    let follower = get_logger("cleared::follower");
    info!(old, "Before");
    clear_logger_cache();
    assert_eq!(text(&memory.bytes()).len(), 1, "it flushes");
    let new = get_logger("cleared");
    set_log_level(LogLevel::Debug).unwrap();
    debug!(new, "The new one has no level of its own");
    debug!(old, "Never");
    info!(old, "The old one has");
    debug!(follower, "The old one follows");
    let expected =
        ["Before", "The new one has no level of its own", "The old one has", "The old one follows"];
    assert_eq!(messages(&memory), expected);
}

/// Nobody may ever read this.
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
        let similar = fields![passwords = "a", Password = "b", my_password = "c", pass = "d", card = "e"];
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
        for (key, value) in
            [("passwords", "a"), ("Password", "b"), ("my_password", "c"), ("pass", "d"), ("card", "e")]
        {
            assert_eq!(entries[7].get(key), Some(value), "{format:?}");
        }
    }
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

#[test]
fn the_service_is_told_by_all_loggers_and_custom_ones_too() {
    let _alone = alone();
    let memory = to_memory();
    let custom = create_custom_logger("custom", LoggerConfig::new().sink(Text, memory.clone()));
    info!(custom, "Before");
    assert!(custom.flush().is_complete());
    configure().service("shop", "1.4.2", "production").apply();
    info!("Root");
    info!(get_logger("named"), "Named");
    info!(custom, "Custom");
    info!("Own", version = "2");
    assert!(flush().is_complete());
    configure().service("shop", "", "").apply();
    info!("An empty one is left out");
    assert!(flush().is_complete());

    let entries = text(&memory.bytes());
    assert!(entries[0].fields.is_empty());
    let mut told = 0;
    for entry in &entries[1..5] {
        assert_eq!(entry.get("service_name"), Some("shop"), "{entry:?}");
        assert_eq!(entry.get("environment"), Some("production"), "{entry:?}");
        told += usize::from(entry.get("version") == Some("1.4.2"));
    }
    assert_eq!(told, 3, "all but the one with a version of its own");
    assert_eq!(entries[5].fields, [("service_name".into(), "shop".into())]);
}

#[test]
fn a_record_reaches_a_file_without_a_flush_even_from_a_small_batch() {
    let _alone = alone();
    let folder = TestFolder::new();
    let file = folder.file("deep/down/log");
    configure()
        .format(Format::Text)
        .level(LogLevel::Info)
        .batch_bytes(256)
        .flush_after_millis(10)
        .destination(sinks::file(&file).unwrap())
        .apply();
    info!("Counted", thread = 0, n = 0);
    assert!(eventually(|| text(&read(&file)).len() == 1));
    (1..500).for_each(|n| info!("Counted", thread = 0, n));
    assert!(eventually(|| text(&read(&file)).len() == 500));
    assert_each_once_in_order(&text(&read(&file)), 1, 500);
    to_memory();
}

#[test]
fn each_destination_has_its_threshold_filter_and_form() {
    let _alone = alone();
    let (all, errors, orders) = (MemorySink::new(), MemorySink::new(), MemorySink::new());
    configure()
        .format(Format::Text)
        .level(LogLevel::Debug)
        .destination(Destination::new(all.clone()))
        .destination(Destination::new(errors.clone()).threshold(LogLevel::Error).encoder(Json::new()))
        .destination(
            Destination::new(orders.clone()).filter(|record: &LogRecord<'_>| record.field("order").is_some()),
        )
        .apply();
    debug!("One");
    info!("Two", order = 2);
    error!("Three", order = 3);
    error!("Four");
    assert_eq!(messages(&all), ["One", "Two", "Three", "Four"]);
    assert_eq!(messages(&orders), ["Two", "Three"]);
    let errors = entries(Format::Json, &errors.bytes());
    let errors: Vec<&str> = errors.iter().map(|entry| entry.message.as_str()).collect();
    assert_eq!(errors, ["Three", "Four"]);
}

#[test]
fn enrichers_filters_and_a_clock_of_the_root_reach_every_logger() {
    // They can't be taken away again: a process of its own would be cleaner,
    // so they do nothing to the records of other tests.
    let _alone = alone();
    let memory = to_memory();
    configure()
        .enricher(|record: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)| {
            if record.field("enrich").is_some() {
                add("added", Value::U64(1));
                add("own", Value::Str("hidden"));
            }
        })
        .filter(|record: &LogRecord<'_>| record.field("filter_out").is_none())
        .clock(FixedClock(Timestamp::from_unix_micros(0)))
        .apply();
    info!(get_logger("a"), "Enriched", enrich = true, own = "kept");
    info!(get_logger("b"), "Never", filter_out = true);
    assert!(flush().is_complete());
    configure().clock(kakashi_std::SystemClock).apply();
    assert_eq!(memory.lines(), ["1970-01-01T00:00:00.000000Z INFO a Enriched enrich=true own=kept added=1"]);
}

#[test]
fn a_renamed_file_is_opened_anew_when_asked() {
    let _alone = alone();
    let folder = TestFolder::new();
    let (file, rotated) = (folder.file("log"), folder.file("log.1"));
    to_memory();
    configure().destination(sinks::file(&file).unwrap()).apply();
    info!("Counted", thread = 0, n = 0);
    assert!(flush().is_complete());
    std::fs::rename(&file, &rotated).unwrap();
    info!("Counted", thread = 0, n = 1);
    assert!(flush().is_complete());
    assert!(!file.exists(), "nobody has asked yet");
    sinks::reopen_files();
    info!("Counted", thread = 0, n = 2);
    assert!(flush().is_complete());
    assert_eq!(numbers(&text(&read(rotated)))[&0], [0, 1]);
    assert_eq!(numbers(&text(&read(file)))[&0], [2]);
    to_memory();
}

#[test]
fn processes_that_write_to_one_file_tear_no_line() {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let start = || {
        let mut command = Command::new(CHILD);
        command.arg("append").arg(&file).stderr(Stdio::piped());
        start_command(command)
    };
    for child in [start(), start(), start()] {
        let ended = child.ends();
        assert!(ended.status.success(), "{ended:?}");
    }
    let numbers = numbers(&text(&read(&file)));
    assert_eq!(numbers.len(), 3);
    assert!(numbers.values().all(|numbers| numbers.iter().copied().eq(0..5000)));
}

#[test]
fn the_default_is_text_on_stderr_where_nobody_looks() {
    let ended = run(CHILD, ["defaults", "-"]);
    assert_eq!(ended.stdout, "");
    let entry = of_text(&ended.stderr);
    assert_eq!((entry.logger.as_str(), entry.message.as_str()), ("root", "On the default destination"));
    assert_eq!(entry.get("n"), Some("1"));
}

/// Runs the child on a terminal of its own; none where there is no `script`.
#[cfg(target_os = "linux")]
fn on_a_terminal(no_color: &str) -> Option<String> {
    let mut command = Command::new("script");
    command.args(["-qec", &format!("{CHILD} defaults -"), "/dev/null"]);
    command.env("NO_COLOR", no_color).env("RUST_BACKTRACE", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    if Command::new("script").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: there is no `script` here");
        return None;
    }
    Some(start_command(command).ends().stdout)
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_gets_the_pretty_form_in_colour_unless_no_color_says_no() {
    let (Some(colour), Some(plain)) = (on_a_terminal(""), on_a_terminal("1")) else { return };
    assert!(colour.contains("On the default destination") && colour.contains("\u{1b}["), "{colour:?}");
    assert!(plain.contains("On the default destination") && !plain.contains('\u{1b}'), "{plain:?}");
    assert!(!plain.contains("Z INFO root "), "not the text line: {plain:?}");
}
