//! A collection under loom: tick, publish, watermark, visit, append.
//!
//! The clock is one counter: who reads a higher tick sees what was done before a lower one
//! was read. For the counters of real cores that is the hardware's promise, which loom can't
//! check; nor that the slack is long enough, for here no read runs ahead. What a collection
//! takes is appended in the order of ticks, as a destination's merge does.

use kakashi_core::LogLevel;
use loom::model::Builder;
use loom::sync::{Arc, Mutex};
use loom::thread::{self, ThreadId};

use super::super::run::Run;
use super::super::sink_queue::SinkQueue;
use super::{RecordSource, RecordSources};
use crate::segment::chunk::{ChunkEntry, ChunkRef, ChunkWriter};
use crate::segment::chunk_pool::ChunkPool;
use crate::segment::chunk_reader::ChunkReader;
use crate::sync::{AtomicBool, AtomicUsize, Ordering};

/// What a record's one byte says.
const FIRST: u8 = b'a';
/// It was logged by a thread that knew of the first one.
const SECOND: u8 = b'b';
/// It was logged by a thread that did not.
const UNRELATED: u8 = b'u';

/// How far a collection of a thread that has logged stays behind: its records are young.
const SLACK: u64 = 3;

/// Room for one record.
fn chunk() -> ChunkRef {
    ChunkPool::new(1, None).first()
}

/// What the records of one collection go to.
type Taken = std::sync::Arc<std::sync::Mutex<Vec<(u64, u8)>>>;

/// A thread's records, whatever their destination.
struct ThreadSource {
    reader: ChunkReader,
    thread: Option<ThreadId>,
    taken: Taken,
}

impl RecordSource for ThreadSource {
    fn has_records(&mut self) -> bool {
        self.reader.has_records()
    }

    fn is_own(&self) -> bool {
        self.thread == Some(thread::current().id())
    }

    fn queue(&self) -> Option<&std::sync::Arc<SinkQueue>> {
        None
    }

    fn take(&mut self, until: u64, only_full: bool, _: &mut dyn FnMut(&std::sync::Arc<SinkQueue>, Run)) {
        self.reader.take(until, only_full, |slice| {
            let records: Vec<_> = slice.records().map(|(entry, bytes)| (entry.tick, bytes[0])).collect();
            self.taken.lock().unwrap().extend(records);
        });
    }

    fn is_at_end(&mut self) -> bool {
        self.reader.is_at_end()
    }

    fn waiting(&mut self) -> usize {
        self.reader.waiting()
    }
}

/// The process: its clock, its sources, and one destination.
struct Process {
    clock: AtomicUsize,
    token: AtomicBool,
    /// As in `collect`, with what has been appended to the destination.
    sources: Mutex<(RecordSources, Vec<u8>)>,
    taken: Taken,
}

impl Process {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            clock: AtomicUsize::new(1),
            token: AtomicBool::new(false),
            sources: Mutex::new((RecordSources::default(), Vec::new())),
            taken: Taken::default(),
        })
    }

    /// Reads the clock, no two times the same.
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::AcqRel) as u64
    }

    /// Registers a thread's source, which is visited after those that are there.
    fn source(&self, thread: Option<ThreadId>) -> ChunkWriter {
        let (writer, reader) = ChunkReader::new(chunk());
        let source = ThreadSource { reader, thread, taken: self.taken.clone() };
        self.sources.lock().unwrap().0.all.push(Box::new(source));
        writer
    }

    /// A call.
    fn log(&self, writer: &mut ChunkWriter, record: u8) {
        let tick = self.tick();
        if writer.room().is_empty() {
            writer.go_on_in(chunk());
        }
        writer.room()[0] = record;
        writer.publish(1, ChunkEntry::new(tick, LogLevel::Info, false));
    }

    /// A call, after which another thread may know of it.
    fn log_and_tell(&self, writer: &mut ChunkWriter) {
        self.log(writer, FIRST);
        self.token.store(true, Ordering::Release);
    }

    /// A call of a thread that may know of another's.
    fn log_what_it_knows(&self, writer: &mut ChunkWriter) {
        let knows = self.token.load(Ordering::Acquire);
        self.log(writer, if knows { SECOND } else { UNRELATED });
    }

    /// A collection of what is so many ticks old.
    fn collect(&self, slack: u64) {
        let mut locked = self.sources.lock().unwrap();
        let (sources, appended) = &mut *locked;
        sources.collect(|| self.tick().saturating_sub(slack), false);
        let mut taken = std::mem::take(&mut *self.taken.lock().unwrap());
        taken.sort_unstable_by_key(|(tick, _)| *tick);
        appended.extend(taken.into_iter().map(|(_, record)| record));
    }

    /// Ends it with a last collection; checks what has been appended.
    fn end(&self, first: usize, other: usize) {
        self.collect(0);
        let locked = self.sources.lock().unwrap();
        assert!(locked.0.all.is_empty(), "sources whose threads have ended are kept");
        let appended = String::from_utf8(locked.1.clone()).unwrap();
        let count = |record: u8| appended.bytes().filter(|other| *other == record).count();
        assert_eq!(count(FIRST), first, "{appended}");
        assert_eq!(count(SECOND) + count(UNRELATED), other, "{appended}");
        if let Some(second) = appended.find(SECOND as char) {
            let before = appended[..second].bytes().filter(|record| *record == FIRST).count();
            assert_eq!(before, first, "a record stands before one that happened earlier: {appended}");
        }
    }
}

/// Checks all orders of steps with at most so many preemptions.
fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(model);
}

/// Two threads that log, of which the second may know of the first one's records, beside a
/// collection; each visiting order.
fn two_threads_and_a_collector(preemptions: usize, visits_second_first: bool, first_count: usize) {
    check(preemptions, move || {
        let process = Process::new();
        // Something is there to collect, whatever the two have done.
        process.log(&mut process.source(None), UNRELATED);
        let (mut first, mut second) = (process.source(None), process.source(None));
        if visits_second_first {
            process.sources.lock().unwrap().0.all.reverse();
        }
        let threads = [
            thread::spawn({
                let process = process.clone();
                move || {
                    (1..first_count).for_each(|_| process.log(&mut first, FIRST));
                    process.log_and_tell(&mut first);
                }
            }),
            thread::spawn({
                let process = process.clone();
                move || process.log_what_it_knows(&mut second)
            }),
        ];
        process.collect(0);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        process.end(first_count, 2);
    });
}

#[test]
fn loom_what_happened_earlier_is_collected_earlier_if_it_is_visited_first() {
    two_threads_and_a_collector(4, false, 1);
}

#[test]
fn loom_what_happened_earlier_is_collected_earlier_if_it_is_visited_last() {
    two_threads_and_a_collector(4, true, 1);
}

#[test]
fn loom_what_happened_earlier_is_collected_earlier_across_chunks() {
    two_threads_and_a_collector(3, false, 2);
    two_threads_and_a_collector(3, true, 2);
}

/// Threads that log and then collect: who finds all others empty takes all its own.
#[test]
fn loom_a_thread_that_takes_all_its_own_records_misses_none_that_happened_earlier() {
    check(3, || {
        let process = Process::new();
        let thread = thread::spawn({
            let process = process.clone();
            move || {
                let mut first = process.source(Some(thread::current().id()));
                process.log_and_tell(&mut first);
                process.collect(SLACK);
            }
        });
        let mut second = process.source(Some(thread::current().id()));
        process.log_what_it_knows(&mut second);
        process.collect(SLACK);
        drop(second);
        thread.join().unwrap();
        process.end(1, 1);
    });
}
