//! Measures what a logging statement costs a chip, beside its rivals.
//!
//!     cargo run -p report -- sizes           flash and RAM
//!     cargo run -p report -- instructions    instructions of a record
//!     … --check                              fails where kakashi misses its aim
//!
//! Both print a Markdown table. Nothing depends on the machine: only on the
//! compiler and on the versions in `Cargo.lock`.

#![forbid(unsafe_code)]

mod contenders;
mod fit;
mod instructions;
mod sizes;

use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let check = arguments.get(1) == Some(&"--check");
    let misses = match arguments[..] {
        ["sizes"] | ["sizes", "--check"] => sizes::report()?,
        ["instructions"] | ["instructions", "--check"] => instructions::report()?,
        _ => bail!("use: report sizes|instructions [--check]"),
    };
    for miss in &misses {
        eprintln!("missed: {miss}");
    }
    Ok(if check && !misses.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
