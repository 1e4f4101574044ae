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
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Records in one measurement, over all its threads.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub records: u64,
    /// Thread counts for the throughput.
    #[arg(long, value_delimiter = ',', default_value = "1,2",
          value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Vec<u64>,
    /// Only these contenders.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub only: Vec<String>,
    /// Where the records go.
    #[arg(long, value_delimiter = ',', default_value = "null,tmpfs")]
    pub to: Vec<Kind>,
    /// What is measured.
    #[arg(long, value_delimiter = ',', default_value = "throughput,context5,disabled")]
    pub what: Vec<What>,
    /// The directory for `--to disk`, by default that for temporary files.
    #[arg(long, value_name = "DIR")]
    pub disk_dir: Option<PathBuf>,
    /// Write the tables to this file too.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
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
    /// Until all records are with the operating system.
    Throughput,
    /// The same on one thread, with five inherited context fields.
    Context5,
    /// A call below the threshold, less the empty loop.
    Disabled,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            What::Throughput => "throughput",
            What::Context5 => "context5",
            What::Disabled => "disabled",
        })
    }
}
