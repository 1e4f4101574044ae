//! Any bytes are read in bounded time and memory a byte.
//!
//!     cargo +nightly fuzz run --fuzz-dir tests/fuzz bounds -- -max_total_time=60 -max_len=65536
//!
//! Memory is counted. Time is a ratio to that of an ordinary log in the same process, so
//! that no machine and no sanitizer is too slow for it.

#![no_main]

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use kakashi_core::wire::{Item, Reader};
use kakashi_core::{Encoder as _, EncoderCache, Json, Output};
use kakashi_tests::oracle::block;
use libfuzzer_sys::fuzz_target;

/// How many times as long as one of an ordinary log a byte may take, read or written.
const MOST_TIMES: u32 = 100;
/// What any input may take: a look at the clock, the first thousand ids.
const FREE_TIME: Duration = Duration::from_millis(2);
const FREE_MEMORY: u64 = 512 << 10;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    check(&block::of_items(bytes));
});

fn check(stream: &[u8]) {
    let memory = measure(|| _ = black_box(Reader::new(stream).count()));
    let most = 3 * stream.len() as u64 + FREE_MEMORY;
    assert!(memory.bytes_max <= most, "{} bytes of memory for {}", memory.bytes_max, stream.len());
    // Something else may have run meanwhile.
    let fastest = (0..5).map(|_| time(stream)).find(|(took, bytes)| *took <= limit(*bytes));
    assert!(fastest.is_some(), "{:?} for {} bytes", time(stream), stream.len());
}

fn limit(bytes: usize) -> Duration {
    static USUAL: OnceLock<(Duration, usize)> = OnceLock::new();
    let (took, of) = USUAL.get_or_init(|| {
        let site = [&[1, 20][..], &block::text("Order {id}"), &[1], &block::text("id")].concat();
        let record = block::item(4, &[1, 2, 7, 9, 1, 0x12, 7, 9]);
        let stream = block::of_items(&[block::item(1, &site), record.repeat(10_000)].concat());
        (0..5).map(|_| time(&stream)).min().unwrap_or_default()
    });
    FREE_TIME + took.mul_f64(f64::from(MOST_TIMES) * bytes as f64 / *of as f64)
}

/// Reads a stream and makes lines of it while these are not much longer; returns how long it
/// took, and how many bytes were read and written.
fn time(stream: &[u8]) -> (Duration, usize) {
    let (mut room, mut cache, mut written) = (vec![0; 1 << 16], EncoderCache::new(), 0);
    let start = Instant::now();
    for item in Reader::new(stream) {
        if let Item::Record(record) = item
            && written < 64 * stream.len()
        {
            let mut out = Output::new(&mut room);
            Json::new().encode(&record, &mut cache, &mut out);
            written += out.position();
        }
    }
    black_box(Reader::new(stream).unfinished());
    (start.elapsed(), stream.len() + written)
}
