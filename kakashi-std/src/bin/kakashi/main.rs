//! `kakashi decode`: turns what the wire has stored into lines for people and
//! programs.
//!
//! It reads streams of any length in pieces, trusts no byte of them, and keeps
//! at most the block that it waits for. What is damaged is passed over and told
//! on stderr; every whole block is shown. It never writes to a log.

#![forbid(unsafe_code)]

mod blocks;
mod decode;
mod options;
mod printer;
mod trouble;

use std::env;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;

use options::{Command, Decode, Options};
use printer::Printer;
use trouble::Trouble;

fn main() -> ExitCode {
    let Command::Decode(options) = Options::parse().command;
    let mut troubles = 0;
    match run(&options, &mut troubles) {
        Ok(()) => {}
        // Whoever read our lines has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => {
            troubles += 1;
            // Nobody is left to tell if stderr fails.
            let _ = writeln!(io::stderr(), "kakashi: the output can't be written: {error}");
        }
    }
    if troubles == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Decodes one file after the other; an error is one of the output.
fn run(options: &Decode, troubles: &mut usize) -> io::Result<()> {
    let stdout = io::stdout();
    let colour = stdout.is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let out = BufWriter::with_capacity(64 << 10, stdout.lock());
    let mut printer = Printer::new(options.format.encoder(colour), out);
    let only_stdin = ["-".into()];
    let files = if options.files.is_empty() { &only_stdin[..] } else { &options.files };
    for path in files {
        let is_stdin = path.as_os_str() == "-";
        let name = if is_stdin { Path::new("stdin") } else { path };
        let mut tell = |trouble: Trouble| {
            *troubles += 1;
            let _ = writeln!(io::stderr(), "kakashi: {}: {trouble}", name.display());
        };
        let input: io::Result<Box<dyn Read>> = if is_stdin {
            Ok(Box::new(io::stdin().lock()))
        } else {
            File::open(path).map(|file| Box::new(file) as _)
        };
        match input {
            Ok(mut input) => decode::decode(&mut *input, &mut printer, &mut tell)?,
            Err(error) => tell(Trouble::Unreadable(error)),
        }
    }
    printer.flush()
}
