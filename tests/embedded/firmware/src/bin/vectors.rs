//! Makes of each conformance vector's record what must be made of it, and sends it to
//! the host, which compares.

#![no_std]
#![no_main]

use core::time::Duration;

use board::{Uart, exit};
use cortex_m_rt::entry;
use firmware::{Fixed, Kind, Vector, Words, send_frame};
use kakashi_core::site::{self, Source};
use kakashi_core::wire::{BlockWriter, RecordIds};
use kakashi_core::{Encoder, EncoderCache, Json, LogLevel, LogRecord, Output, Site, Text, Timestamp};

include!(concat!(env!("OUT_DIR"), "/vectors.rs"));

#[entry]
fn main() -> ! {
    static mut LINE: [u8; ROOM] = [0; ROOM];
    static mut PAIRS: [u8; ROOM] = [0; ROOM];
    let line = Uart::start();
    for vector in &VECTORS {
        let made = vector.with::<FIELDS>(PAIRS, |record| send_all(line, vector, record, LINE));
        if !made {
            exit::failure();
        }
    }
    exit::success()
}

fn send_all(line: Uart, vector: &Vector, record: &LogRecord<'_>, buffer: &mut [u8]) {
    send(line, vector, Kind::Text, buffer, |out| Text.encode(record, &mut EncoderCache::new(), out));
    send(line, vector, Kind::Json, buffer, |out| Json::new().encode(record, &mut EncoderCache::new(), out));
    if vector.site().is_some() {
        let json = Json::new().location(true);
        send(line, vector, Kind::JsonWithLocation, buffer, |out| {
            json.encode(record, &mut EncoderCache::new(), out);
        });
    }
    send(line, vector, Kind::Block, buffer, |out| put_block(vector, record, out));
}

fn send(line: Uart, vector: &Vector, kind: Kind, buffer: &mut [u8], encode: impl FnOnce(&mut Output<'_>)) {
    let mut out = Output::new(buffer);
    encode(&mut out);
    // What does not fit is cut off, which the host sees.
    send_frame(line, vector.index, kind, out.written());
}

/// Writes the block that the vectors describe: each item once, with the id 1.
fn put_block(vector: &Vector, record: &LogRecord<'_>, out: &mut Output<'_>) {
    let block = BlockWriter::begin(out);
    let mut ids = RecordIds { logger: Some(1), ..RecordIds::default() };
    if let Some(site) = vector.site() {
        ids.site = Some(1);
        block.put_site(out, 1, site.wire());
    }
    block.put_name(out, 1, record.logger.text());
    if !record.context().pairs.is_empty() {
        ids.context = Some(1);
        block.put_context(out, 1, record.context().pairs);
    }
    block.put_record(out, record, ids);
    block.finish(out);
}
