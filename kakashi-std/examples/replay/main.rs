//! Replays a web access log through kakashi, from several threads:
//!
//! ```text
//! cargo run --release -p kakashi-std --example replay -- tests/data/access.log
//! ```
//!
//! Every line becomes one record, with the request as its context; the level
//! follows the status. The whole file is read and parsed before the first
//! record is logged, so that a wrong line is an error and nothing else, and the
//! time told at the end is that of logging alone, the last flush included.
//!
//! Exit status: 0; 1 if not every record was written (those excepted that
//! `--logger performance` dropped and counted because a queue was full); 2 if
//! nothing was logged, because an option or the file is wrong. It trusts no byte
//! of the file: what the clients sent reaches the output as escaped fields only.

#![forbid(unsafe_code)]

mod access_log;
mod options;
mod outcome;
mod play;

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use kakashi_std::{configure, get_async_logger, get_logger, get_performance_logger};

use access_log::requests;
use options::{Kind, Options};
use outcome::{Counter, tell};
use play::play;

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody is left to tell if stderr fails.
            let _ = writeln!(std::io::stderr(), "replay: {error}");
            ExitCode::from(2)
        }
    }
}

/// Logs every line of the file; false if some did not arrive that should have,
/// an error if none was logged.
fn run(options: &Options) -> Result<bool, Box<dyn Error>> {
    let path = options.log.display();
    let log = fs::read(&options.log).map_err(|error| format!("{path}: can't be read: {error}"))?;
    let requests = requests(&log).map_err(|wrong| format!("{path}:{wrong}"))?;
    let (destination, counter) = Counter::open(options)?;
    configure().format(options.format).destination(destination).apply();

    let name = "shop::access";
    let played = match options.logger {
        Kind::Sync => play(&get_logger(name), &requests, options),
        Kind::Async => play(&get_async_logger(name), &requests, options),
        Kind::Performance => play(&get_performance_logger(name), &requests, options),
    };
    Ok(tell(&played, &counter, options.logger))
}
