//! Runs a program's threads, and compares the files with what happened before what.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread;

use kakashi_std::{
    AsyncConfig, AsyncLogger, Format, FunctionalLogger, Log, LogContext, LogLevel, Logger, LoggerConfig,
    PerformanceLogger, Scope as _, configure, create_custom_logger, error, fields, flush, get_async_logger,
    get_logger, get_performance_logger, info, shutdown_async_logging, sinks, warning,
};
use kakashi_tests::harness::fake_values::Runs;
use kakashi_tests::harness::global_state::StatsSince;
use kakashi_tests::harness::process::{TestFolder, read};
use kakashi_tests::harness::read_back::{ArrivedRecord, entries, whole_entries};

use crate::program::{Action, Clock, Id, Kind, Program, THREADS};

/// A token, waited for in one of two ways.
#[derive(Default)]
struct Token {
    is_sent: AtomicBool,
    under_lock: Mutex<bool>,
    sent: Condvar,
}

impl Token {
    fn send(&self) {
        *self.under_lock.lock().expect("nobody panics") = true;
        self.sent.notify_all();
        self.is_sent.store(true, Ordering::Release);
    }

    fn wait(&self, spins: bool) {
        if spins {
            while !self.is_sent.load(Ordering::Acquire) {
                thread::yield_now();
            }
        } else {
            let is_sent = self.under_lock.lock().expect("nobody panics");
            drop(self.sent.wait_while(is_sent, |is_sent| !*is_sent).expect("nobody panics"));
        }
    }
}

struct Loggers {
    sync: Logger,
    queued: AsyncLogger,
    performance: PerformanceLogger,
    custom: FunctionalLogger,
}

impl Loggers {
    fn log(&self, kind: Kind, level: LogLevel, id: Id, bytes: usize) {
        match kind {
            Kind::Sync => log(&self.sync, level, id, bytes),
            Kind::Async => log(&self.queued, level, id, bytes),
            Kind::Performance => log(&self.performance, level, id, bytes),
            Kind::Custom => log(&self.custom, level, id, bytes),
        }
    }

    fn show(&self, kind: Kind, id: Id, value: &Runs<impl Fn()>) {
        match kind {
            Kind::Sync => show(&self.sync, id, value),
            Kind::Async => show(&self.queued, id, value),
            Kind::Performance => show(&self.performance, id, value),
            Kind::Custom => show(&self.custom, id, value),
        }
    }
}

fn log(logger: &impl Log, level: LogLevel, Id { thread, n }: Id, bytes: usize) {
    let long = "x".repeat(bytes);
    match level {
        LogLevel::Info => info!(logger, "Step", thread, n, long),
        LogLevel::Warning => warning!(logger, "Step", thread, n, long),
        _ => error!(logger, "Step", thread, n, long),
    }
}

fn show(logger: &impl Log, Id { thread, n }: Id, value: &Runs<impl Fn()>) {
    info!(logger, "Step", thread, n, value = %value);
}

/// The two files that records may go to; custom loggers write to the first.
struct Files {
    paths: [PathBuf; 2],
    format: Format,
}

impl Files {
    fn configure(&self, file: usize) {
        let destination = sinks::file(&self.paths[file]).expect("the file opens");
        configure().format(self.format).destination(destination).apply();
    }

    /// What can be read now of what others go on writing.
    fn arrived(&self) -> HashSet<Id> {
        self.paths
            .iter()
            .flat_map(|path| whole_entries(self.format, &read(path)))
            .filter_map(|entry| id(&entry))
            .collect()
    }
}

fn id(entry: &ArrivedRecord) -> Option<Id> {
    Some(Id { thread: entry.number("thread")? as usize, n: entry.number("n")? })
}

/// Returns what is wrong with the order, or with what a barrier has left behind.
pub(crate) fn run(program: Program, format: Format, workers: usize) -> Result<(), String> {
    let folder = TestFolder::new();
    let files = Files { paths: [folder.file("first"), folder.file("second")], format };
    assert!(shutdown_async_logging().is_complete());
    configure().level(LogLevel::Info).async_logging(AsyncConfig::new().threads(workers)).apply();
    files.configure(0);
    let own = LoggerConfig::new().format(format);
    let own = own.destination(sinks::file(&files.paths[0]).expect("the file opens"));
    let loggers = Loggers {
        sync: get_logger("order"),
        queued: get_async_logger("order"),
        performance: get_performance_logger("order"),
        custom: create_custom_logger("order", own),
    };
    let tokens: Vec<Token> = (0..program.tokens).map(|_| Token::default()).collect();
    let before = StatsSince::now();
    let faults: Vec<String> = thread::scope(|scope| {
        let threads = program.actions.each_ref().map(|actions| {
            let (loggers, tokens, files, before) = (&loggers, &tokens[..], &files, &before);
            scope.spawn(move || work(actions, loggers, tokens, files, before))
        });
        threads.into_iter().filter_map(|thread| thread.join().expect("no call panics").err()).collect()
    });
    assert!(flush().is_complete());
    let dropped = before.dropped().total();
    drop(loggers);
    if let Some(fault) = faults.into_iter().next() {
        return Err(fault);
    }
    let mut arrived = 0;
    let mut seen = HashSet::new();
    for path in &files.paths {
        let ids: Vec<Id> = entries(format, &read(path)).iter().filter_map(id).collect();
        arrived += ids.len();
        if let Some(twice) = ids.iter().find(|id| !seen.insert(**id)) {
            return Err(format!("{twice:?} stands twice"));
        }
        judge(&program, &ids).map_err(|fault| format!("{format:?} {path:?}: {fault}"))?;
    }
    let sent: usize = program.before.iter().map(Vec::len).sum();
    if arrived + dropped != sent {
        return Err(format!("{arrived} arrived and {dropped} dropped of {sent}"));
    }
    Ok(())
}

