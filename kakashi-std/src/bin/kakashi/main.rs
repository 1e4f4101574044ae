//! `kakashi decode`: turns what the wire has stored into lines for people and
//! programs.
//!
//! It reads streams of any length in pieces, trusts no byte of them, and keeps
//! at most the block that it waits for. What is damaged is passed over and told
//! on stderr; every whole block is shown. It never writes to a log.
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

#![forbid(unsafe_code)]

mod elf_sites;
mod help;
mod input;
mod missing_sites;
mod options;
mod output;
mod report;
mod stream;

use std::env;
use std::fmt::Display;
use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use elf_sites::{Firmware, Sites};
use input::{Follow, Input, Kind, Opened, ToEnd, Waiter};
use options::{Command, Decode, Options};
use output::{Filter, Printer};
use report::{CannotOpen, Notice, Trouble};
use stream::{Settings, Tell, decode};

/// How long a block of a live stream may hold up those that came behind it.
const PATIENCE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let Command::Decode(options) = Options::parse().command;
    let waiter = match Waiter::of_process() {
        Ok(waiter) => waiter,
        Err(error) => {
            complain(&format_args!("signals can't be watched: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let mut troubles = 0;
    match run(&options, &waiter, &mut troubles) {
        Ok(()) => {}
        // Whoever read our lines has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => {
            troubles += 1;
            complain(&format_args!("the output can't be written: {error}"));
        }
    }
    waiter.end_if_stopped();
    if troubles == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Decodes one input after the other; an error is one of the output.
fn run(options: &Decode, waiter: &Waiter, troubles: &mut usize) -> io::Result<()> {
    let mut wrong = |path: &Path, why| Teller { name: path, troubles }.trouble(&Trouble::WrongElf(why));
    let mut given = Vec::new();
    for path in &options.sites {
        Firmware::read(path).map_or_else(|why| wrong(path, why), |firmware| given.push(firmware));
    }
    let mut tables = Vec::new();
    for firmware in &given {
        firmware.table().map_or_else(|why| wrong(firmware.path(), why), |table| tables.extend(table));
    }
    if *troubles > 0 {
        // What a device sends while it can't be explained is lost: better not to take it.
        return Ok(());
    }
    let sites = Sites { tables: &tables, given: &given };
    let stdout = io::stdout();
    let colour = stdout.is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let out = BufWriter::with_capacity(64 << 10, stdout.lock());
    let mut printer = Printer::new(options.format.encoder(colour), out);
    let filter = Filter::new(options.level, &options.loggers, &options.fields);
    let only_stdin = ["-".into()];
    let files = if options.files.is_empty() { &only_stdin[..] } else { &options.files };
    for (at, path) in files.iter().enumerate() {
        let is_stdin = path.as_os_str() == "-";
        let name = if is_stdin { Path::new("stdin") } else { path };
        let mut teller = Teller { name, troubles };
        let follow = options.follow && at + 1 == files.len();
        match input(path, is_stdin, follow, options.baud, waiter) {
            Ok((mut input, is_live)) => {
                let settings = Settings { filter: &filter, patience: is_live.then_some(PATIENCE), sites };
                decode(&mut *input, &settings, &mut printer, &mut teller)?;
            }
            Err(why) => teller.trouble(&Trouble::CannotOpen(why)),
        }
        if waiter.is_stopped() {
            break;
        }
    }
    printer.flush()
}

/// Opens an input; tells, too, whether it is a live stream.
fn input<'w>(
    path: &Path,
    is_stdin: bool,
    follow: bool,
    baud: Option<u32>,
    waiter: &'w Waiter,
) -> Result<(Box<dyn Input + 'w>, bool), CannotOpen> {
    let to_end = |opened: Opened| -> (Box<dyn Input + 'w>, bool) {
        let is_live = opened.kind == Kind::Terminal;
        (Box::new(ToEnd::new(opened, waiter)), is_live)
    };
    Ok(match (is_stdin, follow) {
        (true, true) => (Box::new(Follow::nameless(input::stdin(baud)?, waiter)?), true),
        (false, true) => (Box::new(Follow::name(path, baud, waiter)?), true),
        (true, false) => to_end(input::stdin(baud)?),
        (false, false) => to_end(input::open(path, baud)?),
    })
}

/// Tells on stderr what an input has, and counts what was not shown.
struct Teller<'t> {
    name: &'t Path,
    troubles: &'t mut usize,
}

impl Tell for Teller<'_> {
    fn trouble(&mut self, trouble: &Trouble) {
        *self.troubles += 1;
        complain(&format_args!("{}: {trouble}", self.name.display()));
    }

    fn notice(&mut self, notice: &Notice) {
        complain(&format_args!("{}: {notice}", self.name.display()));
    }
}

fn complain(of: &dyn Display) {
    // Nobody is left to tell if stderr fails.
    let _ = writeln!(io::stderr(), "kakashi: {of}");
}
