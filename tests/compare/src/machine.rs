//! What the numbers were taken on, when and how, for the head of the report.

use std::env;
use std::fs;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::civil::civil;

/// One line of Markdown.
pub fn describe() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1))
        .unwrap_or("unknown processor");
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{model}, {cores} cores, Linux {}, {}", kernel.trim(), date())
}

/// The command that made the report.
pub fn command() -> String {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.join(" ") {
        none if none.is_empty() => "cargo run --release".to_owned(),
        some => format!("cargo run --release -- {some}"),
    }
}

fn date() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let today = civil(now.as_secs());
    format!("{:04}-{:02}-{:02}", today.year, today.month, today.day)
}

/// The load average of the last minute.
pub fn load() -> String {
    let loads = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    loads.split_whitespace().next().unwrap_or("unknown").to_owned()
}
