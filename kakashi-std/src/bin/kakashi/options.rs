//! The command line.

use std::path::PathBuf;
use std::str::FromStr as _;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kakashi_std::{Encoder, Json, LevelFilter, Pretty, Text};

use crate::help;
use crate::output::{FieldCondition, MAX_LINE};

/// Reads the binary logs that kakashi writes.
#[derive(Parser, Debug)]
#[command(name = "kakashi", version, arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    Decode(DecodeOptions),
}

/// Turn a binary log into text, JSON or coloured lines on stdout.
#[derive(Args, Debug)]
#[command(long_about = help::DESCRIPTION, after_long_help = help::AFTER)]
pub(crate) struct DecodeOptions {
    /// The form of the lines.
    #[arg(long, short = 'o', value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
    /// Show this level and those above it
    ///
    /// A name (trace, debug, info, warning, error, critical, in any case)
    /// or a number from 0 to 255.
    #[arg(
        long,
        short,
        value_parser = level,
        default_value = "all",
        hide_default_value = true,
        verbatim_doc_comment
    )]
    pub(crate) level: LevelFilter,
    /// Show this logger and those below it; again for more
    ///
    /// `shop::orders` is also `shop::orders::cart` and `shop::orders.cart`,
    /// not `shop::orders2`. Given several times, any of them is shown.
    #[arg(long = "logger", value_name = "NAME", value_parser = logger, verbatim_doc_comment)]
    pub(crate) loggers: Vec<String>,
    /// Show records with this field, as status>=500
    ///
    /// `key=value` is a field of this value, `key!=value` one of any other
    /// or none, `key` one of any. `key>1`, `key>=1`, `key<1`, `key<=1`
    /// compare numbers (durations by their seconds). `key~part` is a field
    /// whose text has this part. Given several times, all must hold, but of
    /// several `key=value` with one key any will do. The value is what the
    /// text line shows, with or without quotes around it; a number is
    /// compared by its value (1.50 is 1.5). A key with such signs in it, or a
    /// value that begins with one, stands in quotes: "a>b"=1. A record's own
    /// level, logger and message are no fields.
    #[arg(
        long = "field",
        value_name = "CONDITION",
        value_parser = FieldCondition::from_str,
        verbatim_doc_comment
    )]
    pub(crate) fields: Vec<FieldCondition>,
    /// Go on as the FILE grows, is rotated or comes back.
    ///
    /// See "Following" below.
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// The speed of a serial device, as 115200.
    ///
    /// See "Serial lines" below.
    #[arg(long, value_name = "SPEED", value_parser = speed)]
    pub(crate) baud: Option<u32>,
    /// The ELF file of a device's firmware; again for more
    ///
    /// Needed for a firmware that was linked with `kakashi.x`, so that the
    /// texts of its call sites are only there. See "Firmware" below.
    #[arg(long, value_name = "ELF", verbatim_doc_comment)]
    pub(crate) sites: Vec<PathBuf>,
    /// Cut lines of more bytes than this, as 64M [default: 16M]
    ///
    /// A line that is cut says in its message or its last field how many
    /// bytes it lacks. The number may have K, M or G behind it; it is 4K at
    /// least.
    #[arg(
        long,
        value_name = "BYTES",
        value_parser = line_len,
        default_value_t = MAX_LINE,
        hide_default_value = true,
        verbatim_doc_comment
    )]
    pub(crate) max_line: usize,
    /// What to read, one after the other; `-`, or nothing, is stdin.
    #[arg(value_name = "FILE|-")]
    pub(crate) files: Vec<PathBuf>,
}

fn level(text: &str) -> Result<LevelFilter, String> {
    text.parse().map_err(|error| format!("{error}, or a number from 0 to 255"))
}

fn logger(text: &str) -> Result<String, String> {
    let bare = text.trim_end_matches(['*', ':', '.', '/']);
    if bare == text || bare.is_empty() {
        Ok(text.into())
    } else {
        Err(format!("write {bare}, which is also all loggers below it"))
    }
}

fn speed(text: &str) -> Result<u32, &'static str> {
    match text.parse() {
        Ok(speed) if speed > 0 => Ok(speed),
        _ => Err("write the bits a second, as 9600 or 115200"),
    }
}

/// The shortest line that can be asked for: a shorter one would have little of its record.
const MIN_LINE: usize = 4 << 10;

fn line_len(text: &str) -> Result<usize, &'static str> {
    let (digits, shift) = match text.char_indices().next_back() {
        Some((at, 'K' | 'k')) => (&text[..at], 10),
        Some((at, 'M' | 'm')) => (&text[..at], 20),
        Some((at, 'G' | 'g')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let len = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(1 << shift));
    len.filter(|&len| len >= MIN_LINE).ok_or("write a number of bytes, 4096 or more, as 1000000, 64M or 1G")
}

/// A format of lines.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(crate) enum OutputFormat {
    /// `2026-11-22T10:12:00.123456Z INFO shop Started port=8080`
    Text,
    /// One object a line, first its time, level, logger and message.
    Json,
    /// For eyes: aligned, the time of day, in colour on a terminal.
    Pretty,
}

impl OutputFormat {
    /// Makes the encoder; only `pretty` uses colour.
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

    fn wrong(arguments: &[&str]) -> String {
        let error = Options::try_parse_from([&["kakashi", "decode"], arguments].concat()).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    }

    #[test]
    fn by_default_all_records_are_shown_as_text() {
        let Command::Decode(options) = Options::parse_from(["kakashi", "decode", "a", "-"]).command;
        assert_eq!((options.format, options.files), (OutputFormat::Text, vec!["a".into(), "-".into()]));
        assert_eq!((options.level, options.follow, options.baud), (LevelFilter::ALL, false, None));
        assert!(options.loggers.is_empty() && options.fields.is_empty());
        assert_eq!(options.max_line, 16 << 20);
        let Command::Decode(options) =
            Options::parse_from(["kakashi", "decode", "--max-line", "64M"]).command;
        assert_eq!(options.max_line, 64 << 20);
    }

    #[test]
    fn a_wrong_argument_is_reported_with_the_right_one() {
        for (arguments, right) in [
            (&["--format", "xml"][..], "[possible values: text, json, pretty]"),
            (
                &["--level", "loud"],
                "'loud' for '--level <LEVEL>': unknown level \"loud\": use TRACE, DEBUG, INFO, WARNING (WARN), \
                 ERROR or CRITICAL (FATAL), or a number from 0 to 255",
            ),
            (&["--level", "256"], "or a number from 0 to 255"),
            (&["--field", "=x"], "it names no field; write key=value, key!=value, key>1, key>=1,"),
            (&["--field", "status=>5"], "`=>` is no comparison; write key=value, key!=value, key>1,"),
            (&["--max-line", "16 MB"], "write a number of bytes, 4096 or more, as 1000000, 64M or 1G"),
            (&["--max-line", "4095"], "write a number of bytes, 4096 or more, as 1000000, 64M or 1G"),
            (&["--logger", "shop::*"], "write shop, which is also all loggers below it"),
            (&["--logger", "shop."], "write shop, which is also all loggers below it"),
            (&["--baud", "fast"], "write the bits a second, as 9600 or 115200"),
            (&["--baud", "0"], "write the bits a second, as 9600 or 115200"),
        ] {
            let message = wrong(arguments);
            assert!(message.contains(right), "{message}");
        }
    }

    #[test]
    fn the_help_fits_a_terminal() {
        use clap::CommandFactory as _;
        let mut command = Options::command();
        let decode = command.find_subcommand_mut("decode").expect("there is one");
        for line in decode.render_long_help().to_string().lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
