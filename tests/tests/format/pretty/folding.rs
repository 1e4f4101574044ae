//! A folded line is true: the line above has the very fields.

use std::sync::Barrier;
use std::thread;

use kakashi_core::{Encoder as _, Scope as _};
use kakashi_core::{EncoderCache, Field, LogContext, LogLevel, LogRecord, Name, Output, Pretty, Timestamp};
use kakashi_std::sinks::MemorySink;
use kakashi_std::{Destination, LoggerConfig, configure, create_custom_logger, flush, get_async_logger};
use proptest::collection::vec;
use proptest::prelude::*;

/// Contexts that are easily taken for each other.
fn contexts() -> Vec<LogContext> {
    let first = LogContext::new().with_request_id("r-1").with_user_id("u-1");
    vec![
        LogContext::new(),
        first.clone(),
        first.with_user_id("u-2"),
        first.with_custom(&[Field::new("step", &2)]),
        LogContext::new().with_request_id("r-1"),
        LogContext::new().with_request_id("r-2").with_user_id("u-1"),
        LogContext::new().with_custom(&[Field::new("user_id", &"u-1"), Field::new("request_id", &"r-1")]),
    ]
}

/// Returns the fields of a context as a line has them.
fn fields_of(context: &LogContext) -> String {
    let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("l"), "m");
    let mut room = [0; 1024];
    let mut out = Output::new(&mut room);
    Pretty::terminal().encode(&record.with_context(context.fields()), &mut EncoderCache::new(), &mut out);
    let line = String::from_utf8(out.written().to_vec()).unwrap();
    line.trim_end().strip_prefix("00:00:00.000 INFO  l  m").unwrap().trim_start().to_owned()
}

/// Reads lines that say the number of their context in the message, as a person does; returns how
/// many were folded.
fn check(text: &str) -> usize {
    let all: Vec<String> = contexts().iter().map(fields_of).collect();
    let (mut above, mut folded, mut in_a_row) = (String::new(), 0, 0);
    for line in text.lines() {
        let (_, rest) = line.split_once("Context ").unwrap();
        let (number, fields) = rest.split_once("  ").unwrap_or((rest, ""));
        let expected = &all[number.parse::<usize>().unwrap()];
        if let Some(named) = fields.strip_suffix(" ⋮") {
            assert!(above.split(' ').any(|field| field == named), "{named} is not in {above}");
            folded += 1;
            in_a_row += 1;
            assert!(in_a_row < 20, "a screen shows all fields once");
        } else {
            above = fields.to_owned();
            in_a_row = 0;
        }
        assert_eq!(&above, expected, "{line}");
    }
    folded
}

proptest! {
    #[test]
    fn what_a_reader_takes_from_above_is_what_the_record_says(
        numbers in vec((0..7_usize, 1..40_usize), 0..30), room in 0..64_usize
    ) {
        let (pretty, contexts) = (Pretty::terminal().fold(true), contexts());
        let (mut cache, mut text) = (EncoderCache::of_stream(), String::new());
        for (number, times) in numbers {
            for _ in 0..times {
                let message = format!("Context {number}");
                let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("l"), &message);
                let record = record.with_context(contexts[number].fields());
                // What does not fit is encoded again.
                let mut memory = vec![0; room];
                loop {
                    let mut out = Output::new(&mut memory);
                    pretty.encode(&record, &mut cache, &mut out);
                    let (needed, overflowed) = (out.position(), out.overflowed());
                    if !overflowed {
                        text.push_str(str::from_utf8(out.written()).unwrap());
                        break;
                    }
                    memory.resize(needed, 0);
                }
            }
        }
        check(&text);
    }
}

#[test]
fn threads_that_log_at_once_fold_by_the_line_that_stands_above() {
    const THREADS: usize = 4;
    let (sync_lines, async_lines) = (MemorySink::new(), MemorySink::new());
    let pretty = Pretty::terminal().fold(true);
    let config = LoggerConfig::new().destination(Destination::new(sync_lines.clone()).encoder(pretty));
    let logger = create_custom_logger("sync", config);
    configure().destination(Destination::new(async_lines.clone()).encoder(pretty)).apply();
    let in_ring = get_async_logger("async");
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (logger, in_ring, barrier, contexts) = (&logger, &in_ring, &barrier, contexts());
            scope.spawn(move || {
                barrier.wait();
                for round in 0..500 {
                    let number = (thread + round / 7) % contexts.len();
                    let _scope = contexts[number].enter();
                    let message = format!("Context {number}");
                    for _ in 0..3 {
                        logger.info(&message, &[]);
                        in_ring.info(&message, &[]);
                    }
                }
            });
        }
    });
    logger.flush();
    flush();
    for lines in [sync_lines.text(), async_lines.text()] {
        assert_eq!(lines.lines().count(), THREADS * 1500);
        assert!(check(&lines) > 0, "none was folded");
    }
}
