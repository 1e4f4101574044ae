//! Whatever the bytes are: time and output grow with their number, memory is four times a
//! block at most.
//!
//! Time is measured as a ratio to that of an ordinary log in the same run, so that no machine
//! is too slow; a search that begins anew for each byte is thousands of times over the limit.

use std::fs;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use kakashi_core::wire::{Item, Reader};
use kakashi_core::{Encoder, EncoderCache, Json, Output, Pretty, Text};
use kakashi_tests::harness::process::{TestFolder, start_command};

use crate::bombs::{Bomb, bombs, ordinary};
use crate::common::{binary, kakashi};

/// How many times as long as one of an ordinary log a byte may take, one that is read or
/// one that is written. An ordinary one takes some 10 ns, so that this is a microsecond.
const MOST_TIMES: f64 = 100.0;

/// Reads a stream, and makes lines of its records while these are not much longer; returns
/// how many bytes were read and written.
fn read(stream: &[u8], encoder: &dyn Encoder) -> usize {
    let (mut room, mut cache, mut written) = (vec![0; 1 << 20], EncoderCache::new(), 0);
    for item in Reader::new(stream) {
        if let Item::Record(record) = item
            && written < 64 * stream.len()
        {
            let mut out = Output::new(&mut room);
            encoder.encode(&record, &mut cache, &mut out);
            written += out.position();
        }
    }
    assert!(Reader::new(stream).unfinished() <= stream.len());
    stream.len() + written
}

fn nanos_a_byte(stream: &[u8], encoder: &dyn Encoder) -> f64 {
    let mut best = Duration::MAX;
    let mut bytes = 0;
    for _ in 0..3 {
        let start = Instant::now();
        bytes = read(stream, encoder);
        best = best.min(start.elapsed());
    }
    best.as_nanos() as f64 / bytes as f64
}

#[test]
fn a_byte_takes_bounded_time_whatever_it_is() {
    let ordinary = ordinary(1 << 18);
    let encoders: [&dyn Encoder; 3] = [&Text, &Json::new(), &Pretty::new()];
    for encoder in encoders {
        let usual = nanos_a_byte(&ordinary, encoder);
        for Bomb { name, bytes } in bombs(1 << 16) {
            let nanos = nanos_a_byte(&bytes, encoder);
            assert!(nanos < MOST_TIMES * usual, "{name}: {nanos} ns a byte, an ordinary log {usual}");
        }
    }
}

#[test]
fn a_reader_keeps_less_than_three_times_a_block() {
    for Bomb { name, bytes } in bombs(1 << 20) {
        let (mut records, mut skipped) = (0, 0);
        let memory = measure(|| {
            for item in Reader::new(&bytes) {
                match item {
                    Item::Record(_) => records += 1,
                    Item::Skipped(len) => skipped += len,
                    _ => {}
                }
            }
        });
        // What is kept of the first thousand ids does not grow with the block.
        let most = 3 * bytes.len() as u64 + (512 << 10);
        assert!(memory.bytes_max <= most, "{name}: {} bytes for {}", memory.bytes_max, bytes.len());
        assert!(skipped <= bytes.len(), "{name}");
        if name == "very many sites, each used" {
            assert_eq!((records, skipped), ((1 << 20) / 20, 0));
        }
    }
}

#[test]
fn the_command_writes_lines_of_bounded_length_in_bounded_memory() {
    let folder = TestFolder::new();
    let (file, lines) = (folder.file("bomb.klog"), folder.file("lines"));
    for Bomb { name, bytes } in bombs(1 << 18) {
        fs::write(&file, &bytes).unwrap();
        let mut command = std::process::Command::new("sh");
        // Beside the block and its table: the program, two lines and what it takes to cut one.
        let kilobytes = 4 * (bytes.len() >> 10) + (120 << 10);
        let script = format!("ulimit -v {kilobytes}; exec \"$0\" decode \"$1\" > \"$2\"");
        command.args(["-c", &script]).args([binary(), &file, &lines]);
        command.stderr(std::process::Stdio::piped());
        let ended = start_command(command).ends();
        assert!(matches!(ended.status.code(), Some(0 | 1)), "{name}: {:?} {}", ended.status, ended.stderr);
        assert!(ended.stderr.lines().count() <= 20, "{name}: {}", ended.stderr);
        let written = fs::read(&lines).unwrap();
        let longest = written.split(|&byte| byte == b'\n').map(<[u8]>::len).max().unwrap();
        assert!(longest < 16 << 20, "{name}: {longest}");
        assert!(written.len() <= 256 * bytes.len() + (16 << 20), "{name}: {}", written.len());
        if name == "a large field, named often" || name == "a large context and very many records" {
            let is_marked = written.windows(11).any(|part| part == b" bytes cut)");
            assert!(is_marked && ended.stderr.contains("--max-line"), "{name}: {}", ended.stderr);
        }
        if name == "a large context and ten records" {
            assert_eq!(written.iter().filter(|&&byte| byte == b'\n').count(), 10);
        }
        if name == "braces that never close" {
            assert!(written.len() > 1 << 17 && ended.stderr.is_empty(), "{}", written.len());
        }
    }
}

#[test]
fn a_longer_line_is_whole_where_it_is_asked_for() {
    let folder = TestFolder::new();
    let file = folder.file("bomb.klog");
    let bomb = bombs(1 << 14).into_iter().find(|bomb| bomb.name == "a large field, named often").unwrap();
    fs::write(&file, &bomb.bytes).unwrap();
    let full_len = 2031 << 14;
    for (limit, is_whole) in [("16M", false), ("64M", true)] {
        let ended = start_command(kakashi(["decode", "--max-line", limit, file.to_str().unwrap()])).ends();
        assert_eq!(ended.status.code(), Some(i32::from(!is_whole)), "{}", ended.stderr);
        let count = ended.stdout.bytes().filter(|&byte| byte == b'x').count();
        assert_eq!(count == full_len, is_whole, "{limit}: {count} of {full_len}");
        assert_eq!(ended.stdout.contains(" bytes cut)"), !is_whole);
    }
}
