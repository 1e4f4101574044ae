//! Compares loggers: what one record costs, beside what it has to cost.
//!
//! # What
//!
//! Every contender logs the same record again and again — a logger called
//! `app::orders`, a timestamp, INFO, "Order accepted" and the fields
//! `order_id`, `symbol` and `price`, all three different from call to call —
//! to `/dev/null`, to a file in memory or to a file on a disk.
//!
//! - `latency`: bursts of 20 calls from one thread, then 100 µs of nothing, so
//!   that no queue fills: the time of a call, single and averaged over a burst.
//! - `throughput`: the wall time until everything was flushed, the time within
//!   the calls, the CPU time and the peak memory of the process; for files also
//!   whether every record is there, once, unharmed and in the order its thread
//!   logged it, or counted as dropped.
//! - `context5`: the same with five inherited context fields.
//! - `disabled`: a call below the threshold.
//! - `json`: latency and throughput in JSON and in kakashi's binary form.
//! - `request`: a request of a tower service that does nothing, in kakashi's
//!   layer and without it.
//!
//! The subcommand `callsites` measures what a call site adds to a binary and to
//! the time it takes to build.
//!
//! # Why like this
//!
//! Three contenders are floors. `empty` is the timer, `limit` a hand-tuned loop
//! that could hardly do less, `std` the obvious `write!` under a lock. Times
//! differ between machines and from hour to hour; ratios to a floor of the same
//! run differ far less.
//!
//! Each measurement has a process to itself: this binary starts itself with
//! `child CONTENDER DESTINATION WHAT`. Global loggers, allocator state and
//! threads left over from one cannot help or hurt the next. Rounds interleave
//! the contenders and rotate who goes first, so that a busy minute of a shared
//! machine hits all of them; the median over the rounds is what counts.
//!
//! Contenders are configured as their documentation says, and where that leaves
//! a choice, in the way that is better for them; [`contenders`] has a file each.
//! They print what they print: where one's line is shorter, the column with the
//! bytes a record shows it. All are in one binary, so that features add up:
//! `log`'s key-values have the generality that flexi_logger asks for in all
//! loggers that read them.
//!
//! # What it refuses to do
//!
//! - Run unoptimized: the numbers would mean nothing.
//! - Take a file on tmpfs for one on a disk, or the other way round.
//! - Split records unevenly over threads.
//! - Call it a result when a child fails or hangs: the report says which one
//!   did, and the run ends with an error.
//!
//! It does not `fsync`, does not pin threads, does not warm up (one record in a
//! million is a cold one) and does not judge: lost records are in the table, in
//! bold, and nothing more.

#![deny(unsafe_code)]

mod callsites;
mod child;
mod civil;
mod cli;
mod contender;
mod contenders;
mod destination;
mod form;
mod latency;
mod machine;
mod outcome;
mod plan;
mod readback;
mod report;
mod runner;
mod stats;
mod tsc;
mod workload;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use cli::{ChildArgs, Cli, Command, RunArgs};

fn main() -> Result<()> {
    let cli = Cli::parse();
    match cli.command {
        None => run(&cli.run),
        Some(Command::Child(args)) => child(args),
        Some(Command::Callsites(args)) => publish(&callsites::run(&args)?, args.markdown.as_deref()),
        Some(Command::List) => {
            for entry in contenders::ALL {
                println!("{:<24}{}", entry.name, entry.note);
            }
            Ok(())
        }
    }
}

fn run(args: &RunArgs) -> Result<()> {
    ensure!(!cfg!(debug_assertions), "an unoptimized build: use `--release`");
    let load_before = machine::load();
    let cases = runner::run(args)?;
    if let Some(path) = &args.svg {
        let drawing = report::draw(&cases)?;
        fs::write(path, drawing).with_context(|| format!("writing {}", path.display()))?;
    }
    publish(&report::render(&cases, &load_before)?, args.markdown.as_deref())?;
    let failed = cases.iter().flat_map(|case| &case.rows).filter(|row| !row.failures.is_empty()).count();
    ensure!(failed == 0, "{failed} measurements failed; see the end of the report");
    Ok(())
}

fn child(args: ChildArgs) -> Result<()> {
    let ChildArgs { contender, destination, what, records, threads } = args;
    let job = child::Job { destination, what, records, threads };
    println!("{}", (contenders::find(&contender)?.measure)(&job)?);
    Ok(())
}

/// Prints a report, and writes it to a file if there is one to write to.
fn publish(report: &str, file: Option<&Path>) -> Result<()> {
    print!("{report}");
    if let Some(path) = file {
        fs::write(path, report).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
