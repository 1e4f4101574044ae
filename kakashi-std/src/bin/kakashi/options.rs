//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kakashi_std::{Encoder, Json, Pretty, Text};

/// Reads the binary logs that kakashi writes.
#[derive(Parser, Debug)]
#[command(name = "kakashi", version, arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    Decode(Decode),
}

/// Turn a binary log into text, JSON or coloured lines on stdout.
///
/// A program that logs to `sinks::wire_file("shop.klog")`, or with
/// `Format::Wire`, stores its records as blocks of bytes, not as text. This
/// command makes of them the very lines that the program would have written
/// itself.
///
/// Each block stands alone. What is damaged, was cut off when a machine lost
/// its power, or was never a block is passed over; where, and how many bytes, is
/// told on stderr, and the exit status is 1. Where the program had to drop
/// records, a line of the logger "kakashi" says how many.
///
/// Input of any length is read in pieces, so that a log may be followed while it
/// grows. A block is shown when it is whole; memory holds one block.
#[derive(Args, Debug)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Decode {
    /// The form of the lines.
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) format: Form,
    /// What to read, one after the other; `-`, or nothing, is stdin.
    #[arg(value_name = "FILE|-")]
    pub(crate) files: Vec<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  kakashi decode shop.klog
          One line of text for each record.
  kakashi decode --format json shop.klog.1 shop.klog | jq 'select(.level == \"ERROR\")'
          Two files, in this order, for another program.
  tail -c +1 -f shop.klog | kakashi decode --format pretty -
          Follows a log while it grows.

Environment:
  NO_COLOR  If set and not empty, `pretty` writes no colour. It does so on a
            terminal only in any case.

Exit status:
  0  Everything was read. (Also when the reader of the lines has gone, as `head` does.)
  1  Bytes were passed over, or a file can't be read, or the output can't be
     written. All whole blocks of the other files have been shown.
  2  The command line is wrong; nothing was read.";

/// A form of lines.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(crate) enum Form {
    /// `2026-11-22T10:12:00.123456Z INFO shop::orders Order accepted id=1042`
    Text,
    /// One object a line, first its timestamp, level, logger and message.
    Json,
    /// For eyes: aligned, the time of day only, in colour on a terminal.
    Pretty,
}

impl Form {
    /// Makes the encoder; colour is for `pretty`.
    pub(crate) fn encoder(self, colour: bool) -> Box<dyn Encoder> {
        match self {
            Self::Text => Box::new(Text),
            Self::Json => Box::new(Json::new()),
            Self::Pretty => Box::new(Pretty::new().colour(colour)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_without_contradiction() {
        use clap::CommandFactory as _;
        Options::command().debug_assert();
    }

    #[test]
    fn text_is_what_is_made_unless_asked_otherwise() {
        let Command::Decode(options) = Options::parse_from(["kakashi", "decode", "a", "-"]).command;
        assert_eq!((options.format, options.files), (Form::Text, vec!["a".into(), "-".into()]));
        let wrong = Options::try_parse_from(["kakashi", "decode", "--format", "xml"]).unwrap_err();
        assert_eq!(wrong.exit_code(), 2);
        assert!(wrong.to_string().contains("[possible values: text, json, pretty]"), "{wrong}");
    }
}
