//! `kakashi recover`: brings what killed programs have left where it belongs, once or for ever.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use kakashi_std::{Recovery, RecoveryError};

use crate::input::{PollResult, Poller};
use crate::options::RecoverOptions;

/// The time between two looks at the directory.
const PAUSE: Duration = Duration::from_millis(500);

/// Recovers once, or until a signal comes; returns how much could not be recovered. Says by `say` what
/// it has done.
pub(crate) fn run(options: &RecoverOptions, poller: &Poller, say: &mut dyn FnMut(&dyn Display)) -> usize {
    let mut recovery = Recovery::new(&options.directory).any_user(options.any_user);
    if let Some(file) = &options.to {
        recovery = recovery.to(file);
    }
    if !options.watch {
        return recover(&recovery, false, &mut BTreeMap::new(), say);
    }
    let mut said = BTreeMap::new();
    loop {
        let problems = recover(&recovery, true, &mut said, say);
        // Whose directory it is does not change by itself.
        if said.values().any(|(_, is_final)| *is_final) {
            return problems;
        }
        match poller.pause(PAUSE) {
            PollResult::Stopped => return 0,
            // Nobody need read what it prints.
            PollResult::Ready | PollResult::TimedOut | PollResult::OutputClosed => {}
        }
    }
}

/// Recovers what is there; what was said of a directory before is not said again, as long as it stays true.
fn recover(
    recovery: &Recovery,
    is_watched: bool,
    said: &mut BTreeMap<PathBuf, (String, bool)>,
    say: &mut dyn FnMut(&dyn Display),
) -> usize {
    let mut now = BTreeMap::new();
    let mut problems = 0;
    match recovery.run() {
        Ok(processes) => {
            for process in processes {
                problems += usize::from(process.problem.is_some() || process.damage.is_some());
                let text = process.to_string();
                let is_known = said.get(&process.directory).is_some_and(|(before, _)| *before == text);
                if !is_known
                    && (process.records() > 0 || process.problem.is_some() || process.damage.is_some())
                {
                    say(&text);
                }
                if process.problem.is_some() {
                    now.insert(process.directory, (text, false));
                }
            }
        }
        // The programs that will make it have not been started.
        Err(RecoveryError::Io { error, .. }) if is_watched && error.kind() == ErrorKind::NotFound => {}
        Err(error) => {
            problems += 1;
            let (text, is_final) = (error.to_string(), !matches!(error, RecoveryError::Io { .. }));
            if said.get(&PathBuf::new()).is_none_or(|(before, _)| *before != text) {
                say(&text);
            }
            now.insert(PathBuf::new(), (text, is_final));
        }
    }
    *said = now;
    problems
}
