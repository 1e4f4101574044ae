//! Whole blocks out of a file's bytes, whatever these are.
//!
//! A run is what one call of the receiver gets: blocks that follow one another and can be read
//! to their last item. What lies between runs is told as damage; a block that says what this
//! version can't read is damage, too.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use kakashi_core::encode::is_announcement;
use kakashi_core::wire::{BLOCK_OVERHEAD, Item, Reader};
use kakashi_core::{LogLevel, RecordEnd};

/// A run has about so many bytes.
const RUN_BYTES: usize = 512 << 10;
/// A block of more than so many bytes is none of ours.
const MOST_BLOCK_BYTES: usize = 64 << 20;

/// How many records there are of each of [`LogLevel::ALL`].
pub(super) type RecordsByLevel = [usize; LogLevel::ALL.len()];

/// Blocks that follow one another, and where their records end.
#[derive(Clone, Default, Debug)]
pub(super) struct BlockRun {
    pub(super) bytes: Vec<u8>,
    /// The last of a block at the block's end.
    pub(super) ends: Vec<RecordEnd>,
    /// Which of the ends are announcements of drops, and so no records.
    pub(super) announcements: Vec<usize>,
    /// Where blocks begin.
    pub(super) blocks: Vec<usize>,
}

/// A run of a file, and what was passed over before it.
#[derive(Default, Debug)]
pub(super) struct FoundRun {
    pub(super) run: BlockRun,
    /// Where in the file the run lies; empty at the end if there is none.
    pub(super) place: Range<u64>,
    /// Bytes before it that are no whole blocks.
    pub(super) damaged: u64,
    /// They are the front of a block, at the end of the file: who wrote it was killed.
    pub(super) is_torn: bool,
}

impl BlockRun {
    /// Counts the records from an end on, up to another.
    pub(super) fn records(&self, ends: Range<usize>) -> RecordsByLevel {
        let mut records = RecordsByLevel::default();
        for at in ends {
            if let Some(end) = self.ends.get(at)
                && !self.announcements.contains(&at)
                && let Some(count) = records.get_mut(end.level.index())
            {
                *count += 1;
            }
        }
        records
    }

    /// Finds where blocks begin, by their own lengths: for what this process has encoded.
    pub(super) fn find_blocks(&mut self) {
        let mut at = 0;
        self.blocks.clear();
        while let Some(&[a, b, c, d]) = self.bytes.get(at + 6..at + 10) {
            self.blocks.push(at);
            at += BLOCK_OVERHEAD + u32::from_le_bytes([a, b, c, d]) as usize;
        }
    }

    /// Returns where the block begins that lies at an offset, or ends there.
    pub(super) fn block_at(&self, offset: usize) -> usize {
        if offset >= self.bytes.len() {
            return offset;
        }
        let before = self.blocks.partition_point(|&block| block <= offset);
        before.checked_sub(1).and_then(|at| self.blocks.get(at)).copied().unwrap_or(0)
    }
}

/// The front of some bytes, as far as it is one run.
struct FirstRun {
    range: Range<usize>,
    run: BlockRun,
    damaged: usize,
}

/// Finds the first run of some bytes.
fn first_run(bytes: &[u8]) -> FirstRun {
    let mut front = FirstRun { range: 0..0, run: BlockRun::default(), damaged: 0 };
    let mut reader = Reader::new(bytes);
    // The block that is read, how many ends there were before it, and whether it can be read.
    let mut current: Option<(Range<usize>, usize, bool)> = None;
    loop {
        let item = reader.next();
        let block = reader.block();
        if let Some((read, before, is_whole)) = &mut current
            && (item.is_none() || block != *read)
        {
            let (read, before, is_whole) = (read.clone(), *before, *is_whole);
            current = None;
            if !front.end_block(&read, before, is_whole) {
                return front.of(bytes);
            }
        }
        let Some(item) = item else { return front.of(bytes) };
        if block.is_empty() {
            let Item::Skipped(passed) = item else { continue };
            if !front.run.ends.is_empty() {
                return front.of(bytes);
            }
            front.damaged += passed;
            continue;
        }
        if !front.run.ends.is_empty() && current.is_none() {
            // A block without records may lie between.
            if block.start != front.range.end || front.range.len() >= RUN_BYTES {
                return front.of(bytes);
            }
        }
        let (_, _, is_whole) = current.get_or_insert_with(|| (block.clone(), front.run.ends.len(), true));
        match item {
            Item::Record(record) => {
                if is_announcement(&record) {
                    front.run.announcements.push(front.run.ends.len());
                }
                front.run.ends.push(RecordEnd { end: reader.position(), level: record.level });
            }
            // What a program says beside its records is none.
            Item::Dropped(_) => {}
            _ => *is_whole = false,
        }
    }
}

impl FirstRun {
    /// Ends a block; false if the run ends before it.
    fn end_block(&mut self, block: &Range<usize>, before: usize, is_whole: bool) -> bool {
        if !is_whole {
            self.run.ends.truncate(before);
            self.run.announcements.retain(|&at| at < before);
            if !self.run.ends.is_empty() {
                return false;
            }
            self.damaged += block.len();
            return true;
        }
        if self.run.ends.len() == before {
            return true;
        }
        if before == 0 {
            self.range.start = block.start;
        }
        self.range.end = block.end;
        self.run.blocks.push(block.start);
        if let Some(last) = self.run.ends.last_mut() {
            last.end = block.end;
        }
        true
    }

    /// Has offsets from the run's begin on, and its bytes.
    fn of(mut self, bytes: &[u8]) -> Self {
        let start = self.range.start;
        self.run.bytes = bytes.get(self.range.clone()).unwrap_or_default().to_vec();
        self.run.ends.iter_mut().for_each(|end| end.end -= start);
        self.run.blocks.iter_mut().for_each(|block| *block -= start);
        self
    }
}

/// Reads the next run of a file of so many bytes, from a place where a block may begin.
pub(super) fn read_run(mut file: &File, from: u64, len: u64) -> io::Result<FoundRun> {
    let (mut from, mut window) = (from.min(len), RUN_BYTES);
    let mut found = FoundRun::default();
    let mut bytes = Vec::new();
    while from < len {
        file.seek(SeekFrom::Start(from))?;
        bytes.clear();
        file.take((len - from).min(window as u64)).read_to_end(&mut bytes)?;
        // A file may have become shorter.
        let is_last = bytes.len() < window || from + bytes.len() as u64 >= len;
        let front = first_run(&bytes);
        if !front.run.ends.is_empty() {
            found.damaged += front.damaged as u64;
            found.place = from + front.range.start as u64..from + front.range.end as u64;
            found.run = front.run;
            return Ok(found);
        }
        let unfinished = Reader::new(&bytes).unfinished();
        if is_last {
            found.is_torn = found.damaged == 0 && unfinished > 0 && front.damaged == unfinished;
            found.damaged += front.damaged as u64;
            break;
        }
        if unfinished == bytes.len() && window < MOST_BLOCK_BYTES {
            window *= 4;
            continue;
        }
        let passed = if unfinished == bytes.len() { bytes.len() } else { bytes.len() - unfinished };
        found.damaged += front.damaged.saturating_sub(bytes.len() - passed) as u64;
        from += passed as u64;
        window = RUN_BYTES;
    }
    found.place = len..len;
    Ok(found)
}
