//! Starts the children, round by round, and collects what they measured.

use std::env;
use std::io::Read as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::cli::RunArgs;
use crate::destination::Destination;
use crate::form::Form;
use crate::outcome::Outcome;
use crate::plan::{Case, plan};
use crate::readback::{Readback, read_back};

/// A child that takes longer hangs.
const CHILD_TIMEOUT: Duration = Duration::from_secs(120);
/// How often the child is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Measures everything that was asked for.
pub fn run(args: &RunArgs) -> Result<Vec<Case>> {
    let mut cases = plan(args)?;
    let mut destinations: Vec<Destination> = Vec::new();
    for case in &cases {
        if !destinations.iter().any(|known| known.kind == case.to) {
            destinations.push(Destination::new(case.to, args.disk_dir.as_deref())?);
        }
    }

    let began = Instant::now();
    let limit = Duration::from_secs(60 * args.minutes);
    for round in 0..args.rounds as usize {
        for case in &mut cases {
            if round > 0 && began.elapsed() > limit {
                return Ok(cases);
            }
            let Case { what, json, to, threads, .. } = case;
            let form = if *json { " in JSON" } else { "" };
            eprintln!("round {} of {}: {what}{form} to {to}, threads: {threads}", round + 1, args.rounds);
            let destination = destinations.iter().find(|destination| destination.kind == case.to);
            let destination = destination.context("a destination for each case")?;
            // Another one goes first in each round.
            for turn in 0..case.rows.len() {
                let row = (turn + round) % case.rows.len();
                measure(destination, case, row);
            }
        }
    }
    Ok(cases)
}

/// Measures one contender once.
fn measure(destination: &Destination, case: &mut Case, row: usize) {
    let measured = measured(destination, case, row);
    let row = &mut case.rows[row];
    match measured {
        Ok((outcome, readback)) => {
            row.outcomes.push(outcome);
            row.readbacks.extend(readback);
        }
        Err(error) => {
            let failure = format!("{error:#}");
            eprintln!("{}: {failure}", row.contender.name);
            row.failures.push(failure);
        }
    }
}

fn measured(destination: &Destination, case: &Case, row: usize) -> Result<(Outcome, Option<Readback>)> {
    let Case { what, threads, records, rows, .. } = case;
    let contender = rows[row].contender;
    let path = destination.fresh(contender.opens_path)?;
    let mut child = Command::new(env::current_exe()?)
        .args(["child", contender.name])
        .arg(&path)
        .arg(what.to_string())
        .args(["--records", &records.to_string(), "--threads", &threads.to_string()])
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let status = wait(&mut child)?;
    if !status.success() {
        bail!("the child ended with {status}");
    }
    let mut output = String::new();
    child.stdout.take().context("a child without an output")?.read_to_string(&mut output)?;
    // A logger may have said something before.
    let outcome = output.lines().next_back().context("a child without an outcome")?.parse()?;
    let readback = (destination.is_file() && contender.form != Form::Nothing)
        .then(|| read_back(&destination.files()?, contender.form, *records, *threads))
        .transpose()?;
    Ok((outcome, readback))
}

/// Waits for the end, but not for ever.
fn wait(child: &mut Child) -> Result<ExitStatus> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if began.elapsed() > CHILD_TIMEOUT {
            child.kill()?;
            child.wait()?;
            bail!("the child did not end in {} s", CHILD_TIMEOUT.as_secs());
        }
        thread::sleep(POLL_INTERVAL);
    }
}
