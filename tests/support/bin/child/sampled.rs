//! Programs that leave records out on purpose.

use std::path::Path;
use std::time::Duration;

use kakashi_std::{Destination, Format, Sampling, configure, get_async_logger, info, sinks};

use crate::forks::{fork, wait_for};
use crate::records::{log_many, log_to, logger};

/// Writes the first ten records of each call site to the file; flushes nothing by itself for an hour.
fn first_ten_to(file: &Path) {
    let day = Duration::from_secs(24 * 60 * 60);
    configure().flush_after_millis(3_600_000).sampling(Sampling::new().first_of_site(10).window(day)).apply();
    log_to(file);
}

/// Logs 1000 records of one call site, and returns.
pub(crate) fn returns(file: &Path) {
    first_ten_to(file);
    log_many(0, 1000);
}

/// Leaves 90 records out, then has a child leave out 1000 of the same call site and 90 of its own.
pub(crate) fn forks(file: &Path) {
    first_ten_to(file);
    log_many(0, 100);
    let child = fork(|| {
        log_many(1, 1000);
        (0..100).for_each(|n| info!(logger(), "Counted", thread = 2, n));
    });
    wait_for(child);
}

/// Logs a record 500 times, has a child log it 1000 times, and returns.
pub(crate) fn repeats(file: &Path) {
    let destination = sinks::file(file).expect("the file opens").format(Format::Text);
    configure()
        .flush_after_millis(3_600_000)
        .destination(Destination::fold_repeated(destination, Duration::from_secs(3600)))
        .apply();
    let log = |times: usize| {
        let queued = get_async_logger("child");
        (0..times).for_each(|n| if n % 2 == 0 { info!(queued, "Same") } else { info!(logger(), "Same") });
    };
    log(500);
    wait_for(fork(|| log(1000)));
}
