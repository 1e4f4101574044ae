//! The command line.

use std::path::PathBuf;
use std::str::FromStr as _;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kakashi_core::Screen;
#[cfg(feature = "local-time")]
use kakashi_std::local_pattern;
use kakashi_std::{Encoder, Json, LevelFilter, Logfmt, PatternError, Pretty, Profile, Text, TextPattern};

use crate::help;
use crate::output::{FieldCondition, MAX_LINE};

/// Reads the binary logs that kakashi writes, and recovers what a killed program has left.
#[derive(Parser, Debug)]
#[command(name = "kakashi", version, arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    Decode(DecodeOptions),
    #[cfg(unix)]
    Recover(RecoverOptions),
}

/// Bring the records that killed programs have left where they belong.
#[cfg(unix)]
#[derive(Args, Debug)]
#[command(long_about = help::RECOVER_DESCRIPTION, after_long_help = help::RECOVER_AFTER)]
pub(crate) struct RecoverOptions {
    /// Write all records to this file
    ///
    /// Lines stay as they are; what was in the binary format becomes lines of
    /// text. Without it each record goes to the destination it was for.
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    pub(crate) to: Option<PathBuf>,
    /// Go on, and recover each program when it has ended
    ///
    /// See "Watching" below.
    #[arg(long, short)]
    pub(crate) watch: bool,
    /// Recover a directory that belongs to another user
    ///
    /// Root alone can read one. The paths in it were chosen by that user:
    /// --to must say where the records go.
    #[arg(long, requires = "to", verbatim_doc_comment)]
    pub(crate) any_user: bool,
    /// The directory that `configure().black_box(…)` was given.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}

/// Turn a binary log into text, JSON or coloured lines on stdout.
#[derive(Args, Debug)]
#[command(long_about = help::DESCRIPTION, after_long_help = help::AFTER)]
pub(crate) struct DecodeOptions {
    /// The form of the lines.
    #[arg(long, short = 'o', value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
    /// Lines of one's own, as "{time:%T%.3f} {level:5} {message} {fields}"
    ///
    /// See "Patterns" below.
    #[arg(
        long,
        short,
        value_parser = pattern,
        conflicts_with = "format",
        verbatim_doc_comment
    )]
    pub(crate) pattern: Option<TextPattern>,
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

impl DecodeOptions {
    /// Makes the encoder; only `pretty` looks at the screen.
    pub(crate) fn encoder(&self, screen: &Screen) -> Box<dyn Encoder> {
        match &self.pattern {
            Some(pattern) => Box::new(pattern.clone()),
            None => self.format.encoder(screen),
        }
    }
}

fn pattern(text: &str) -> Result<TextPattern, PatternError> {
    #[cfg(feature = "local-time")]
    return local_pattern(text);
    #[cfg(not(feature = "local-time"))]
    Text::pattern(text)
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
    /// One object a line: time, level, logger, message, fields.
    Json,
    /// For eyes: aligned, the time of day, colour on a terminal.
    Pretty,
    /// `ts=2026-11-22T10:12:00.123456Z level=info … msg=Started`
    Logfmt,
    /// JSON by Elastic's Common Schema.
    Ecs,
    /// JSON for Google Cloud's logging.
    Gcp,
    /// JSON for Datadog.
    Datadog,
    /// JSON with the names of OpenTelemetry's data model.
    #[value(name = "otel", alias = "opentelemetry")]
    OpenTelemetry,
    /// JSON for the tools of pino, such as pino-pretty.
    Pino,
    /// JSON for the tools of bunyan.
    Bunyan,
}

impl OutputFormat {
    /// Makes the encoder; only `pretty` looks at the screen.
    pub(crate) fn encoder(self, screen: &Screen) -> Box<dyn Encoder> {
        let profile = |profile| Box::new(Json::profile(profile));
        match self {
            Self::Text => Box::new(Text),
            Self::Json => Box::new(Json::new()),
            Self::Pretty => Box::new(Pretty::terminal().on(screen)),
            Self::Logfmt => Box::new(Logfmt),
            Self::Ecs => profile(Profile::Ecs),
            Self::Gcp => profile(Profile::Gcp),
            Self::Datadog => profile(Profile::Datadog),
            Self::OpenTelemetry => profile(Profile::OpenTelemetry),
            Self::Pino => profile(Profile::Pino),
            // Which process wrote a log, and where, is not in it; this one has not.
            Self::Bunyan => Box::new(Json::profile(Profile::Bunyan).hostname("unknown").process_id(0)),
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

    fn decode(arguments: &[&str]) -> DecodeOptions {
        match Options::parse_from([&["kakashi", "decode"], arguments].concat()).command {
            Command::Decode(options) => options,
            #[cfg(unix)]
            Command::Recover(_) => panic!("it is another command"),
        }
    }

    #[test]
    fn by_default_all_records_are_shown_as_text() {
        let options = decode(&["a", "-"]);
        assert_eq!((options.format, options.files), (OutputFormat::Text, vec!["a".into(), "-".into()]));
        assert_eq!((options.level, options.follow, options.baud), (LevelFilter::ALL, false, None));
        assert!(options.loggers.is_empty() && options.fields.is_empty());
        assert_eq!(options.max_line, 16 << 20);
        assert_eq!(decode(&["--max-line", "64M"]).max_line, 64 << 20);
    }

    #[cfg(unix)]
    #[test]
    fn another_users_directory_needs_a_file_that_is_named() {
        let error =
            Options::try_parse_from(["kakashi", "recover", "--any-user", "/dev/shm/box"]).unwrap_err();
        assert!(error.to_string().contains("--to <FILE>"), "{error}");
    }

    #[test]
    fn a_wrong_argument_is_reported_with_the_right_one() {
        for (arguments, right) in [
            (
                &["--format", "xml"][..],
                "[possible values: text, json, pretty, logfmt, ecs, gcp, datadog, otel, pino, bunyan]",
            ),
            (
                &["--pattern", "{time} {mesage}"],
                "for '--pattern <PATTERN>': character 9: unknown placeholder \"mesage\": use time, level, logger,",
            ),
            (&["--pattern", "{message}", "--format", "json"], "cannot be used with '--format <FORMAT>'"),
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
        for command in command.get_subcommands_mut() {
            for line in command.render_long_help().to_string().lines() {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }
}
