//! Files as a process leaves them, made by hand for tests.

use kakashi_core::{Encoder as _, EncoderCache, LogLevel, LogRecord, Name, Output, Timestamp, Wire};

use crate::segment::layout::{
    DestinationKind, DestinationSlot, ENTRIES_AT, ENTRY_BYTES, IN_FLIGHT_AT, PROCESS_FILE_BYTES,
    PUBLISHED_AT, ProcessHeader, Replaced, SETTLED_AT, SLOT_STATE_AT, SLOT_WRITE_AT, SegmentForm,
    SegmentHeader, THREAD_AT, WrittenForm,
};

pub(super) const NONCE: u64 = 77;

/// The process's file, with one destination for text and one for the wire.
pub(super) fn process_file() -> Vec<u8> {
    let mut file = vec![0; PROCESS_FILE_BYTES];
    let header = ProcessHeader { nonce: NONCE, pid: 4711, uid: 1000, started: 5, program: "shop".into() };
    header.encode(&mut file);
    for (number, form) in [WrittenForm::Text, WrittenForm::Wire].into_iter().enumerate() {
        let path = Some(format!("/var/log/{number}.log").into_bytes());
        let slot = DestinationSlot { kind: DestinationKind::File, form, name: "file".into(), path };
        let bytes = &mut file[DestinationSlot::at(number)..];
        slot.encode(bytes);
        bytes[SLOT_WRITE_AT..SLOT_WRITE_AT + 24].copy_from_slice(&words([8, 9, 10]));
        bytes[SLOT_STATE_AT] = 1;
    }
    file
}

pub(super) fn words<const N: usize>(words: [u64; N]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A segment's number, its thread, and what its marks say.
pub(super) struct Made {
    pub(super) number: u64,
    pub(super) thread: u64,
    pub(super) marks: [u64; 3],
    pub(super) replaces: Option<Replaced>,
}

impl Made {
    pub(super) fn of(number: u64, marks: [u64; 3]) -> Self {
        Self { number, thread: number, marks, replaces: None }
    }

    /// Makes a segment of records in these bytes, each with its tick.
    pub(super) fn with(self, form: SegmentForm, records: &[(u64, bool, Vec<u8>)]) -> (u64, Vec<u8>) {
        let wire = form == SegmentForm::Wire;
        let header = SegmentHeader {
            nonce: NONCE,
            number: self.number,
            slot: wire.into(),
            form,
            written_form: if wire { WrittenForm::Wire } else { WrittenForm::Text },
            capacity: 4000,
            entry_capacity: 100,
            replaces: self.replaces,
        };
        let mut file = vec![0; header.file_bytes()];
        header.encode(&mut file);
        let mut end = 0;
        for (index, (tick, begins_block, bytes)) in records.iter().enumerate() {
            let at = header.bytes_at() + end;
            file[at..at + bytes.len()].copy_from_slice(bytes);
            end += bytes.len();
            let entry = &mut file[ENTRIES_AT + index * ENTRY_BYTES..][..ENTRY_BYTES];
            entry[..8].copy_from_slice(&tick.to_le_bytes());
            entry[8..12].copy_from_slice(&(end as u32).to_le_bytes());
            entry[14] = LogLevel::Info.number();
            entry[15] = (*begins_block).into();
        }
        for (at, mark) in [PUBLISHED_AT, IN_FLIGHT_AT, SETTLED_AT].into_iter().zip(self.marks) {
            file[at..at + 8].copy_from_slice(&mark.to_le_bytes());
        }
        file[THREAD_AT..THREAD_AT + 8].copy_from_slice(&self.thread.to_le_bytes());
        (self.number, file)
    }

    /// Makes one of lines `<tick> line`.
    pub(super) fn lines(self, ticks: &[u64]) -> (u64, Vec<u8>) {
        let records: Vec<_> = ticks.iter().map(|tick| (*tick, false, line(*tick).into_bytes())).collect();
        self.with(SegmentForm::Whole, &records)
    }

    /// Makes one of a block with these messages, which is left open, behind another one; their ticks
    /// are their places.
    pub(super) fn blocks(self, first: &[&str], second: &[&str]) -> (u64, Vec<u8>) {
        let mut records = Vec::new();
        for messages in [first, second] {
            let mut cache = EncoderCache::new();
            for message in messages {
                let mut room = vec![0; 500];
                let begins_block = !cache.is_in_block();
                let mut out = Output::new(&mut room);
                Wire.encode(&record(message), &mut cache, &mut out);
                records.push((records.len() as u64, begins_block, out.written().to_vec()));
            }
        }
        self.with(SegmentForm::Wire, &records)
    }
}

pub(super) fn line(tick: u64) -> String {
    format!("{tick} line\n")
}

pub(super) fn record(message: &str) -> LogRecord<'_> {
    LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("shop"), message)
}
