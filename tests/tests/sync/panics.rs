//! Records of panics.

#![cfg(target_os = "linux")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use kakashi_std::{
    AsyncConfig, Capture, CapturedRecord, LevelFilter, LogContext, LogLevel, LogRecord, Scope as _, Value,
    capture, configure, error, fields, flush, get_async_logger, get_logger, info, set_custom_context,
};
use kakashi_tests::harness::fake_sinks::{Gate, behind, hold_writer};
use kakashi_tests::harness::fake_values::Runs;
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::{TestFolder, read, run, start_command};
use kakashi_tests::harness::read_back::text;

const CHILD: &str = env!("CARGO_BIN_EXE_child");

fn text_of<'a>(value: Option<Value<'a>>) -> &'a str {
    if let Some(Value::Str(text)) = value { text } else { panic!("no text: {value:?}") }
}

/// The only record of a panic.
fn only(captured: &Capture) -> CapturedRecord {
    let records = captured.records();
    let mut panics = records.iter().filter(|record| record.logger() == "panic");
    let record = panics.next().expect("the panic is logged").clone();
    assert!(panics.next().is_none(), "{records:#?}");
    record
}

#[test]
fn a_panic_is_a_record_with_its_text_its_place_its_thread_and_its_context() {
    let _alone = alone();
    let captured = capture();
    info!("Before");
    let context = kakashi_std::current_context();
    let thread = thread::Builder::new().name("worker 7".into()).spawn(move || {
        let _scope = context.merge(&LogContext::new().with_request_id("r-1")).enter();
        panic!("no more {}", "paper");
    });
    let line = line!() - 2;
    assert!(thread.unwrap().join().is_err());
    let record = only(&captured);
    assert_eq!((record.level(), record.message()), (LogLevel::Critical, "Panicked"));
    assert_eq!(text_of(record.field("exception.type")), "panic");
    assert_eq!(text_of(record.field("exception.message")), "no more paper");
    assert_eq!(text_of(record.field("thread")), "worker 7");
    assert_eq!(text_of(record.field("request_id")), "r-1");
    let place = format!("tests/sync/panics.rs:{line}:");
    assert!(text_of(record.field("location")).contains(&place), "{record:?}");
    assert_eq!(captured.records()[0].message(), "Before");
}

#[test]
fn a_backtrace_has_neither_kakashis_frames_nor_the_runtimes() {
    let folder = TestFolder::new();
    let file = folder.file("log");
    for (variable, is_whole) in [("1", false), ("full", true)] {
        let mut command = Command::new(CHILD);
        command.arg("panic").arg(&file).env("RUST_BACKTRACE", variable).env_remove("RUST_LIB_BACKTRACE");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        start_command(command).ends();
        let text = String::from_utf8(read(&file)).unwrap();
        let record = text.lines().find(|line| line.contains("exception.stacktrace=")).expect("a backtrace");
        assert!(record.contains("child::ends::panics"), "{record}");
        for frame in ["kakashi_std::lifecycle::panic", "rust_begin_unwind", "__libc_start_call_main"] {
            assert_eq!(record.contains(frame), is_whole, "{frame}: {record}");
        }
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_panic_of_a_value_is_its_own_and_so_is_what_is_unwound_without_a_panic() {
    let _alone = alone();
    let captured = capture();
    info!("Shown", value = %Runs(|| panic!("the value panics")));
    assert!(catch_unwind(|| resume_unwind(Box::new(1))).is_err());
    assert_eq!(captured.records().len(), 1, "{captured:?}");
    assert!(catch_unwind(|| std::panic::panic_any(7)).is_err());
    assert_eq!(text_of(only(&captured).field("exception.message")), "of a type that is no text");
}

#[test]
fn the_record_of_a_panic_stands_after_what_led_to_it() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, AsyncConfig::new());
    let queued = get_async_logger("queued");
    for n in 0..10 {
        info!(queued, "Led to it", n);
        info!("Led to it", n);
        assert!(catch_unwind(|| panic!("as asked")).is_err());
        let entries = text(&memory.bytes());
        let messages: Vec<_> = entries.iter().rev().take(3).map(|entry| &*entry.message).collect();
        assert_eq!(messages, ["Panicked", "Led to it", "Led to it"]);
    }
    configure().reset().apply();
}

#[test]
fn unwinding_begins_in_time_though_a_sink_is_stuck() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, AsyncConfig::new());
    let logger = get_logger("stuck");
    let held = hold_writer(&gate, || {
        thread::spawn(move || error!(logger, "Held"));
    });
    let begun = Instant::now();
    assert!(catch_unwind(|| panic!("as asked")).is_err());
    // A second, on a machine that may be slow.
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    drop(held);
    assert!(flush().is_complete());
    assert!(memory.text().contains("CRITICAL panic Panicked"), "{}", memory.text());
    configure().reset().apply();
}

#[test]
fn an_enricher_and_a_filter_that_panic_do_not_abort_a_panic() {
    let _alone = alone();
    let captured = capture();
    configure()
        .enricher(|_: &LogRecord<'_>, _: &mut dyn FnMut(&str, Value<'_>)| panic!("the enricher panics"))
        .filter(|_: &LogRecord<'_>| -> bool { panic!("the filter panics") })
        .apply();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        set_custom_context(fields![step = 3]);
        panic!("as asked")
    }));
    configure().reset().apply();
    assert!(caught.is_err());
    assert_eq!(text_of(only(&captured).field("exception.message")), "as asked");
}

#[test]
fn a_level_turns_it_off() {
    let _alone = alone();
    let captured = capture();
    configure().level_of("panic", LevelFilter::OFF).apply();
    assert!(catch_unwind(|| panic!("as asked")).is_err());
    configure().reset().apply();
    assert!(captured.records().is_empty(), "{captured:?}");
}

#[test]
fn the_text_on_stderr_is_kept_or_not_by_choice() {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let ended = run(CHILD, ["panic_without_text".as_ref(), file.as_os_str()]);
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(101), ""), "{ended:?}");
    let entries = text(&read(file));
    let last = entries.last().unwrap();
    assert_eq!((last.logger.as_str(), last.message.as_str()), ("panic", "Panicked"));
    assert_eq!(last.get("exception.message"), Some("as asked"));
    // What can't be written is printed.
    let ended = run(CHILD, ["panic_without_text", "/dev/full"]);
    assert!(ended.stderr.contains("as asked"), "{ended:?}");
}
