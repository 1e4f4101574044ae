//! `kakashi decode`: turns logs in the binary format (the wire) into lines for people
//! and programs. `kakashi recover`: brings the records that killed programs have left where they
//! belong.
//!
//! `decode` reads streams of any length in pieces, trusts no byte of them, and keeps at most
//! one block and one line in memory; its time grows with the bytes it reads, whatever they are. Damage is skipped and reported on stderr; every whole block is
//! shown. It never writes to a log.
//!
//! A module imports only modules that stand above it in this list:
//!
//! | module | what it has |
//! |---|---|
//! | `help` | the long texts of `--help` |
//! | `elf_sites` | call sites and build ids in the ELF files of firmware |
//! | `missing_sites` | counts of what no given ELF file explains |
//! | `report` | the messages on stderr |
//! | `output` | which records are shown, and their lines |
//! | `options` | the command line |
//! | `input` | files, pipes and serial lines, read once or followed |
//! | `stream` | blocks and damage in the bytes of an input |
//! | `recover` | what killed programs have left |

#![forbid(unsafe_code)]

mod elf_sites;
mod help;
mod input;
mod missing_sites;
mod options;
mod output;
#[cfg(unix)]
mod recover;
mod report;
mod stream;

use std::fmt::Display;
use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use kakashi_core::{OneLine, Screen, wants_colour};

use elf_sites::{FirmwareElf, GivenSites};
use input::{Follow, Input, InputKind, OpenedInput, Poller, ReadOnce};
use options::{Command, DecodeOptions, Options};
use output::{Printer, RecordFilter, StdoutWriter};
use report::{Notice, OpenError, Warning};
use stream::{DecodeSettings, Reporter, decode};

/// How long an incomplete block of a live stream may hold up the blocks behind it.
const STALL_TIMEOUT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let command = Options::parse().command;
    let poller = match Poller::of_process() {
        Ok(poller) => poller,
        Err(error) => {
            print_error(&format_args!("signals can't be watched: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let warnings = match &command {
        Command::Decode(options) => decode_all(options, &poller),
        #[cfg(unix)]
        Command::Recover(options) => recover::run(options, &poller, &mut |message| print_error(message)),
    };
    poller.end_if_stopped();
    if warnings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Decodes the inputs; returns how many warnings there were.
fn decode_all(options: &DecodeOptions, poller: &Poller) -> usize {
    let mut warnings = 0;
    match run(options, poller, &mut warnings) {
        Ok(()) => {}
        // The reader of the lines, such as `head`, has closed its end: no failure.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => {
            warnings += 1;
            print_error(&format_args!("the output can't be written: {error}"));
        }
    }
    warnings
}

/// Decodes one input after the other, and counts the warnings.
///
/// # Errors
/// When the output fails.
fn run(options: &DecodeOptions, poller: &Poller, warnings: &mut usize) -> io::Result<()> {
    let mut warn_of = |path: &Path, error| {
        StderrReporter { name: path, warnings }.warning(&Warning::BadElf(error));
    };
    let mut given = Vec::new();
    for path in &options.sites {
        FirmwareElf::read(path).map_or_else(|error| warn_of(path, error), |elf| given.push(elf));
    }
    let mut tables = Vec::new();
    for elf in &given {
        elf.table().map_or_else(|error| warn_of(elf.path(), error), |table| tables.extend(table));
    }
    if *warnings > 0 {
        // A device's bytes can be read only once: better to leave those that can't be decoded.
        return Ok(());
    }
    let sites = GivenSites { tables: &tables, given: &given };
    let is_terminal = io::stdout().is_terminal();
    let screen = Screen { is_terminal, colour: wants_colour(is_terminal, true), columns: Some(columns) };
    let out = BufWriter::with_capacity(64 << 10, StdoutWriter);
    let mut printer = Printer::new(options.encoder(&screen), options.max_line, out);
    let filter = RecordFilter::new(options.level, &options.loggers, &options.fields);
    let only_stdin = ["-".into()];
    let files = if options.files.is_empty() { &only_stdin[..] } else { &options.files };
    for (at, path) in files.iter().enumerate() {
        let is_stdin = path.as_os_str() == "-";
        let name = if is_stdin { Path::new("stdin") } else { path };
        let mut reporter = StderrReporter { name, warnings };
        let follow = options.follow && at + 1 == files.len();
        match open_input(path, is_stdin, follow, options.baud, poller) {
            Ok((mut input, is_live)) => {
                let stall_timeout = is_live.then_some(STALL_TIMEOUT);
                let settings = DecodeSettings { filter: &filter, stall_timeout, sites };
                decode(&mut *input, &settings, &mut printer, &mut reporter)?;
            }
            Err(error) => reporter.warning(&Warning::OpenFailed(error)),
        }
        if poller.is_stopped() {
            break;
        }
    }
    printer.flush()
}

/// Asks the terminal how wide it is.
fn columns() -> Option<usize> {
    #[cfg(unix)]
    return Some(rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?.ws_col.into());
    #[cfg(not(unix))]
    None
}

/// Opens an input; also tells whether it is a live stream.
fn open_input<'p>(
    path: &Path,
    is_stdin: bool,
    follow: bool,
    baud: Option<u32>,
    poller: &'p Poller,
) -> Result<(Box<dyn Input + 'p>, bool), OpenError> {
    let read_once = |opened: OpenedInput| -> (Box<dyn Input + 'p>, bool) {
        let is_live = opened.kind == InputKind::Terminal;
        (Box::new(ReadOnce::new(opened, poller)), is_live)
    };
    Ok(match (is_stdin, follow) {
        (true, true) => (Box::new(Follow::nameless(input::stdin(baud)?, poller)?), true),
        (false, true) => (Box::new(Follow::name(path, baud, poller)?), true),
        (true, false) => read_once(input::stdin(baud)?),
        (false, false) => read_once(input::open(path, baud)?),
    })
}

/// Prints the messages about one input to stderr, and counts the warnings.
struct StderrReporter<'r> {
    name: &'r Path,
    warnings: &'r mut usize,
}

impl Reporter for StderrReporter<'_> {
    fn warning(&mut self, warning: &Warning) {
        *self.warnings += 1;
        print_error(&format_args!("{}: {warning}", self.name.display()));
    }

    fn notice(&mut self, notice: &Notice) {
        print_error(&format_args!("{}: {notice}", self.name.display()));
    }
}

fn print_error(message: &dyn Display) {
    // A failure of stderr itself can't be reported anywhere.
    let _ = writeln!(io::stderr(), "kakashi: {}", OneLine(message));
}
