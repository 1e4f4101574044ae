//! What it costs that a record has gone further when its call returns:
//! `cargo bench -p kakashi-std --bench durability`.
//!
//! The file lies in the folder for temporary files, or in that of `KAKASHI_BENCH_FOLDER`: on a
//! tmpfs there is nothing to sync. Of callers that sync at the same time all wait for one call
//! of the disk, so with more of them each record costs less.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs, process};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kakashi_std::{Durability, Format, configure, fields, sinks, try_audit};

/// A file that is removed at the end.
struct BenchFile(PathBuf);

impl Drop for BenchFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn configure_with(file: &Path, durability: Durability) {
    let destination = sinks::file(file).expect("the file can be made").durability(durability);
    configure().format(Format::Text).destination(destination).apply();
}

fn audit(records: u64) {
    for n in 0..records {
        try_audit("count", "numbers", fields![n]).expect("the disk keeps it");
    }
}

fn durabilities(criterion: &mut Criterion) {
    let folder = env::var_os("KAKASHI_BENCH_FOLDER").map_or_else(env::temp_dir, PathBuf::from);
    let file = BenchFile(folder.join(format!("kakashi-durability-{}.log", process::id())));
    let mut group = criterion.benchmark_group("durability");
    group.throughput(Throughput::Elements(1));
    for (name, durability) in [("buffered", Durability::Buffered), ("written", Durability::Written)] {
        configure_with(&file.0, durability);
        let logger = kakashi_std::get_logger("bench");
        let mut n = 0_u64;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                n += 1;
                logger.info("count", fields![n]);
            });
        });
    }
    configure_with(&file.0, Durability::Synced);
    group.measurement_time(Duration::from_secs(2)).sample_size(10);
    for threads in [1, 4, 16] {
        group.bench_function(format!("synced, {threads} threads"), |bencher| {
            bencher.iter_custom(|records| {
                let begin = Instant::now();
                let each = records.div_ceil(threads);
                thread::scope(|scope| {
                    (0..threads).for_each(|_| drop(scope.spawn(move || audit(each))));
                });
                begin.elapsed()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, durabilities);
criterion_main!(benches);
