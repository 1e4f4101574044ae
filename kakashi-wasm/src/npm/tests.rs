//! The engine without JavaScript: items by hand, and any bytes at all.

use kakashi_core::codec::{put_leb, put_text};
use kakashi_core::wire::{BlockWriter, RecordIds};
use kakashi_core::{
    DropReason, Format, LevelFilter, LogLevel, LogRecord, Name, Output, Redaction, Timestamp, fields,
};

use super::engine::Engine;

const NAME: u8 = 2;

/// Writes items as JavaScript does.
fn items(write: impl FnOnce(&BlockWriter, &mut Output<'_>)) -> Vec<u8> {
    let mut room = vec![0; 1 << 16];
    let mut out = Output::new(&mut room);
    let block = BlockWriter::begin(&mut out);
    let start = out.position();
    write(&block, &mut out);
    assert!(!out.overflowed());
    out.written()[start..].to_vec()
}

/// A NAME, with its dispatch behind it.
fn put_logger(out: &mut Output<'_>, id: u8, name: &str, dispatch: u8) {
    out.put(&[NAME, name.len() as u8 + 3, id]);
    put_text(out, name);
    put_leb(out, u64::from(dispatch));
}

fn record(level: LogLevel, message: &str) -> LogRecord<'_> {
    LogRecord::new(Timestamp::Wall(0), level, Name::new(""), message)
}

fn engine(format: Format, batch_bytes: usize) -> Engine {
    let mut engine = Engine::new();
    engine.add_destination(0, LevelFilter::ALL, format.encoder(false, false), batch_bytes);
    engine
}

/// Puts items into the ring and reads them all; returns the batches.
fn batches(engine: &mut Engine, items: &[u8]) -> Vec<Vec<u8>> {
    engine.make_ring(items.len());
    engine.ring_mut().copy_from_slice(items);
    let (mut from, mut batches) = (0, Vec::new());
    loop {
        from = engine.take(from, items.len());
        batches.extend(engine.lent(0, 0));
        if from == items.len() {
            return batches;
        }
    }
}

fn lines(engine: &mut Engine, items: &[u8]) -> String {
    String::from_utf8(batches(engine, items).concat()).expect("lines are UTF-8")
}

const LOGGER: RecordIds = RecordIds { site: None, logger: Some(0), context: None };

#[test]
fn items_become_lines_whatever_their_order() {
    let items = items(|block, out| {
        // What a record refers to may stand behind it.
        block.put_record(out, &record(LogLevel::Info, "one").with_fields(fields![k = 1]), LOGGER);
        put_logger(out, 0, "app", 0);
        block.put_record(out, &record(LogLevel::Error, "two"), LOGGER);
    });
    let mut engine = engine(Format::Text, 1 << 16);
    let expected =
        "1970-01-01T00:00:00.000000Z INFO app one k=1\n1970-01-01T00:00:00.000000Z ERROR app two\n";
    assert_eq!(lines(&mut engine, &items), expected);
    // Ids hold on for the next ring.
    let more = self::items(|block, out| block.put_record(out, &record(LogLevel::Info, "three"), LOGGER));
    assert!(lines(&mut engine, &more).ends_with("INFO app three\n"));
}

#[test]
fn a_batch_ends_where_it_is_full_and_the_ring_is_read_on() {
    let items = items(|block, out| {
        put_logger(out, 0, "app", 0);
        (0..10).for_each(|_| block.put_record(out, &record(LogLevel::Info, "words"), LOGGER));
    });
    let batches = batches(&mut engine(Format::Text, 100), &items);
    assert_eq!(batches.len(), 4);
    assert_eq!(batches.concat().iter().filter(|&&byte| byte == b'\n').count(), 10);
}

