//! The command line.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::destination::Kind;

/// Compares loggers: each in a process of its own, interleaved over rounds.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(flatten)]
    pub run: RunArgs,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Subcommand)]
pub enum Command {
    /// Size and build time of 1,000 call sites.
    Callsites(CallsitesArgs),
    /// List the contenders.
    List,
    /// One measurement, in this process; what the runner starts.
    #[command(hide = true)]
    Child(ChildArgs),
}

#[derive(Args)]
pub struct RunArgs {
    /// How often everything is measured; medians are reported.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// After so many minutes no table is measured again; each is once.
    #[arg(long, default_value_t = 13)]
    pub minutes: u64,
    /// Records in one measurement of the throughput, over all its threads; a
    /// quarter of them for contexts, JSON, disabled calls and requests.
    #[arg(long, default_value_t = 2_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub records: u64,
    /// Calls in one measurement of the latency, if there are no fewer records.
    #[arg(long, default_value_t = 40_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub calls: u64,
    /// Thread counts for the throughput.
    #[arg(long, value_delimiter = ',', default_value = "1,2,4",
          value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Vec<u64>,
    /// Only these contenders.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub only: Vec<String>,
    /// Where the records go.
    #[arg(long, value_delimiter = ',', default_value = "null,disk")]
    pub to: Vec<Kind>,
    /// What is measured.
    #[arg(long, value_delimiter = ',', default_value = "latency,throughput,context5,disabled,json,request")]
    pub what: Vec<Section>,
    /// The directory for `--to disk`, by default that for temporary files.
    #[arg(long, value_name = "DIR")]
    pub disk_dir: Option<PathBuf>,
    /// Write the tables to this file too.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Draw the latency and the throughput into this file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

#[derive(Args)]
pub struct CallsitesArgs {
    /// How many call sites are generated.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=9999))]
    pub sites: u32,
    /// How often the crate is rebuilt; the median is reported.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub builds: u32,
    /// Only these libraries.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub only: Vec<String>,
    /// Write the tables to this file too.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
}

#[derive(Args)]
pub struct ChildArgs {
    pub contender: String,
    pub destination: PathBuf,
    pub what: What,
    #[arg(long)]
    pub records: u64,
    #[arg(long)]
    pub threads: u64,
}

/// What one measurement measures.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum What {
    /// The call itself, in bursts between which queues run empty.
    Latency,
    /// Until all records are with the operating system.
    Throughput,
    /// The same on one thread, with five inherited context fields.
    Context5,
    /// A call below the threshold, less the empty loop.
    Disabled,
    /// A request of a service that does nothing, to the end of its body.
    Request,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            What::Latency => "latency",
            What::Throughput => "throughput",
            What::Context5 => "context5",
            What::Disabled => "disabled",
            What::Request => "request",
        })
    }
}

/// A part of the report.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Section {
    /// A call's latency, in text.
    Latency,
    /// Throughput, in text.
    Throughput,
    /// Throughput with five inherited context fields.
    Context5,
    /// A call below the threshold.
    Disabled,
    /// Latency and throughput on one thread, in JSON and in kakashi's binary form.
    Json,
    /// A request through kakashi's layer, and without it.
    Request,
}
