//! A ring that is given more than it holds.

mod common;

use common::{Sent, everywhere, number, sent, text};
use host::Program;
use serde_json::{Value, json};

const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

#[test]
fn what_finds_no_room_is_counted_by_level_and_announced_where_it_is_missing() {
    everywhere(|machine, sites| {
        let sent = sent(machine, Program::Bin("overrun"), sites);
        let rounds = sent.split_inclusive(|item| matches!(item, Sent::Record(record) if is_end(record)));
        let (mut count, mut dropped) = (0, 0);
        for (index, round) in rounds.enumerate() {
            let logger = ["newest", "oldest"][index % 2];
            dropped += check_round(round, logger, index as u64 / 2);
            count += 1;
        }
        assert_eq!(count, 100);
        println!("{machine:?} {sites:?}: {dropped} of {} dropped", count * 200);
    });
}

fn is_end(record: &Value) -> bool {
    text(record, "message") == "Round over"
}

/// Returns how many were dropped.
fn check_round(items: &[Sent], logger: &str, round: u64) -> u64 {
    let [items @ .., Sent::Record(end)] = items else { panic!("a round has an end: {items:?}") };
    assert_eq!((text(end, "logger"), number(end, "round")), (logger, round));
    let logged = [0, 0, number(end, "infos"), number(end, "warnings"), number(end, "errors"), 0];
    assert_eq!(logged.iter().sum::<u64>(), 200);

    let mut kept = [0; 6];
    let (mut dropped, mut next) = (None, 0);
    let mut was_announced = false;
    for item in items {
        match item {
            Sent::Dropped(counts) => {
                assert_eq!(dropped, None, "announced twice in a round");
                (dropped, was_announced) = (Some(*counts), true);
            }
            Sent::Record(record) => {
                let sequence = check_record(record, logger, round);
                // Nothing is missing before the announcement, and something at once after it.
                let missing = sequence - next;
                assert!(
                    missing == 0 || dropped.is_some(),
                    "{record}: nobody says that {missing} are missing"
                );
                assert!(missing > 0 || !was_announced, "{record}: nothing is missing here");
                (next, was_announced) = (sequence + 1, false);
                kept[level_of(record)] += 1;
            }
            Sent::Skipped(_) => unreachable!("all is whole"),
        }
    }
    let dropped = dropped.expect("the ring holds fewer");
    for level in 0..6 {
        assert_eq!(kept[level] + dropped[level], logged[level], "{} of {logger}", LEVELS[level]);
    }
    assert_eq!(dropped[3..], [0; 3], "evidence was lost while space was reserved for it");
    let is_first_kept = matches!(&items[0], Sent::Record(record) if number(record, "sequence") == 0);
    assert!(is_first_kept || logger == "oldest", "the newest give way: {:?}", items[0]);
    dropped.iter().sum()
}

fn level_of(record: &Value) -> usize {
    LEVELS.iter().position(|level| *level == text(record, "level")).expect("a level")
}

fn check_record(record: &Value, logger: &str, round: u64) -> u64 {
    let sequence = number(record, "sequence");
    let message = match text(record, "level") {
        "INFO" => "Noise",
        "WARNING" => "Rather warm",
        "ERROR" => "Too hot",
        other => panic!("nobody logs {other}"),
    };
    let should_be = json!({
        "timestamp": record["timestamp"], "level": record["level"], "logger": logger, "message": message,
        "round": round, "sequence": sequence, "check": (sequence as u32).wrapping_mul(0x9e37_79b1) ^ round as u32,
    });
    assert_eq!(*record, should_be);
    sequence
}
