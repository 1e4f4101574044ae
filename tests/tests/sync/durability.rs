//! Durability: how far a record has come when its call returns, and what its caller is told.

#![cfg(unix)]

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use kakashi_std::sinks::{self, MemorySink, RotatingFile};
use kakashi_std::{
    Accepted, Batch, Destination, Durability, Event, LevelFilter, LogLevel, LogRecord, LoggerConfig, NotKept,
    Readiness, RecordBatch, RecordSink, Sink, SinkError, SinkErrorKind, Text, Value, capture, configure,
    create_custom_logger, fields, flush, flush_timeout, get_async_logger, get_logger, info,
    stats_by_destination, try_audit, try_security,
};
use kakashi_tests::harness::fake_sinks::{FakeWriter, Gate, GatedSink, WriterMode};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::wait::eventually;

/// A sink in memory whose syncs are counted, held up and made to fail.
#[derive(Clone, Default)]
struct SyncedSink {
    memory: MemorySink,
    gate: Gate,
    syncs: Arc<AtomicUsize>,
    fails: Arc<AtomicBool>,
    /// A caller may write.
    is_direct: bool,
}

impl SyncedSink {
    fn syncs(&self) -> usize {
        self.syncs.load(Ordering::SeqCst)
    }
}

impl Sink for SyncedSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.memory.write(batch)
    }

    fn sync(&mut self) -> Result<(), SinkError> {
        self.gate.pass();
        self.syncs.fetch_add(1, Ordering::SeqCst);
        match self.fails.load(Ordering::SeqCst) {
            true => Err(SinkError::new(SinkErrorKind::Failed).because("the disk is broken")),
            false => Ok(()),
        }
    }

    fn readiness(&mut self, _: Duration) -> Readiness {
        if self.is_direct { Readiness::Always } else { Readiness::Unknown }
    }
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kakashi-durability-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes by itself only what it must.
fn configure_only(destination: Destination) -> StatsSince {
    configure()
        .level(LevelFilter::ALL)
        .flush_after_millis(3_600_000)
        .urgent_timeout(Duration::from_secs(60))
        .destination(destination)
        .apply();
    StatsSince::now()
}

fn both_kinds() -> [SyncedSink; 2] {
    [true, false].map(|is_direct| SyncedSink { is_direct, ..SyncedSink::default() })
}

