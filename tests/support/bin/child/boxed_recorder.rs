//! Programs with a black box and a flight recorder, which end in their own ways, in a folder with `log.txt`, `log.json`, `log.klog`
//! and `box`.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{self, Command};
use std::thread;

use kakashi_std::{
    BlackBox, FlightRecorder, Json, LogContext, LogLevel, LoggerConfig, Scope as _, Text, Trigger, Wire,
    configure, create_custom_logger, debug, dump_flight_recorder, error, fail_scope, fields, flush,
    get_async_logger, get_logger, info, sinks,
};

use crate::black_box::tell;
use crate::boxed::{say, wait};
use crate::forks::{fork, wait_for};

/// Writes from INFO on to three files, of which the one of the wire takes no DEBUG; keeps the rest.
fn begin(folder: &Path, recorder: FlightRecorder) {
    let file = |name: &str| sinks::file(folder.join(name)).expect("a file in the test's folder");
    configure()
        .black_box(BlackBox::new(folder.join("box")).max_bytes(256 << 20))
        .service("shop", "1.2", "test")
        .flush_after_millis(1)
        .destination(file("log.txt").encoder(Text))
        .destination(file("log.json").encoder(Json::new()))
        .destination(file("log.klog").encoder(Wire).threshold(LogLevel::Info))
        .flight_recorder(recorder)
        .apply();
}

fn request(id: &str) -> LogContext {
    LogContext::new().with_request_id(id)
}

/// Keeps `n=first` to `n=first + 9`, from two call sites.
fn keep(first: u64) {
    for n in first..first + 10 {
        if n % 2 == 0 { debug!("Kept", n) } else { debug!(get_async_logger("queued"), "Kept too", n) }
    }
}

/// Keeps 0 to 9 in a thread that ends, 10 to 19 in one that goes on, 20 to 29 in a scope that ends well, 30 to 39 in one that fails, which
/// has them written, 40 to 49 in one that is open, 50 to 59 by a custom logger; then ends as it is told.
pub(crate) fn ends(folder: &Path, how: &str) {
    let on_death = how != "not_on_death";
    let own = sinks::file(folder.join("own.txt")).expect("a file in the test's folder").encoder(Text);
    if how == "later_box" {
        configure().flight_recorder(FlightRecorder::new()).apply();
        debug!("Kept before", n = 100);
    }
    begin(folder, FlightRecorder::new().on_death(on_death));
    let custom = create_custom_logger("custom", LoggerConfig::new().level(LogLevel::Info).destination(own));
    info!("Begun", n = 1000);
    thread::spawn(|| keep(0)).join().expect("it ends well");
    keep(10);
    request("r-2").within(|| keep(20));
    request("r-3").within(|| {
        keep(30);
        fail_scope("it is a test");
    });
    flush();
    for n in 50..60 {
        debug!(custom, "Kept by a custom one", n);
    }
    let open = request("r-4").with_custom(fields![step = 4]);
    let _open = open.enter();
    keep(40);
    match how {
        "abort" | "later_box" | "not_on_death" => process::abort(),
        "_exit" => end_at_once(),
        "exec" => drop(Command::new("true").exec()),
        "kill" => {
            say("logged");
            wait();
        }
        _ => {}
    }
}

#[allow(unsafe_code, reason = "std has no _exit")]
fn end_at_once() {
    // SAFETY: it ends the process at once, whatever else runs.
    unsafe { libc::_exit(0) }
}

/// Forks: the child keeps records of its own and ends at once, then its parent does.
pub(crate) fn forks(folder: &Path) {
    begin(folder, FlightRecorder::new());
    keep(0);
    let child = fork(|| {
        keep(10);
        end_at_once();
    });
    wait_for(child);
    keep(20);
    process::abort();
}

/// Keeps more than its ring has room for, then aborts.
pub(crate) fn overwrites(folder: &Path) {
    begin(folder, FlightRecorder::new().bytes_per_thread(4096));
    for n in 0..5000_u64 {
        // Contexts come and go, too.
        let step = LogContext::new().with_custom(fields![step = n / 7]);
        let _step = step.enter();
        debug!("Kept", n);
    }
    process::abort();
}

/// Keeps records on four threads, in scopes and without, has some of them written, and logs others until it is
/// killed. Each call's number goes to stdout when it has returned, with the bit 31 if the record is only kept.
pub(crate) fn logs_until_killed(folder: &Path) {
    let bytes = env::var("KAKASHI_RING_BYTES").ok().and_then(|bytes| bytes.parse().ok());
    let bytes = bytes.unwrap_or(16 << 20);
    let recorder = FlightRecorder::new().dumps_per_minute(1_000_000).bytes_per_thread(bytes);
    begin(folder, recorder.bytes_per_scope(bytes).bytes_in_all(80 << 20).on(Trigger::Error));
    let threads: Vec<_> = (0..4_u64).map(|thread| thread::spawn(move || log_for_ever(thread))).collect();
    for thread in threads {
        let _ = thread.join();
    }
}

fn log_for_ever(thread: u64) {
    let logger = get_logger("worker");
    let scope = (thread == 3).then(|| request("r-3").enter());
    for count in 0.. {
        let n = thread << 32 | count;
        match count % 50 {
            49 if count % 1000 == 999 => error!(logger, "Failed", n),
            25 if thread == 2 && count % 500 == 25 => _ = dump_flight_recorder("asked"),
            0 => info!(logger, "Logged", n),
            _ => debug!(logger, "Kept", n),
        }
        let is_kept = !(count % 50 == 0 || count % 1000 == 999);
        if thread == 2 && count % 500 == 25 {
            continue;
        }
        if tell(n | u64::from(is_kept) << 31).is_err() {
            return;
        }
    }
    drop(scope);
}
