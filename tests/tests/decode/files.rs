//! Stored blocks become lines; damage costs the block it is in, no other.

use std::fs;

use kakashi_core::wire::{Item, Reader};
use kakashi_core::{
    Bytes, DropReason, Dropped, Encoder, EncoderCache, Json, LogLevel, LogRecord, Logfmt, Name, Output,
    Profile, Text, Timestamp, Wire, fields,
};
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::vectors::vectors;

use crate::common::{assert_ends, decode, stream};

#[test]
fn the_vectors_become_the_vectors_lines() {
    let vectors = vectors();
    let stream: Vec<u8> = vectors.iter().flat_map(|vector| vector.block.clone()).collect();
    let text: String = vectors.iter().map(|vector| vector.text.as_str()).collect();
    let json: String = vectors.iter().map(|vector| vector.json.as_str()).collect();
    assert!(vectors.len() >= 200);
    let folder = TestFolder::new();
    let file = folder.file("vectors.klog");
    fs::write(&file, &stream).unwrap();
    let file = file.to_str().unwrap();
    for (arguments, lines) in [
        (&[][..], &text),
        (&["-"], &text),
        (&[file], &text),
        (&["--format", "text", file], &text),
        (&["--format", "json", file], &json),
        (&["--format=json", "-"], &json),
        (&[file, "-"], &text.repeat(2)),
    ] {
        assert_ends(&decode(arguments, &stream), 0, lines, "");
    }
    let pretty = decode(&["--format", "pretty"], &stream);
    assert_eq!((pretty.status.code(), pretty.stderr.as_str()), (Some(0), ""));
    assert!(!pretty.stdout.contains('\x1b'), "no colour for who is no terminal");
    assert!(pretty.stdout.lines().count() >= vectors.len());
}

#[test]
fn every_platform_and_pattern_gets_the_lines_of_its_encoder() {
    const PATTERN: &str = "{time:%F} {level:>8} [{logger}] {message} {fields}";
    let stream: Vec<u8> = vectors().iter().flat_map(|vector| vector.block.clone()).collect();
    let platform = |profile| Box::new(Json::profile(profile));
    let encoders: [(&[&str], Box<dyn Encoder>); 8] = [
        (&["--format", "logfmt"], Box::new(Logfmt)),
        (&["--format", "ecs"], platform(Profile::Ecs)),
        (&["--format", "gcp"], platform(Profile::Gcp)),
        (&["--format", "datadog"], platform(Profile::Datadog)),
        (&["--format", "otel"], platform(Profile::OpenTelemetry)),
        (&["--format", "pino"], platform(Profile::Pino)),
        // The process that wrote the log is not known.
        (&["--format", "bunyan"], Box::new(Json::profile(Profile::Bunyan).hostname("unknown").process_id(0))),
        (&["--pattern", PATTERN], Box::new(Text::pattern(PATTERN).unwrap())),
    ];
    for (arguments, encoder) in &encoders {
        let mut room = vec![0; 1 << 20];
        let mut out = Output::new(&mut room);
        let mut cache = EncoderCache::new();
        for item in Reader::new(&stream) {
            if let Item::Record(record) = item {
                encoder.encode(&record, &mut cache, &mut out);
            }
        }
        let lines = String::from_utf8(out.written().to_vec()).unwrap();
        assert!(lines.lines().count() >= 200, "{arguments:?}");
        assert_ends(&decode(arguments, &stream), 0, &lines, "");
    }
}

#[test]
fn garbage_is_skipped_anywhere_and_reported_with_its_place() {
    let (one, line) = stream(1);
    let garbage = b"\xf5kk\xfa\x01\0\x05 garbage \xf5\n";
    let len = garbage.len();
    let report = |offset: usize, bytes: usize| {
        format!("kakashi: stdin: {bytes} damaged bytes at offset {offset} were passed over\n")
    };
    for (bytes, lines, stderr) in [
        ([&garbage[..], &one].concat(), 1, report(0, len)),
        ([&one[..], garbage, &one].concat(), 2, report(one.len(), len)),
        ([&one[..], garbage].concat(), 1, report(one.len(), len)),
        (
            [&garbage[..], &one, garbage, garbage, &one].concat(),
            2,
            report(0, len) + &report(len + one.len(), 2 * len),
        ),
    ] {
        assert_ends(&decode(&[], &bytes), 1, &line.repeat(lines), &stderr);
    }
}

