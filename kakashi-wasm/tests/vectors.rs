//! The conformance vectors in wasm: the same bytes as on every platform.

use kakashi_tests::harness::lines;
use kakashi_tests::harness::vectors::{Mismatches, block, vectors};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn every_line_is_the_vectors() {
    let mut wrong = Mismatches::default();
    let vectors = vectors();
    assert!(vectors.len() >= 200);
    for vector in vectors {
        vector.record.prepare().with(|record| vector.compare_lines(record, &mut wrong));
    }
}

#[wasm_bindgen_test]
fn every_block_is_the_vectors() {
    let mut wrong = Mismatches::default();
    for vector in vectors() {
        wrong.compare(&vector, "block", &vector.block, &block(&vector.record.prepare()));
    }
}

#[wasm_bindgen_test]
fn the_vectors_blocks_are_read_as_their_lines() {
    let mut wrong = Mismatches::default();
    for vector in vectors() {
        vector.compare_lines(&lines::only_record(&vector.block), &mut wrong);
    }
}