fn text_of(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_record_for_a_written_destination_is_there_when_its_call_returns() {
    let _alone = alone();
    let folder = Folder::new("written");
    let path = folder.join("log");
    configure_only(sinks::file(&path).unwrap().threshold(LogLevel::Debug).durability(Durability::Written));
    get_logger("sync").info("one", &[]);
    assert!(text_of(&path).contains(" one\n"));
    get_logger("sync").trace("below its threshold", &[]);
    let queued = get_async_logger("async");
    for n in 0..100 {
        info!(queued, "queued", n);
        assert!(text_of(&path).ends_with(&format!("queued n={n}\n")), "{n}");
    }
    info!("through a macro");
    assert!(text_of(&path).ends_with("through a macro\n"));

    let other = folder.join("other");
    let destination = sinks::file(&other).unwrap().encoder(Text).durability(Durability::Written);
    let custom = create_custom_logger("custom", LoggerConfig::new().destination(destination));
    custom.info("own", &[]);
    assert!(text_of(&other).ends_with("own\n"));
}

#[test]
fn a_buffered_destination_beside_it_stays_buffered() {
    let _alone = alone();
    let (durable, buffered) = (MemorySink::new(), MemorySink::new());
    configure()
        .level(LevelFilter::ALL)
        .flush_after_millis(3_600_000)
        .destination(Destination::new(durable.clone()).named("durable").durability(Durability::Written))
        .destination(Destination::new(buffered.clone()).named("buffered"))
        .apply();
    info!("one");
    assert!(durable.text().ends_with("one\n"));
    flush();
    assert!(buffered.text().ends_with("one\n"));
}

#[test]
fn a_call_returns_when_its_record_is_synced() {
    let _alone = alone();
    for sink in both_kinds() {
        configure_only(Destination::new(sink.clone()).durability(Durability::Synced));
        let open = sink.gate.shut_until_dropped();
        let visits = sink.gate.visits();
        let caller = thread::spawn(|| get_logger("synced").info("one", &[]));
        sink.gate.wait_for_visits(visits + 1);
        assert!(sink.memory.text().ends_with("one\n"), "written first");
        assert!(!caller.is_finished(), "not synced yet");
        assert!(!flush_timeout(Duration::from_millis(50)).is_complete(), "a flush waits for it too");
        drop(open);
        caller.join().unwrap();
        assert!(flush().is_complete());
    }
}

#[test]
fn callers_that_wait_share_a_sync() {
    let _alone = alone();
    for sink in both_kinds() {
        // The one before it may be known for a while.
        let name = if sink.is_direct { "written by callers" } else { "with a thread" };
        configure_only(Destination::new(sink.clone()).named(name).durability(Durability::Synced));
        let open = sink.gate.shut_until_dropped();
        let (visits, syncs) = (sink.gate.visits(), sink.syncs());
        let first = thread::spawn(|| try_audit("first", "sync", &[]));
        sink.gate.wait_for_visits(visits + 1);
        let others: Vec<_> =
            (0..15_u64).map(|n| thread::spawn(move || try_audit("next", "sync", fields![n]))).collect();
        let waiting = || stats_by_destination().iter().find(|stats| &*stats.name == name).unwrap().waiting;
        assert!(eventually(|| waiting() == 15));
        drop(open);
        first.join().unwrap().unwrap();
        others.into_iter().for_each(|other| other.join().unwrap().unwrap());
        assert_eq!(sink.syncs() - syncs, 2, "one for the first, one for all that came meanwhile");
        assert_eq!(sink.memory.text().lines().count(), 16);
    }
}

#[test]
fn a_sync_that_fails_is_told_to_who_must_know_and_to_nobody_else() {
    let _alone = alone();
    for sink in both_kinds() {
        let before =
            configure_only(Destination::new(sink.clone()).named("trail").durability(Durability::Synced));
        sink.fails.store(true, Ordering::SeqCst);
        let failed = try_audit("delete", "account", fields![user = 7]).unwrap_err();
        assert_eq!(failed, NotKept::NotSynced { destination: "trail".into() });
        let text = "the record is written, but trail could not put it on the disk";
        assert_eq!(failed.to_string(), text);
        info!("a usual call returns as ever");
        sink.fails.store(false, Ordering::SeqCst);
        try_security("login_failed", "warning", &[]).unwrap();
        assert_eq!(sink.memory.text().lines().count(), 3, "nothing is written twice");
        assert_eq!(before.written(), 3);
    }
}

#[test]
fn a_sink_without_a_disk_says_so_and_written_is_enough_for_it() {
    let _alone = alone();
    let memory = MemorySink::new();
    configure_only(Destination::new(memory.clone()).named("memory").durability(Durability::Synced));
    assert_eq!(try_audit("a", "b", &[]), Err(NotKept::NotSynced { destination: "memory".into() }));
    configure_only(Destination::new(memory.clone()).durability(Durability::Written));
    try_audit("a", "b", &[]).unwrap();
    configure_only(Destination::new(memory.clone()));
    try_audit("a", "b", &[]).unwrap();
    assert_eq!(memory.text().lines().count(), 3, "written before it returns, whatever the durability");
}

#[test]
fn what_no_destination_takes_is_not_kept() {
    let _alone = alone();
    let memory = MemorySink::new();
    configure_only(
        Destination::new(memory.clone()).filter(|record: &LogRecord<'_>| !Event::is_audit(record)),
    );
    assert_eq!(try_audit("a", "b", &[]), Err(NotKept::NoDestination));
    try_security("login_failed", "warning", &[]).unwrap();
    configure_only(Destination::new(memory.clone()).threshold(LogLevel::Warning));
    assert_eq!(try_audit("a", "b", &[]), Err(NotKept::NoDestination));
    configure_only(Destination::new(memory.clone()));
    configure().level(LogLevel::Critical).apply();
    assert_eq!(try_audit("a", "b", &[]), Err(NotKept::NoDestination));
    configure().level(LevelFilter::ALL).filter(|_: &LogRecord<'_>| false).apply();
    assert_eq!(try_audit("a", "b", &[]), Err(NotKept::NoDestination));
    configure().no_filters().apply();
    assert_eq!(memory.text().lines().count(), 1);
}

#[test]
fn a_sink_that_fails_or_takes_nothing_has_not_kept_it() {
    let _alone = alone();
    let writer = FakeWriter::new(WriterMode::Fail(std::io::ErrorKind::StorageFull));
    let sink = sinks::WriterSink::new(writer.clone());
    configure_only(Destination::new(sink).named("full").durability(Durability::Written));
    let waiting = |destination: &str| Err(NotKept::Waiting { destination: destination.into() });
    assert_eq!(try_audit("a", "b", &[]), waiting("full"));
    writer.set_mode(WriterMode::TakeAll);
    assert!(flush().is_complete(), "it waited");
    try_audit("c", "d", &[]).unwrap();

    let gate = Gate::shut();
    let sink = GatedSink(gate.clone(), MemorySink::new());
    configure_only(Destination::new(sink).named("stalled").durability(Durability::Written));
    configure().urgent_timeout(Duration::from_millis(20)).apply();
    assert_eq!(try_audit("a", "b", &[]), waiting("stalled"));
    gate.open();
    assert!(flush().is_complete());
}

/// A receiver that refuses records of this message, and confirms all others.
struct Refusing;

impl RecordSink for Refusing {
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
        let is_refused = |record: &LogRecord<'_>| {
            record.field("action").is_some_and(|action| matches!(action, Value::Str("refused")))
        };
        Ok(Accepted::ALL.rejecting(batch.records().filter(is_refused).count()))
    }
}

#[test]
fn a_record_that_is_dropped_is_not_kept() {
    let _alone = alone();
    configure_only(Destination::records(Refusing).named("receiver").durability(Durability::Synced));
    let dropped = Err(NotKept::Dropped { destination: "receiver".into() });
    assert_eq!(try_audit("refused", "b", &[]), dropped);
    try_audit("a", "b", &[]).unwrap();
}

/// A value that logs when it is formatted.
struct Auditing<'a>(&'a Mutex<Vec<Result<(), NotKept>>>);

