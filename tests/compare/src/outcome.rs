//! What one child process measured, and how it tells its parent.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result};

/// Times are in nanoseconds a record. For a disabled call, `wall` is net of the
/// loop, `call` is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Wall time from the first call until everything was flushed.
    pub wall: f64,
    /// Wall time a thread spent in one of its own calls, on average.
    pub call: f64,
    /// CPU time of the whole process, background threads included.
    pub cpu: f64,
    /// The most memory the process had resident, in KiB.
    pub peak_rss: f64,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { wall, call, cpu, peak_rss } = self;
        write!(f, "{wall} {call} {cpu} {peak_rss}")
    }
}

impl FromStr for Outcome {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self> {
        let mut numbers = line.split_whitespace().map(f64::from_str);
        let mut next = || {
            let number = numbers.next().context("a number is missing")?;
            number.with_context(|| format!("not an outcome: {line:?}"))
        };
        Ok(Outcome { wall: next()?, call: next()?, cpu: next()?, peak_rss: next()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_pipe() {
        let outcome = Outcome { wall: 88.25, call: 87.5, cpu: 86.0, peak_rss: 2304.0 };
        assert_eq!(outcome.to_string().parse::<Outcome>().unwrap(), outcome);
        assert!("1 2 3".parse::<Outcome>().is_err());
    }
}
