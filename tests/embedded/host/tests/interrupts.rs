//! Interrupts that log into the ring that `main` logs into and drains.

mod common;

use common::{Sent, everywhere, number, sent, text};
use host::{Machine, Program, Sites};
use serde_json::{Value, json};

const INFO: usize = 2;
const WARNING: usize = 3;

#[test]
fn an_interrupt_in_the_middle_of_a_record_harms_neither() {
    everywhere(check);
}

/// What one context's numbers show.
#[derive(Default)]
struct Context {
    last: u64,
    kept: u64,
}

fn check(machine: Machine, sites: Sites) {
    let sent = sent(machine, Program::Bin("interrupts"), sites);
    let is_done = |item: &Sent| matches!(item, Sent::Record(record) if text(record, "message") == "Done");
    let runs: Vec<&[Sent]> = sent.split_inclusive(is_done).collect();
    let [newest, oldest] = runs[..] else { panic!("{} runs", runs.len()) };
    let (surplus, said) = check_run(newest);
    assert_eq!(surplus, [0; 6], "announced, but not missing");
    println!("{machine:?} {sites:?}, newest dropped: {said}");
    // One that gives way while the line takes it is counted, and delivered: few are.
    let (surplus, said) = check_run(oldest);
    let surplus: i64 = surplus.iter().sum();
    println!("{machine:?} {sites:?}, oldest dropped: {said}; {surplus} counted and delivered");
    assert!(surplus < 50, "{surplus} announced, but not missing");
}

/// Returns what was announced, but is not missing, and what there was.
fn check_run(sent: &[Sent]) -> ([i64; 6], String) {
    let (mut main, mut timer) = (Context::default(), Context::default());
    // Announced, and not yet seen to be missing.
    let mut announced = [0_i64; 6];
    let mut hits = 0;
    let Some((Sent::Record(done), sent)) = sent.split_last() else { panic!("no records") };
    assert_eq!((text(done, "message"), number(done, "main")), ("Done", 20_000));
    for item in sent {
        match item {
            Sent::Dropped(counts) => {
                for (announced, count) in announced.iter_mut().zip(counts) {
                    *announced += *count as i64;
                }
            }
            Sent::Record(record) => {
                let logger = text(record, "logger");
                let (context, sequence) = match logger {
                    "main" => (&mut main, check_step(record)),
                    "timer" => (&mut timer, check_tick(record)),
                    _ => panic!("{record}"),
                };
                assert!(sequence > context.last, "{sequence} after {} of {logger}", context.last);
                miss(logger, context.last + 1..sequence, &mut announced);
                *context = Context { last: sequence, kept: context.kept + 1 };
                // Its clock was read before the interrupt that stands before it.
                hits += u32::from(logger == "main" && time(record) < timer.last);
            }
            Sent::Skipped(_) => unreachable!("all is whole"),
        }
    }
    let ticks = number(done, "timer");
    miss("main", main.last + 1..20_001, &mut announced);
    miss("timer", timer.last + 1..ticks + 1, &mut announced);
    assert!(main.kept < 20_000, "a burst should be too much");
    assert!(main.kept > 15_000 && timer.kept > 1_000 && hits > 100, "too few to tell");
    let said = format!(
        "{} of 20000 records of main, {} of {ticks} of the interrupt, {hits} times in a record",
        main.kept, timer.kept
    );
    (announced, said)
}

/// Takes missing records off those that were announced before.
fn miss(logger: &str, missing: std::ops::Range<u64>, announced: &mut [i64; 6]) {
    for sequence in missing {
        let level = if logger == "timer" && sequence.is_multiple_of(16) { WARNING } else { INFO };
        announced[level] -= 1;
        assert!(announced[level] >= 0, "{logger}'s {sequence} is missing, and nobody has said so");
    }
}

fn time(record: &Value) -> u64 {
    let time = text(record, "timestamp").trim_matches(['+', 's']).replace('.', "");
    time.parse().expect("an uptime")
}

fn check_step(record: &Value) -> u64 {
    let sequence = number(record, "sequence");
    let letters = &"abcdefghijklmnopqrstuvwxyz"[..sequence as usize % 27];
    let should_be = json!({
        "timestamp": record["timestamp"], "level": "INFO", "logger": "main", "message": "Step",
        "sequence": sequence, "negative": -(sequence as i64) * 1_000_003, "text": letters, "odd": sequence % 2 == 1,
    });
    assert_eq!(*record, should_be);
    sequence
}

fn check_tick(record: &Value) -> u64 {
    let sequence = number(record, "sequence");
    let should_be = if sequence.is_multiple_of(16) {
        json!({
            "timestamp": record["timestamp"], "level": "WARNING", "logger": "timer", "message": "Sixteen ticks",
            "sequence": sequence, "inverse": !(sequence as u32),
        })
    } else {
        json!({
            "timestamp": record["timestamp"], "level": "INFO", "logger": "timer",
            "message": format!("Tick {sequence}"), "sequence": sequence, "square": sequence * sequence,
        })
    };
    assert_eq!(*record, should_be);
    assert_eq!(time(record), sequence);
    sequence
}
