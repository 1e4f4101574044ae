//! Starts the children, round by round, and collects what they measured.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::cli::{RunArgs, What};
use crate::contenders::{self, Entry};
use crate::destination::{Destination, Kind};
use crate::outcome::Outcome;
use crate::readback::{Readback, read_back};
use crate::stats::Spread;

/// One table: a measure, where to and on how many threads.
pub struct Case {
    pub what: What,
    pub to: Kind,
    pub threads: u64,
    pub rows: Vec<Row>,
}

/// A contender's measurements in one case, one a round.
pub struct Row {
    pub contender: &'static Entry,
    pub outcomes: Vec<Outcome>,
    /// From files only.
    pub readbacks: Vec<Readback>,
}

impl Row {
    /// The spread over the rounds; `None` where the measure does not apply.
    pub fn spread(&self, part: impl Fn(&Outcome) -> f64) -> Option<Spread> {
        let values: Vec<_> = self.outcomes.iter().map(part).collect();
        (!values.is_empty()).then(|| Spread::of(&values))
    }
}

/// Measures everything that was asked for.
pub fn run(args: &RunArgs) -> Result<Vec<Case>> {
    let contenders = chosen(&args.only)?;
    for threads in &args.threads {
        let even = args.records.is_multiple_of(*threads);
        ensure!(even, "{} records do not go evenly into {threads} threads", args.records);
    }
    let destinations = (args.to.iter())
        .map(|&kind| Destination::new(kind, args.disk_dir.as_deref()))
        .collect::<Result<Vec<_>>>()?;
    let null = Destination::new(Kind::Null, None)?;

    let mut plan = plan(args, &destinations, &null, &contenders);
    let contenders = contenders.len();
    for round in 0..args.rounds as usize {
        for (destination, case) in &mut plan {
            eprintln!(
                "round {} of {}: {} to {}, threads: {}",
                round + 1,
                args.rounds,
                case.what,
                case.to,
                case.threads
            );
            // Another one goes first in each round.
            for turn in 0..contenders {
                let row = (turn + round) % contenders;
                measure(args.records, destination, case, row).with_context(|| {
                    let name = case.rows[row].contender.name;
                    format!("{name}, {} to {}", case.what, case.to)
                })?;
            }
        }
    }
    Ok(plan.into_iter().map(|(_, case)| case).collect())
}

fn chosen(only: &[String]) -> Result<Vec<&'static Entry>> {
    for name in only {
        contenders::find(name)?;
    }
    let wanted = |entry: &&Entry| only.is_empty() || only.iter().any(|name| name == entry.name);
    Ok(contenders::ALL.iter().filter(wanted).collect())
}

fn plan<'a>(
    args: &RunArgs,
    destinations: &'a [Destination],
    null: &'a Destination,
    contenders: &[&'static Entry],
) -> Vec<(&'a Destination, Case)> {
    let case = |destination: &'a Destination, what, threads| {
        let row = |&contender| Row { contender, outcomes: vec![], readbacks: vec![] };
        let rows = contenders.iter().map(row).collect();
        (destination, Case { what, to: destination.kind, threads, rows })
    };
    let mut plan = Vec::new();
    if args.what.contains(&What::Throughput) {
        for destination in destinations {
            plan.extend(args.threads.iter().map(|&n| case(destination, What::Throughput, n)));
        }
    }
    if args.what.contains(&What::Context5) {
        plan.extend(destinations.iter().map(|d| case(d, What::Context5, 1)));
    }
    if args.what.contains(&What::Disabled) {
        plan.push(case(null, What::Disabled, 1));
    }
    plan
}

/// Measures one contender once.
fn measure(records: u64, destination: &Destination, case: &mut Case, row: usize) -> Result<()> {
    let Case { what, threads, rows, .. } = case;
    let Row { contender, outcomes, readbacks } = &mut rows[row];
    if *what == What::Context5 && !contender.has_context {
        return Ok(());
    }
    let path = destination.fresh()?;
    let output = Command::new(env::current_exe()?)
        .args(["child", contender.name])
        .arg(&path)
        .arg(what.to_string())
        .args(["--records", &records.to_string(), "--threads", &threads.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("the child ended with {}", output.status);
    }
    outcomes.push(String::from_utf8(output.stdout)?.parse()?);
    if destination.is_file() {
        readbacks.push(read_back(&path, records, *threads)?);
    }
    Ok(())
}
