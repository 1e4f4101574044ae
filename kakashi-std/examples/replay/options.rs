//! The command line.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, ValueEnum, value_parser};
use kakashi_std::Format;

/// Replays a web access log through kakashi.
#[derive(Parser, Debug)]
#[command(version, about)]
pub(crate) struct Options {
    /// The log: its format is described in tests/data/README.md.
    pub(crate) log: PathBuf,
    /// Threads that log; each takes its share of the lines, in their order.
    #[arg(long, value_name = "N", default_value = "4", value_parser = value_parser!(u16).range(1..=1024))]
    pub(crate) threads: u16,
    /// The form that records are written in.
    #[arg(long, default_value = "text", value_parser = format_parser())]
    pub(crate) format: Format,
    /// The kind of logger.
    #[arg(long, value_enum, default_value_t = Kind::Sync)]
    pub(crate) logger: Kind,
    /// Where records go: stderr, stdout, null or file:PATH (appended to).
    #[arg(long, default_value = "stderr", value_name = "WHERE")]
    pub(crate) to: Target,
    /// How often each thread goes through its lines.
    #[arg(long, value_name = "N", default_value = "1", value_parser = value_parser!(u32).range(1..))]
    pub(crate) repeat: u32,
}

/// A kind of logger.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(crate) enum Kind {
    /// The calling thread makes the lines.
    Sync,
    /// A worker does; a caller waits when its queue is full.
    Async,
    /// A worker does; what finds its queue full is dropped, and counted.
    Performance,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Async => "async",
            Self::Performance => "performance",
        }
    }

    /// Tells whether records that find their queue full may be dropped.
    pub(crate) fn may_drop(self) -> bool {
        self == Self::Performance
    }
}

/// Where records go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    Stderr,
    Stdout,
    /// Encoded, batched, and thrown away.
    Null,
    File(PathBuf),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("file:")) {
            ("stderr", _) => Ok(Self::Stderr),
            ("stdout", _) => Ok(Self::Stdout),
            ("null", _) => Ok(Self::Null),
            (_, Some(path)) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => Err("expected stderr, stdout, null or file:PATH".into()),
        }
    }
}

impl Target {
    /// Tells whether records and what is written to stderr meet on a terminal.
    pub(crate) fn shares_stderr(&self) -> bool {
        match self {
            Self::Stderr => true,
            Self::Stdout => io::stdout().is_terminal(),
            Self::Null | Self::File(_) => false,
        }
    }
}

/// Takes the formats' own names, except `auto`: a replay says what it writes.
fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(["text", "json", "pretty", "wire"]).try_map(|name| name.parse::<Format>())
}