impl fmt::Display for Auditing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.lock().unwrap().push(try_audit("inner", "b", &[]));
        f.write_str("outer")
    }
}

#[test]
fn inside_of_a_call_nobody_can_wait() {
    let _alone = alone();
    let memory = MemorySink::new();
    configure_only(Destination::new(memory.clone()));
    let results = Mutex::new(Vec::new());
    try_audit("outer", "b", fields![value = Value::Display(&Auditing(&results))]).unwrap();
    assert_eq!(results.into_inner().unwrap(), [Err(NotKept::Nested)]);
    flush();
    assert_eq!(memory.text().lines().count(), 2, "it is written all the same");
}

#[test]
fn who_captures_a_record_has_kept_it() {
    let _alone = alone();
    let memory = MemorySink::new();
    configure_only(Destination::new(memory.clone()).threshold(LogLevel::Critical));
    let records = capture();
    try_audit("a", "b", &[]).unwrap();
    assert_eq!(records.records().len(), 1);
}

#[test]
fn files_are_synced_also_those_that_are_left() {
    let _alone = alone();
    let folder = Folder::new("files");
    let plain = folder.join("audit.log");
    configure_only(sinks::file(&plain).unwrap().durability(Durability::Synced));
    try_audit("a", "b", &[]).unwrap();
    fs::rename(&plain, folder.join("audit.log.1")).unwrap();
    sinks::reopen_files();
    try_audit("c", "d", &[]).unwrap();
    assert_eq!(text_of(&plain).lines().count(), 1);

    let rotating = RotatingFile::new(folder.join("rotating.log")).max_bytes(4096).numbered().no_link();
    configure_only(Destination::new(rotating.open().unwrap()).durability(Durability::Synced));
    for n in 0..200_u64 {
        try_audit("a", "b", fields![n]).unwrap();
    }
    let files = fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path());
    let is_log = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "log");
    let rotated: Vec<_> = files.filter(|path| is_log(path) && *path != plain).collect();
    assert!(rotated.len() > 3);
    let lines: usize = rotated.iter().map(|path| text_of(path).lines().count()).sum();
    assert_eq!(lines, 200);
}

#[test]
fn without_a_destination_that_wants_it_nothing_is_synced() {
    let _alone = alone();
    let sink = SyncedSink::default();
    configure_only(Destination::new(sink.clone()).durability(Durability::Synced));
    info!("synced");
    let syncs = sink.syncs();
    configure_only(Destination::new(sink.clone()));
    info!("buffered");
    flush();
    assert_eq!(sink.syncs(), syncs);
}

#[test]
fn events_go_where_the_settings_say() {
    let _alone = alone();
    let folder = Folder::new("settings");
    let (trail, all) = (folder.join("trail.log"), folder.join("all.log"));
    let settings = format!(
        "level = 'all'\n[[destinations]]\nfile = {trail:?}\nevents = ['audit', 'security']\ndurability = 'synced'\n\
         [[destinations]]\nfile = {all:?}\n"
    );
    let path = folder.join("kakashi.toml");
    fs::write(&path, &settings).unwrap();
    kakashi_std::configure_from(&path).unwrap().apply();
    info!("not for the trail", action = "none", resource = "none");
    kakashi_std::metric("queue", 7, &[]);
    try_audit("delete", "account", &[]).unwrap();
    try_security("login_failed", "error", &[]).unwrap();
    flush();
    assert_eq!(text_of(&all).lines().count(), 4);
    let lines = text_of(&trail);
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].ends_with("delete action=delete resource=account"));

    for (wrong, right) in [
        ("durability = 'sync'", "unknown durability \"sync\": use buffered, written or synced"),
        ("events = ['metric']", "unknown event \"metric\": use audit or security"),
    ] {
        fs::write(&path, format!("[[destinations]]\nfile = {all:?}\n{wrong}\n")).unwrap();
        let error = kakashi_std::configure_from(&path).unwrap_err().to_string();
        assert!(error.contains(right), "{error}");
    }
    configure_only(Destination::new(MemorySink::new()));
}
