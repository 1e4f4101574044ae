//! Compares loggers: what one record costs, beside what it has to cost.
//!
//! # What
//!
//! Every contender logs the same record again and again — a logger called
//! `app::orders`, a timestamp, INFO, "Order accepted" and the fields
//! `order_id`, `symbol` and `price`, all three different from call to call —
//! to `/dev/null`, to a file in memory or to a file on a disk. Reported are the
//! wall time until everything was flushed, the time within the calls, the CPU
//! time and the peak memory of the process; for files also whether every record
//! is there, once, and in the order its thread logged it. `context5` is the
//! same with five inherited context fields, `disabled` a call below the
//! threshold. The subcommand `callsites` measures what a call site adds to a
//! binary and to the time it takes to build.
//!
//! # Why like this
//!
//! Two contenders are floors. `limit` is a hand-tuned loop that could hardly do
//! less, `std` the obvious `write!` under a lock. Times differ between machines
//! and from hour to hour; ratios to a floor of the same run differ far less.
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
//! bytes a record shows it.
//!
//! # What it refuses to do
//!
//! - Run unoptimized: the numbers would mean nothing.
//! - Take a file on tmpfs for one on a disk, or the other way round.
//! - Split records unevenly over threads.
//! - Call it a result when a child fails.
//!
//! It does not `fsync`, does not pin threads, does not warm up (one record in a
//! million is a cold one) and does not judge: lost records are in the table, in
//! bold, and nothing more.

#![forbid(unsafe_code)]

mod callsites;
mod child;
mod civil;
mod cli;
mod contender;
mod contenders;
mod destination;
mod machine;
mod outcome;
mod readback;
mod report;
mod runner;
mod stats;
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
                println!("{:<18}{}", entry.name, entry.note);
            }
            Ok(())
        }
    }
}

fn run(args: &RunArgs) -> Result<()> {
    ensure!(!cfg!(debug_assertions), "an unoptimized build: use `--release`");
    let load_before = machine::load();
    let cases = runner::run(args)?;
    publish(&report::render(args, &cases, &load_before)?, args.markdown.as_deref())
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
