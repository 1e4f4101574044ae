//! What became of the records that one process has left.

use std::fmt;
use std::path::PathBuf;

use super::announcement::time_text;
use crate::segment::layout::ProcessHeader;

/// Says what a recovery has done with the records that one process has left.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RecoveredProcess {
    /// Its directory.
    pub directory: PathBuf,
    /// The name of its program; empty where its file is damaged.
    pub program: String,
    /// Its number while it lived; 0 where its file is damaged.
    pub pid: u32,
    /// When it began to log there, in nanoseconds since 1970.
    pub started: i64,
    /// Its destinations that records were left for.
    pub destinations: Vec<RecoveredDestination>,
    /// What can't be read, in words; none if nothing is damaged.
    pub damage: Option<String>,
    /// Why its directory is still there: the next recovery goes on with it. None if it was removed.
    pub problem: Option<String>,
}

/// Says what was brought to one destination.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RecoveredDestination {
    /// Where its records are now.
    pub name: String,
    /// How many were written by the recovery.
    pub records: usize,
    /// How many of them the flight recorder had kept; each has the field `replayed`.
    pub replayed: usize,
    /// How many of them may have stood there already: what it is does not tell.
    pub may_be_repeated: usize,
}

impl RecoveredProcess {
    pub(crate) fn new(directory: PathBuf) -> Self {
        let (program, destinations) = (String::new(), Vec::new());
        Self { directory, program, pid: 0, started: 0, destinations, damage: None, problem: None }
    }

    pub(crate) fn set_process(&mut self, header: Option<&ProcessHeader>) {
        if let Some(header) = header {
            self.program.clone_from(&header.program);
            (self.pid, self.started) = (header.pid, header.started);
        }
    }

    /// Returns how many records were written.
    pub fn records(&self) -> usize {
        self.destinations.iter().map(|destination| destination.records).sum()
    }
}

/// Says it in one line.
impl fmt::Display for RecoveredProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == 0 {
            write!(f, "a process that is not known any more ({})", self.directory.display())?;
        } else {
            write!(f, "{} (process {}, started {})", self.program, self.pid, time_text(self.started))?;
        }
        let mut between = ": ";
        let mut part = |f: &mut fmt::Formatter<'_>, text: fmt::Arguments<'_>| {
            f.write_str(std::mem::replace(&mut between, "; "))?;
            f.write_fmt(text)
        };
        for RecoveredDestination { name, records, replayed, may_be_repeated } in &self.destinations {
            let plural = if *records == 1 { "" } else { "s" };
            part(f, format_args!("{records} record{plural} to {name}"))?;
            if *replayed > 0 {
                write!(f, " ({replayed} of them kept by its flight recorder)")?;
            }
            if *may_be_repeated > 0 {
                write!(f, " ({may_be_repeated} of them may stand there twice)")?;
            }
        }
        if self.destinations.is_empty() && self.problem.is_none() {
            part(f, format_args!("it has left no record"))?;
        }
        if let Some(damage) = &self.damage {
            part(f, format_args!("damaged: {damage}"))?;
        }
        if let Some(problem) = &self.problem {
            part(f, format_args!("{problem}; it stays in {}", self.directory.display()))?;
        }
        Ok(())
    }
}
