//! Which tables there will be, and who stands in them.

use anyhow::{Result, ensure};

use crate::cli::{RunArgs, Section, What};
use crate::contenders::{self, Entry};
use crate::destination::Kind;
use crate::form::Form;
use crate::latency::BURST;
use crate::outcome::Outcome;
use crate::readback::Readback;
use crate::stats::Spread;

/// One table: a measure, in which form, where to and on how many threads.
pub struct Case {
    pub what: What,
    /// JSON and binary instead of text.
    pub json: bool,
    pub to: Kind,
    pub threads: u64,
    pub records: u64,
    pub rows: Vec<Row>,
}

/// A contender's measurements in one case, one a round.
pub struct Row {
    pub contender: &'static Entry,
    pub outcomes: Vec<Outcome>,
    /// From files only.
    pub readbacks: Vec<Readback>,
    /// What went wrong in rounds that have no outcome.
    pub failures: Vec<String>,
}

impl Row {
    /// The spread over the rounds; `None` where there is no outcome.
    pub fn spread(&self, part: impl Fn(&Outcome) -> f64) -> Option<Spread> {
        let values: Vec<_> = self.outcomes.iter().map(part).collect();
        (!values.is_empty()).then(|| Spread::of(&values))
    }

    /// The median over the rounds.
    pub fn median(&self, part: impl Fn(&Outcome) -> f64) -> Option<f64> {
        self.spread(part).map(|spread| spread.median)
    }
}

impl Case {
    /// The row of the contender called `name`.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.contender.name == name)
    }
}

/// All cases that were asked for, without measurements.
pub fn plan(args: &RunArgs) -> Result<Vec<Case>> {
    let contenders = chosen(&args.only)?;
    for threads in &args.threads {
        let even = args.records.is_multiple_of(*threads);
        ensure!(even, "{} records do not go evenly into {threads} threads", args.records);
    }
    // At least a burst of each kind.
    let calls = (args.calls.min(args.records) / BURST).max(2) * BURST;
    let mut cases = Vec::new();
    let mut add = |what, json: bool, to, threads| {
        let records = match what {
            What::Latency => calls,
            What::Throughput if !json => args.records,
            _ => (args.records / 4).max(1),
        };
        let mut case = Case { what, json, to, threads, records, rows: vec![] };
        let rows = contenders.iter().filter(|entry| takes_part(entry, &case)).map(|&contender| Row {
            contender,
            outcomes: vec![],
            readbacks: vec![],
            failures: vec![],
        });
        case.rows = rows.collect();
        if !case.rows.is_empty() {
            cases.push(case);
        }
    };
    for section in &args.what {
        match section {
            Section::Latency => args.to.iter().for_each(|&to| add(What::Latency, false, to, 1)),
            Section::Throughput => {
                for &to in &args.to {
                    args.threads.iter().for_each(|&threads| add(What::Throughput, false, to, threads));
                }
            }
            Section::Context5 => args.to.iter().for_each(|&to| add(What::Context5, false, to, 1)),
            Section::Disabled => add(What::Disabled, false, Kind::Null, 1),
            Section::Request => add(What::Request, false, Kind::Null, 1),
            Section::Json => {
                for &to in &args.to {
                    add(What::Latency, true, to, 1);
                    add(What::Throughput, true, to, 1);
                }
            }
        }
    }
    Ok(cases)
}

fn chosen(only: &[String]) -> Result<Vec<&'static Entry>> {
    for name in only {
        contenders::find(name)?;
    }
    let wanted = |entry: &&Entry| only.is_empty() || only.iter().any(|name| name == entry.name);
    Ok(contenders::ALL.iter().filter(wanted).collect())
}

/// Floors stand in JSON's tables too: what they write is text, but ratios need
/// them. A logger that has no text stands among the contexts and the disabled.
fn takes_part(entry: &Entry, case: &Case) -> bool {
    let form = match case.what {
        What::Context5 => entry.has_context && !is_second_form(entry),
        What::Disabled => !is_second_form(entry),
        What::Request => true,
        _ if case.json => entry.form != Form::Text || entry.is_floor(),
        _ => entry.form == Form::Text || entry.is_floor(),
    };
    form && entry.serves == (case.what == What::Request)
        && !entry.exempt.contains(&case.what)
        && case.threads <= entry.most_threads
        && (case.to != Kind::Null || entry.opens_path || case.what == What::Disabled)
}

/// Whether it is the JSON or binary twin of a contender that writes text.
fn is_second_form(entry: &Entry) -> bool {
    entry.form != Form::Text
        && contenders::ALL
            .iter()
            .any(|other| other.form == Form::Text && entry.name.starts_with(&format!("{}-", other.name)))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;
    use crate::contenders::{EMPTY, STD};

    fn planned(line: &str) -> Vec<Case> {
        plan(&Cli::parse_from(line.split_whitespace()).run).unwrap()
    }

    fn names(case: &Case) -> Vec<&str> {
        case.rows.iter().map(|row| row.contender.name).collect()
    }

    #[test]
    fn plain_text_and_json_do_not_stand_in_one_table() {
        let cases = planned("compare --what throughput,json --to disk --threads 1");
        let [text, latency, json] = &cases[..] else { panic!("{} cases", cases.len()) };
        assert!(text.rows.iter().all(|row| row.contender.form == Form::Text));
        assert!(names(latency).contains(&EMPTY));
        assert_eq!((latency.what, latency.json), (What::Latency, true));
        assert!(names(json).contains(&"kakashi-wire") && names(json).contains(&STD));
        assert!(!names(json).contains(&"kakashi"));
    }

    #[test]
    fn who_can_not_do_it_is_left_out() {
        let cases =
            planned("compare --what throughput,json --to null --threads 2 --only quicklog,emit_file,std");
        assert!(cases.iter().all(|case| names(case) == [STD]));
    }

    #[test]
    fn requests_and_records_do_not_stand_in_one_table() {
        let cases = planned("compare --what throughput,context5,disabled,json,latency,request --threads 1");
        for case in &cases {
            assert!(case.rows.iter().all(|row| row.contender.serves == (case.what == What::Request)));
        }
        assert_eq!(names(&cases[cases.len() - 1]), ["service", "request-layer", "request-layer-silent"]);
    }

    #[test]
    fn bursts_are_whole() {
        let cases = planned("compare --what latency --records 50 --threads 1 --only std --to null");
        assert_eq!(cases[0].records, 40);
    }

    #[test]
    fn every_contender_is_in_some_table() {
        let cases = planned("compare");
        for entry in contenders::ALL {
            assert!(cases.iter().any(|case| case.row(entry.name).is_some()), "{}", entry.name);
        }
    }
}