#[test]
fn a_flipped_bit_costs_its_block_and_no_other() {
    let (first, lines) = stream(3);
    let vectors = vectors();
    let (start, end) = (vectors[0].block.len(), vectors[0].block.len() + vectors[1].block.len());
    let kept = [vectors[0].text.as_str(), &vectors[2].text].concat();
    assert!(lines.starts_with(&vectors[0].text));
    for at in [start, start + 4, start + 5, start + 6, start + 9, start + 10, end - 1] {
        let mut bytes = first.clone();
        bytes[at] ^= 1;
        let report =
            format!("kakashi: stdin: {} damaged bytes at offset {start} were passed over\n", end - start);
        assert_ends(&decode(&[], &bytes), 1, &kept, &report);
    }
}

#[test]
fn a_torn_tail_costs_its_block_and_what_is_appended_is_read() {
    let (all, _) = stream(2);
    let vectors = vectors();
    let (first, second) = (&vectors[0], &vectors[1]);
    for torn in [1, 3, 4, 9, 10, 20, second.block.len() - 1] {
        let tail = &second.block[..torn];
        let report = match torn {
            1 => format!("kakashi: stdin: 1 damaged byte at offset {} was passed over\n", first.block.len()),
            _ => format!(
                "kakashi: stdin: {torn} damaged bytes at offset {} were passed over\n",
                first.block.len()
            ),
        };
        assert_ends(&decode(&[], &[&first.block[..], tail].concat()), 1, &first.text, &report);
        let appended = [&first.block[..], tail, &all].concat();
        let lines = [first.text.as_str(), &first.text, &second.text].concat();
        assert_ends(&decode(&[], &appended), 1, &lines, &report);
    }
}

#[test]
fn a_block_logged_as_a_value_is_never_taken_for_one_of_the_log() {
    // Larger than what is read at once: the inner block arrives before the outer is whole.
    let vectors = vectors();
    let inner = &vectors[0];
    let payload = [inner.block.as_slice(), &[b'x'; 300_000]].concat();
    let mut room = vec![0; 400_000];
    let (mut out, mut cache) = (Output::new(&mut room), EncoderCache::new());
    let payload = Bytes(&payload);
    let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("outer"), "Upload");
    Wire.encode(&record.with_fields(fields![payload]), &mut cache, &mut out);
    Wire.finish(&mut cache, &mut out);
    let ended = decode(&[], out.written());
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(ended.stdout.lines().count(), 1);
    assert!(ended.stdout.starts_with("1970-01-01T00:00:00.000000Z INFO outer Upload payload=\"\\xf5kk"));
}

#[test]
fn what_a_program_has_dropped_stands_in_the_lines() {
    let mut dropped = Dropped::default();
    dropped.add(LogLevel::Debug, DropReason::QueueFull, 15);
    dropped.add(LogLevel::Error, DropReason::SinkFailed, 2);
    let mut room = [0; 1024];
    let (mut out, mut cache) = (Output::new(&mut room), EncoderCache::new());
    Wire.encode_dropped(Timestamp::Wall(0), &dropped, &mut cache, &mut out);
    Wire.finish(&mut cache, &mut out);
    let text = "1970-01-01T00:00:00.000000Z WARNING kakashi Records were dropped dropped=17 \
                levels={\"DEBUG\":15,\"ERROR\":2} reasons={\"queue_full\":15,\"sink_failed\":2}\n";
    assert_ends(&decode(&[], out.written()), 0, text, "");
    let json = "{\"timestamp\":\"1970-01-01T00:00:00.000000Z\",\"level\":\"WARNING\",\"logger\":\"kakashi\",\
                \"message\":\"Records were dropped\",\"dropped\":17,\"levels\":{\"DEBUG\":15,\"ERROR\":2},\
                \"reasons\":{\"queue_full\":15,\"sink_failed\":2}}\n";
    assert_ends(&decode(&["-o", "json"], out.written()), 0, json, "");
    // Whatever was dropped may have been asked for, but not by its level.
    for filter in [["--logger", "shop"], ["--field", "user_id=42"], ["--level", "warning"]] {
        assert_ends(&decode(&filter, out.written()), 0, text, "");
    }
    assert_ends(&decode(&["--level", "error"], out.written()), 0, "", "");
}

