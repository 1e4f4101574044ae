//! Which blocks the wire encoder writes, and what they explain.

use super::*;
#[cfg(feature = "std")]
use crate::wire::finish_block;
use crate::wire::{Item, Reader};

/// Two names with one FNV-1a hash.
const TWINS: [&str; 2] = ["8yn0iYCKYHlIj4-BwPqk", "GReLUrM4wMqfg9yzV3KQ"];

fn lines(stream: &[u8]) -> Vec<String> {
    Reader::new(stream)
        .map(|item| match item {
            Item::Record(record) => line(&Text, &record),
            other => panic!("no record: {other:?}"),
        })
        .collect()
}

#[test]
fn names_whose_hashes_collide_stay_apart() {
    let mut room = [0; 512];
    let mut out = Output::new(&mut room);
    let mut cache = EncoderCache::new();
    let order = [0, 1, 0, 0, 1];
    for twin in order {
        let record = LogRecord::new(NOON, LogLevel::Info, Name::new(TWINS[twin]), "m");
        Wire.encode(&record, &mut cache, &mut out);
    }
    Wire.finish(&mut cache, &mut out);
    let read = lines(out.written());
    for (twin, line) in order.iter().zip(&read) {
        assert_eq!(line, &format!("2026-11-22T10:12:00.123456Z INFO {} m", TWINS[*twin]));
    }
    assert_eq!(read.len(), order.len());
}

#[test]
fn a_block_explains_a_site_a_name_and_a_context_once() {
    let mut room = [0; 2048];
    let mut out = Output::new(&mut room);
    let mut cache = EncoderCache::new();
    let mut ends = vec![0];
    with_rich_record(|record| {
        for _ in 0..3 {
            Wire.encode(record, &mut cache, &mut out);
            ends.push(out.position());
        }
        Wire.finish(&mut cache, &mut out);
        assert!(ends[1] > 2 * (ends[2] - ends[1]));
        assert_eq!(ends[3] - ends[2], ends[2] - ends[1]);
        assert_eq!(lines(out.written()), vec![line(&Text, record); 3]);
    });
}

#[test]
fn a_next_block_explains_everything_again() {
    with_rich_record(|record| {
        let mut cache = EncoderCache::new();
        let blocks = [(); 2].map(|()| {
            let mut room = vec![0; 1024];
            let mut out = Output::new(&mut room);
            Wire.encode(record, &mut cache, &mut out);
            Wire.finish(&mut cache, &mut out);
            out.written().to_vec()
        });
        assert_eq!(blocks[0], blocks[1]);
    });
}

#[cfg(feature = "std")]
#[test]
fn records_of_a_block_may_have_an_output_each() {
    with_rich_record(|rich| {
        let twins =
            TWINS.map(|name| LogRecord::new(NOON, LogLevel::Info, Name::new(name), "8yn0iYCKYHlIj4-BwPqk"));
        let records = [&twins[0], &twins[1], rich, &twins[1], &twins[0], rich, &twins[0]];
        let mut cache = EncoderCache::new();
        let (mut block, mut lens) = (Vec::new(), Vec::new());
        for record in records {
            assert_eq!(cache.is_in_block(), !block.is_empty());
            let mut room = [0; 512];
            let mut out = Output::new(&mut room);
            Wire.encode(record, &mut cache, &mut out);
            lens.push(out.written().len());
            block.extend_from_slice(out.written());
        }
        cache.leave_block();
        assert!(!cache.is_in_block());
        block.extend_from_slice(&[0; 4]);
        finish_block(&mut block);
        assert_eq!(lines(&block), records.map(|record| line(&Text, record)));
        // What is explained is not explained again; of two names with one hash the later
        // one is found.
        assert!(lens[5] < lens[2] && lens[3] < lens[1] && lens[4] > lens[3]);
    });
}

#[test]
fn a_record_that_does_not_fit_leaves_no_trace_in_the_block() {
    with_rich_record(|rich| {
        let plain = record("first");
        let write = |spoil: bool| {
            let mut cache = EncoderCache::new();
            let mut room = vec![0; 2048];
            let mut at = 0;
            for record in [&plain, rich, &plain, rich] {
                if spoil {
                    for less in (0..200).step_by(STEP) {
                        let mut out = Output::resume(&mut room[..at + less], at);
                        Wire.encode(record, &mut cache, &mut out);
                        if !out.overflowed() {
                            break;
                        }
                    }
                }
                let mut out = Output::resume(&mut room, at);
                Wire.encode(record, &mut cache, &mut out);
                at = out.position();
            }
            let mut out = Output::resume(&mut room, at);
            Wire.finish(&mut cache, &mut out);
            lines(out.written())
        };
        let expected = [&plain, rich, &plain, rich].map(|record| line(&Text, record));
        assert_eq!(write(false), expected);
    });
}

#[test]
fn a_long_record_has_a_longer_length() {
    let lengths: &[usize] = if cfg!(miri) { &[16_384] } else { &[16_300, 16_383, 16_384, 40_000] };
    for &len in lengths {
        let long = "x".repeat(len);
        let fields = [Field::new("k", &long)];
        let record = record("m").with_fields(&fields);
        let mut room = vec![0; 50_000];
        let mut out = Output::new(&mut room);
        let mut cache = EncoderCache::new();
        Wire.encode(&record, &mut cache, &mut out);
        Wire.finish(&mut cache, &mut out);
        assert_eq!(lines(out.written()), [line(&Text, &record)]);
    }
}

#[test]
fn an_empty_batch_is_no_block() {
    let mut room = [0; 32];
    let mut out = Output::new(&mut room);
    Wire.finish(&mut EncoderCache::new(), &mut out);
    assert_eq!(out.position(), 0);
}