fn work(
    actions: &[Action],
    loggers: &Loggers,
    tokens: &[Token],
    files: &Files,
    stats: &StatsSince,
) -> Result<(), String> {
    let mut scopes = Vec::new();
    let mut outcome = Ok(());
    for action in actions {
        match *action {
            Action::Log { id, kind, level, bytes } => {
                loggers.log(kind, level, id, bytes);
                let is_barrier = level == LogLevel::Error && matches!(kind, Kind::Sync | Kind::Custom);
                if is_barrier && outcome.is_ok() && !files.arrived().contains(&id) {
                    outcome = Err(format!("the ERROR {id:?} is not there when its call returns"));
                }
            }
            Action::Nested { id, kind, inner_id, inner, token } => {
                let has_run = AtomicBool::new(false);
                let value = Runs(|| {
                    // A value may be shown more than once.
                    if !has_run.swap(true, Ordering::Relaxed) {
                        loggers.log(inner, LogLevel::Info, inner_id, 0);
                        token.into_iter().for_each(|token| tokens[token].send());
                    }
                });
                loggers.show(kind, id, &value);
                // It is not shown where the record is dropped.
                value.0();
            }
            Action::ShortLived { id, kind } => {
                thread::scope(|scope| {
                    scope.spawn(|| loggers.log(kind, LogLevel::Info, id, 0));
                });
            }
            Action::Send { token } => tokens[token].send(),
            Action::Wait { token } => tokens[token].wait(token % 2 == 0),
            Action::Flush { before } => {
                flush();
                let missing = missing(&before, &files.arrived());
                // Which were dropped is not known.
                if outcome.is_ok() && stats.dropped().total() == 0 && missing.is_some() {
                    outcome = Err(format!("{missing:?} is not there after a flush"));
                }
            }
            Action::Enter => {
                let depth = scopes.len();
                scopes.push(LogContext::new().with_custom(fields![depth]).enter());
            }
            Action::Leave => drop(scopes.pop()),
            Action::Configure { file } => files.configure(file),
        }
    }
    while scopes.pop().is_some() {}
    outcome
}

/// One of the records that happened before and have not arrived.
fn missing(before: &Clock, arrived: &HashSet<Id>) -> Option<Id> {
    let all =
        before.iter().enumerate().flat_map(|(thread, &count)| (0..count).map(move |n| Id { thread, n }));
    all.into_iter().find(|id| !arrived.contains(id))
}

/// Returns the first record of a file that stands before one that happened before it.
fn judge(program: &Program, ids: &[Id]) -> Result<(), String> {
    let places: HashMap<Id, usize> = ids.iter().copied().zip(0..).collect();
    // By thread and number: the last place of the records up to there, and whose it is.
    let last = [0, 1, 2, 3].map(|thread| {
        let mut last = None;
        let records = 0..program.before[thread].len() as u64;
        let record = |n| Id { thread, n };
        records
            .map(|n| {
                last = last.max(places.get(&record(n)).map(|&place| (place, record(n))));
                last
            })
            .collect::<Vec<_>>()
    });
    let (mut wrong, mut first) = (0, None);
    for (place, id) in ids.iter().enumerate() {
        let before = program.before[id.thread][id.n as usize];
        let later = (0..THREADS)
            .filter(|&thread| before[thread] > 0)
            .find_map(|thread| last[thread][before[thread] as usize - 1].filter(|(other, _)| *other > place));
        if let Some((other, earlier)) = later {
            wrong += 1;
            first.get_or_insert((*id, place, earlier, other));
        }
    }
    match first {
        None => Ok(()),
        Some((id, place, earlier, other)) => Err(format!(
            "{wrong} of {} records stand before one that happened earlier: {id:?} at {place}, {earlier:?} at {other}",
            ids.len()
        )),
    }
}
