//! What one child process measured, and how it tells its parent.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};

/// Declares the figures once: as fields, as what is written and what is read.
macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Times are in nanoseconds a record. What was not measured is 0.
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct Outcome {
            $($(#[$doc])* pub $name: f64,)*
        }

        impl fmt::Display for Outcome {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let figures = [$((stringify!($name), self.$name)),*];
                for (at, (name, figure)) in figures.into_iter().enumerate() {
                    write!(f, "{}{name}={figure}", if at == 0 { "" } else { " " })?;
                }
                Ok(())
            }
        }

        impl Outcome {
            fn figure(&mut self, name: &str) -> Option<&mut f64> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)*
                    _ => None,
                }
            }

            /// How many figures there are.
            const FIGURES: usize = [$(stringify!($name)),*].len();
        }
    };
}

figures! {
    /// Wall time from the first call until everything was flushed. For a
    /// disabled call: net of the loop.
    wall,
    /// Wall time a thread spent in one of its own calls, on average. For a
    /// disabled call: with the loop.
    call,
    /// CPU time of the whole process, background threads included.
    cpu,
    /// The most memory the process had resident, in KiB.
    peak_rss,
    /// Records that the logger dropped and says so.
    dropped,
    /// A call's share of a burst: the median burst.
    burst,
    /// A call's share of a burst: the mean of all bursts.
    burst_mean,
    /// Single calls, with the counter's own cost.
    p50,
    /// Single calls.
    p99,
    /// Single calls.
    p999,
}

impl FromStr for Outcome {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self> {
        let mut outcome = Outcome::default();
        let mut count = 0;
        for pair in line.split_whitespace() {
            let (name, figure) = pair.split_once('=').with_context(|| format!("not a figure: {pair:?}"))?;
            let place = outcome.figure(name).with_context(|| format!("no figure is called {name:?}"))?;
            *place = figure.parse().with_context(|| format!("not a number: {pair:?}"))?;
            count += 1;
        }
        if count != Outcome::FIGURES {
            bail!("{count} figures where there are {}: {line:?}", Outcome::FIGURES);
        }
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_pipe() {
        let outcome = Outcome {
            wall: 88.25,
            call: 87.5,
            cpu: 86.0,
            peak_rss: 2304.0,
            p999: 1e-3,
            ..Outcome::default()
        };
        assert_eq!(outcome.to_string().parse::<Outcome>().unwrap(), outcome);
        for wrong in ["", "wall=1", "wall", "speed=3"] {
            assert!(wrong.parse::<Outcome>().is_err(), "{wrong}");
        }
    }
}
