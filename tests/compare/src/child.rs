//! One measurement of one contender, in the process that is this one's alone.

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::cli::What;
use crate::contender::Contender;
use crate::latency;
use crate::outcome::Outcome;
use crate::stats::Spread;
use crate::workload::fields;

/// What a child process is asked to do.
pub struct Job {
    pub destination: PathBuf,
    pub what: What,
    /// Over all threads; thread `t` logs ids `t * records / threads` and up.
    pub records: u64,
    pub threads: u64,
}

/// Sets `C` up and measures it.
pub fn measure<C: Contender>(job: &Job) -> Result<Outcome> {
    ensure!(job.records.is_multiple_of(job.threads), "threads get equal numbers of records");
    let contender = C::setup(&job.destination).context("setting it up")?;
    let outcome = match job.what {
        What::Throughput | What::Request => throughput(contender, job, false)?,
        What::Context5 => throughput(contender, job, true)?,
        What::Disabled => disabled(&contender, job.records),
        What::Latency => {
            let outcome = latency::measure(&contender, job.records);
            contender.finish_thread();
            contender.finish().context("flushing")?;
            outcome
        }
    };
    Ok(Outcome { dropped: C::dropped() as f64, ..outcome })
}

fn throughput<C: Contender>(contender: C, job: &Job, in_context: bool) -> Result<Outcome> {
    let share = job.records / job.threads;
    let barrier = Barrier::new(job.threads as usize);
    let cpu_before = cpu_time()?;

    let log_share = |thread: u64| {
        let mut span = None;
        let mut log = |contender: &C| {
            barrier.wait();
            let began = Instant::now();
            for id in thread * share..(thread + 1) * share {
                let (order_id, symbol, price) = fields(id);
                contender.log(order_id, symbol, price);
            }
            span = Some((began, Instant::now()));
        };
        if in_context {
            contender.in_context(log);
        } else {
            log(&contender);
        }
        contender.finish_thread();
        span
    };
    // Joined one by one: the end of a scope alone does not wait for the
    // destructors of thread locals, in which a contender may keep records.
    let spans: Vec<_> = thread::scope(|scope| {
        let log_share = &log_share;
        let threads: Vec<_> = (0..job.threads).map(|t| scope.spawn(move || log_share(t))).collect();
        threads.into_iter().map(|t| t.join().expect("no thread panics")).collect()
    });
    contender.finish().context("flushing")?;
    let finished = Instant::now();
    let cpu = cpu_time()?.saturating_sub(cpu_before);

    let mut first = finished;
    let mut calling = Duration::ZERO;
    for span in spans {
        let (began, ended) = span.context("a context that did not run its loop")?;
        first = first.min(began);
        calling += ended - began;
    }
    let per_record = |time: Duration| time.as_nanos() as f64 / job.records as f64;
    Ok(Outcome {
        wall: per_record(finished - first),
        call: per_record(calling),
        cpu: per_record(cpu),
        peak_rss: peak_rss()?,
        ..Outcome::default()
    })
}

/// The disabled call in a loop, less the loop: medians of blocks that alternate.
///
/// What passes the arguments through memory takes a nanosecond or two itself,
/// behind which a check may hide; `call` is the time with the loop.
fn disabled<C: Contender>(contender: &C, records: u64) -> Outcome {
    const BLOCKS: usize = 9;
    let per_call = |time: Duration| time.as_nanos() as f64 / records as f64;
    let mut with_call = Vec::with_capacity(BLOCKS);
    let mut empty = Vec::with_capacity(BLOCKS);
    for _ in 0..BLOCKS {
        with_call.push(per_call(time_loop(records, |order_id, symbol, price| {
            contender.log_disabled(order_id, symbol, price);
        })));
        empty.push(per_call(time_loop(records, |_, _, _| ())));
    }
    let with_call = Spread::of(&with_call).median;
    let net = with_call - Spread::of(&empty).median;
    Outcome { wall: net, call: with_call, cpu: net, ..Outcome::default() }
}

#[inline(never)]
fn time_loop(records: u64, body: impl Fn(u64, &'static str, f64)) -> Duration {
    let began = Instant::now();
    for id in 0..records {
        let (order_id, symbol, price) = fields(id);
        body(black_box(order_id), black_box(symbol), black_box(price));
    }
    began.elapsed()
}

/// User and system time of this process so far.
fn cpu_time() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let duration = |time: TimeVal| {
        Duration::from_secs(time.tv_sec() as u64) + Duration::from_micros(time.tv_usec() as u64)
    };
    Ok(duration(usage.user_time()) + duration(usage.system_time()))
}

/// The high-water mark of this process's own memory, in KiB.
///
/// Not `ru_maxrss`: Linux lets that survive `exec`, so it would start at the
/// parent's size.
fn peak_rss() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
    Ok(kib.context("no VmHWM in the process's status")?.trim().parse()?)
}
