//! What the conformance vectors say, which were made without a line of Rust:
//! see `tests/vectors/README.md`.

use std::collections::BTreeSet;

use kakashi_core::codec::Cursor;
use kakashi_core::value::KINDS;
use kakashi_core::{CatchPanic, Pipeline, Redaction, Scratch, Value};
use kakashi_tests::harness::lines;
use kakashi_tests::harness::vectors::{Mismatches, block, redactions, vectors};
use kakashi_tests::model::record::OwnedMessage;
use kakashi_tests::oracle::expected;
use kakashi_tests::oracle::text_line::ParsedLine;

#[test]
fn every_line_is_the_vectors() {
    let mut wrong = Mismatches::default();
    for vector in vectors() {
        vector.record.prepare().with(|record| vector.compare_lines(record, &mut wrong));
    }
}

#[test]
fn what_must_not_be_written_is_what_the_vectors_of_redaction_leave_out() {
    let mut wrong = Mismatches::default();
    for (paths, vector) in redactions() {
        let redaction = Redaction::new(&paths);
        let prepared = vector.record.prepare();
        let context = redaction.context(prepared.context());
        let pipeline = Pipeline { redaction, ..Pipeline::default() };
        prepared.with(|record| {
            let mut record = *record;
            record.set_context(context.fields());
            pipeline.run(&record, &mut Scratch::new(), &CatchPanic, |record| {
                vector.compare_lines(record, &mut wrong);
            });
        });
    }
}

#[test]
fn every_block_is_the_vectors() {
    let mut wrong = Mismatches::default();
    for vector in vectors() {
        wrong.compare(&vector, "block", &vector.block, &block(&vector.record.prepare()));
    }
}

#[test]
fn the_vectors_blocks_are_read_as_their_lines() {
    let mut wrong = Mismatches::default();
    for vector in vectors() {
        let record = lines::only_record(&vector.block);
        vector.compare_lines(&record, &mut wrong);
        wrong.compare(&vector, "sequence", &vector.record.sequence, &record.sequence);
        let place =
            record.location().map(|place| (place.module.to_owned(), place.file.to_owned(), place.line));
        let expected = match &vector.record.message {
            OwnedMessage::Site { module, file, line: line @ 1.., .. }
            | OwnedMessage::Placed { module, file, line: line @ 1.., .. } => {
                Some((module.clone(), file.clone(), *line))
            }
            _ => None,
        };
        wrong.compare(&vector, "location", &expected, &place);
    }
}

#[test]
fn the_vectors_lines_say_what_their_records_say() {
    // Checks the reader and the model that the properties stand on.
    let mut wrong = Mismatches::default();
    for vector in vectors() {
        wrong.compare(&vector, "line", &Ok(expected::text(&vector.record)), &ParsedLine::read(&vector.text));
    }
}

#[test]
fn there_are_vectors_of_every_kind() {
    let vectors = vectors();
    assert!(vectors.len() >= 200);
    let count = |is_one: fn(&OwnedMessage) -> bool| {
        vectors.iter().filter(|vector| is_one(&vector.record.message)).count()
    };
    assert!(count(|message| matches!(message, OwnedMessage::Site { .. })) > 20);
    assert!(count(|message| matches!(message, OwnedMessage::Literal(_))) > 20);
    assert!(count(|message| matches!(message, OwnedMessage::Placed { .. })) >= 10);
}

/// Adds the kind of a value, and those of the values inside it.
fn add_kinds(value: &Value<'_>, kinds: &mut BTreeSet<&'static str>) {
    kinds.insert(value.kind());
    let (Value::List(bytes) | Value::Map(bytes)) = *value else { return };
    let mut inside = Cursor::new(bytes);
    while !inside.is_empty() {
        if matches!(value, Value::Map(_)) {
            inside.text().expect("a key");
        }
        add_kinds(&inside.value().expect("a value"), kinds);
    }
}

/// Readers in other languages are tested with the vectors, and fail where they do not know
/// a kind: so one that the vectors have can't be forgotten there.
#[test]
fn the_vectors_have_a_value_of_every_kind_that_the_wire_has() {
    let mut kinds = BTreeSet::new();
    for vector in vectors() {
        lines::only_record(&vector.block).for_each_field(|_, value| add_kinds(value, &mut kinds));
    }
    // What these four yield is a list, a map or text when it is read.
    let foreign = ["composite", "display", "debug", "error"];
    let expected: BTreeSet<_> = KINDS.iter().copied().filter(|kind| !foreign.contains(kind)).collect();
    assert_eq!(kinds, expected);
}