#[test]
fn a_context_is_redacted_as_fields_are() {
    let pairs = kakashi_core::pairs_of(fields![password = "x", step = 1]);
    let items = items(|block, out| {
        put_logger(out, 0, "app", 0);
        block.put_context(out, 0, &pairs);
        let ids = RecordIds { context: Some(0), ..LOGGER };
        let own = fields![card = "4111"];
        block.put_record(out, &record(LogLevel::Info, "paid").with_fields(own), ids);
    });
    let mut engine = engine(Format::Text, 1 << 16);
    engine.dispatch(0).set_redaction(Redaction::new(["password", "card"]));
    let line = lines(&mut engine, &items);
    assert!(line.ends_with("paid card=\"[REDACTED]\" password=\"[REDACTED]\" step=1\n"), "{line}");
}

#[test]
fn drops_are_announced_before_the_next_record_or_alone() {
    let mut engine = engine(Format::Text, 1 << 16);
    engine.add_dropped(0, 0, LogLevel::Info, DropReason::QueueFull, 3);
    let items = items(|block, out| {
        put_logger(out, 0, "app", 0);
        block.put_record(out, &record(LogLevel::Info, "next"), LOGGER);
    });
    let announced = lines(&mut engine, &items);
    assert!(
        announced.starts_with("1970-01-01T00:00:00.000000Z WARNING kakashi Records were dropped dropped=3 ")
    );
    engine.add_dropped(0, 0, LogLevel::Error, DropReason::SinkFailed, 1);
    engine.announce(0, Timestamp::Wall(0));
    assert!(String::from_utf8(engine.lent(0, 0).expect("an announcement")).unwrap().contains("dropped=1 "));
}

#[test]
fn any_bytes_at_all_are_safe_to_take() {
    // A generator of its own (xorshift), for the same bytes each time.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let good = items(|block, out| {
        put_logger(out, 0, "app", 0);
        block.put_context(out, 0, &kakashi_core::pairs_of(fields![step = 1]));
        let own = fields![k = "v", n = 1.5];
        let ids = RecordIds { context: Some(0), ..LOGGER };
        block.put_record(out, &record(LogLevel::Info, "words").with_fields(own), ids);
    });
    for round in 0..20_000 {
        let mut bytes = good.repeat(3);
        for _ in 0..=random() % 4 {
            let at = random() as usize % bytes.len();
            bytes[at] = random() as u8;
        }
        if round % 3 == 0 {
            bytes.truncate(random() as usize % bytes.len());
        }
        let format = [Format::Text, Format::Json, Format::Wire, Format::Pretty][round % 4];
        let mut engine = engine(format, 64);
        batches(&mut engine, &bytes);
        super::decode::decode(&bytes);
    }
}

#[test]
fn a_context_that_very_many_records_use_costs_bounded_memory() {
    let value = [&[3, 0x86, 0x80, 2, 1, 1, b'a', 6, 0x80, 0x80, 2][..], &[b'x'; 32768]].concat();
    let (mut items, record) = (value, [4, 5, 4, 0, 20, 0, 1]);
    let bytes_of_context = items.len() - 4;
    items[1..4].copy_from_slice(&[
        bytes_of_context as u8 & 0x7f | 0x80,
        (bytes_of_context >> 7) as u8 | 0x80,
        2,
    ]);
    items.extend(record.repeat(10_000));
    let mut block = vec![0xf5, b'k', b'k', 0xfa, 1, 0];
    block.extend((items.len() as u32).to_le_bytes());
    block.extend(&items);
    let mut rest = u32::MAX;
    for byte in &block[4..] {
        rest ^= u32::from(*byte);
        (0..8).for_each(|_| rest = if rest & 1 == 1 { rest >> 1 ^ 0xedb8_8320 } else { rest >> 1 });
    }
    block.extend((!rest).to_le_bytes());
    let records = kakashi_core::wire::Reader::new(&block)
        .filter(|item| matches!(item, kakashi_core::wire::Item::Record(_)))
        .count();
    assert_eq!(records, 10_000);
    let decoded = super::decode::decode(&block);
    let most = 64 * block.len() + (17 << 20);
    assert!(decoded.len() > 16 << 20 && decoded.len() < most, "{} of {}", decoded.len(), block.len());
}
