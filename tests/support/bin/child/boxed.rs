//! Programs with a black box that end in their own ways, in a folder with `log.txt` and `box`.

use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{self, Command};
use std::{fs, io, thread};

use kakashi_std::{
    BlackBox, black_box_stats, configure, flush, get_async_logger, get_logger, get_performance_logger, info,
    sinks,
};

/// Sends all records to `log.txt`, which gets them when they are many.
pub(crate) fn begin(folder: &Path, settings: BlackBox) {
    configure()
        .black_box(settings)
        .flush_after_millis(u32::MAX.into())
        .destination(sinks::file(folder.join("log.txt")).expect("a file in the test's folder"))
        .apply();
}

pub(crate) fn settings(folder: &Path) -> BlackBox {
    BlackBox::new(folder.join("box"))
}

/// Says a word to the test.
pub(crate) fn say(word: &str) {
    writeln!(io::stdout(), "{word}").and_then(|()| io::stdout().flush()).expect("the test listens");
}

/// Waits for the test to say something.
pub(crate) fn wait() {
    let _ = io::stdin().read_line(&mut String::new());
}

/// Logs `n=0` to `n=999`, by three kinds of loggers.
fn log_thousand() {
    let (logger, queued, fast) = (get_logger("a"), get_async_logger("b"), get_performance_logger("c"));
    for n in 0..1000 {
        match n % 3 {
            0 => info!(logger, "Logged", n),
            1 => info!(queued, "Logged", n),
            _ => info!(fast, "Logged", n),
        }
    }
}

/// Logs a thousand records, then ends as it is told.
pub(crate) fn ends(folder: &Path, how: &str) {
    begin(folder, settings(folder));
    log_thousand();
    match how {
        "abort" => process::abort(),
        // SAFETY: it ends the process at once, whatever else runs.
        #[allow(unsafe_code, reason = "std has no _exit")]
        "_exit" => unsafe { libc::_exit(0) },
        "exec" => drop(Command::new("true").exec()),
        // SAFETY: it is no good address, which ends the process.
        #[allow(unsafe_code, reason = "a fault is what is wanted")]
        "fault" => unsafe { std::ptr::without_provenance_mut::<u8>(8).write_volatile(1) },
        "bus_error" => reads_behind_the_end(&folder.join("cut")),
        "stack_overflow" => drop(recurses(0)),
        // SAFETY: it ends the process: nobody handles it.
        #[allow(unsafe_code, reason = "std sends no signals")]
        "terminated" => _ = unsafe { libc::raise(libc::SIGTERM) },
        "kill" => {
            say("logged");
            wait();
        }
        _ => {}
    }
}

/// Reads a page of a mapped file that was cut.
#[allow(unsafe_code, reason = "a fault is what is wanted")]
fn reads_behind_the_end(path: &Path) {
    let file = fs::File::options().read(true).write(true).create_new(true).open(path).expect("a file");
    file.set_len(4096).expect("a page");
    // SAFETY: nobody else uses the page; the read is meant to end the process.
    unsafe {
        let (access, flags) = (libc::PROT_READ, libc::MAP_SHARED);
        let page = libc::mmap(std::ptr::null_mut(), 4096, access, flags, file.as_raw_fd(), 0);
        assert!(page != libc::MAP_FAILED);
        file.set_len(0).expect("it is cut");
        page.cast::<u8>().read_volatile();
    }
}

#[allow(unconditional_recursion, reason = "that is what is wanted")]
fn recurses(depth: usize) -> usize {
    let room = std::hint::black_box([depth; 1000]);
    recurses(depth + room[depth % 1000]) + room[0]
}

/// A thread ends after a thousand records; then the process is killed.
pub(crate) fn thread_ends(folder: &Path) {
    begin(folder, settings(folder));
    thread::spawn(log_thousand).join().expect("it logs");
    say("logged");
    wait();
}

/// Parent and child log; the child ends by itself, and says whether a directory of its own was there.
pub(crate) fn forks(folder: &Path) {
    begin(folder, settings(folder));
    let logger = get_logger("a");
    info!(logger, "Logged", n = 0);
    let parents = black_box_stats().directory;
    // SAFETY: the child only logs and says something.
    #[allow(unsafe_code, reason = "std has no fork")]
    if unsafe { libc::fork() } == 0 {
        info!(logger, "Logged", n = 1);
        let own = black_box_stats().directory;
        say(if own.is_some() && own != parents {
            "a directory of its own"
        } else {
            "no directory of its own"
        });
        wait();
        process::abort();
    }
    wait();
}

/// Says how many bytes the box takes after threads have logged and ended, twice.
pub(crate) fn threads(folder: &Path) {
    begin(folder, settings(folder));
    for _ in 0..2 {
        let threads: Vec<_> = (0..8).map(|_| thread::spawn(log_thousand)).collect();
        threads.into_iter().for_each(|thread| thread.join().expect("it logs"));
        flush();
        say(&black_box_stats().bytes.to_string());
    }
}

/// Logs to a box with little room; says how many records were on the heap.
pub(crate) fn has_little_room(folder: &Path) {
    begin(folder, settings(folder).max_bytes(1 << 20));
    let threads: Vec<_> = (0..16)
        .map(|_| {
            thread::spawn(|| {
                let logger = get_logger("a");
                info!(logger, "Logged");
                thread::park();
                drop(logger);
            })
        })
        .collect();
    while threads.iter().any(|thread| thread.is_finished()) {}
    thread::spawn(log_thousand).join().expect("it logs");
    for thread in threads {
        thread.thread().unpark();
        thread.join().expect("it logs");
    }
    flush();
    say(&black_box_stats().on_heap.to_string());
}

/// Logs where no directory can be made.
pub(crate) fn has_no_directory(folder: &Path) {
    begin(folder, BlackBox::new("/proc/self/no/such/box"));
    log_thousand();
    flush();
    say(&black_box_stats().on_heap.to_string());
}