#[test]
fn an_unreadable_file_is_reported_and_the_others_are_shown() {
    let folder = TestFolder::new();
    let path = |name: &str| folder.file(name).to_str().unwrap().to_owned();
    let [good, empty, log, missing] = ["good.klog", "empty.klog", "text.log", "missing.klog"].map(path);
    let (block, line) = stream(1);
    fs::write(&good, block).unwrap();
    fs::write(&empty, "").unwrap();
    fs::write(&log, &line).unwrap();
    assert_ends(&decode(&[&empty], b""), 0, "", "");
    assert_ends(&decode(&[], b""), 0, "", "");
    let folder_itself = folder.file("").to_str().unwrap().to_owned();
    let is_folder = format!("kakashi: {folder_itself}: is a directory; name the files in it\n");
    assert_ends(&decode(&[&folder_itself], b""), 1, "", &is_folder);
    assert_ends(&decode(&["--follow", &folder_itself], b""), 1, "", &is_folder);
    let no_speed =
        |name: &str| format!("kakashi: {name}: is no terminal and has no speed; leave --baud away\n");
    assert_ends(&decode(&["--baud", "9600", &good], b""), 1, "", &no_speed(&good));
    assert_ends(&decode(&["--baud", "9600"], b""), 1, "", &no_speed("stdin"));
    let no_file = format!("kakashi: {missing}: can't be read: No such file or directory (os error 2)\n");
    assert_ends(&decode(&[&missing], b""), 1, "", &no_file);
    let no_block =
        format!("kakashi: {log}: no kakashi block is in it ({} bytes); it is text already\n", line.len());
    assert_ends(&decode(&[&log], b""), 1, "", &no_block);
    let report = no_file + &no_block;
    assert_ends(&decode(&[&good, &missing, &empty, &log, &good], b""), 1, &line.repeat(2), &report);
}

#[test]
fn what_is_no_log_is_named_once_for_what_it_is() {
    let text = "2026-11-22T10:12:00.123456Z INFO app Started\n".repeat(4000);
    let json = "{\"level\":\"INFO\",\"message\":\"Started\"}\n".repeat(4000);
    // Sync markers and nothing behind them, as a compressed file may have them.
    let gzip = [&b"\x1f\x8b\x08\0"[..], &b"\xf5kk\xfa\x01\0".repeat(4000)].concat();
    for (bytes, name) in [
        (text.as_bytes(), "it is text already"),
        (json.as_bytes(), "it is JSON already"),
        (&gzip, "it is compressed by gzip; decode what `gzip -dc` makes of it"),
    ] {
        let report = format!("kakashi: stdin: no kakashi block is in it ({} bytes); {name}\n", bytes.len());
        assert_ends(&decode(&[], bytes), 1, "", &report);
    }
}

#[test]
fn thousands_of_damaged_places_are_summed_up() {
    let (one, line) = stream(1);
    let bytes = [&b"noise"[..], &one].concat().repeat(4000);
    let ended = decode(&[], &bytes);
    assert_eq!(ended.stdout, line.repeat(4000));
    let reports: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(reports.len(), 10 + 3, "{}", ended.stderr);
    assert_eq!(reports[10], "kakashi: stdin: 450 bytes in 90 more places were passed over");
    assert_eq!(reports[11], "kakashi: stdin: 4500 bytes in 900 more places were passed over");
    assert_eq!(reports[12], "kakashi: stdin: 15000 bytes in 3000 more places were passed over");
}
