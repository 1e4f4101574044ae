//! What a destination's writer is writing, as who looks for it sees it when this process is dead.
//!
//! Where a black box holds the records, their segments say how far they have come. First the writer notes where
//! the destination's file ends, then that the records of a collection are in flight, then it
//! writes, then it settles them. So what a dead process has written of those in flight stands in the file, from
//! that position on. What is held back stays in flight, and with it the position.
//!
//! Without a black box nothing is kept here.

use std::collections::VecDeque;

use kakashi_core::FileEnd;

use super::run::{Run, RunMark};

/// What is in flight and outlives the process; nothing without a black box.
#[derive(Debug, Default)]
pub(super) struct WriteMarks {
    /// Those of the collection that is being written.
    current: Vec<RunMark>,
    /// Those of which records are, or may be, held back, in the order of their collections.
    held: VecDeque<HeldMark>,
    /// What stands in the process's file.
    noted: Option<FileEnd>,
}

/// A slice whose records went to a stage that holds records back.
#[derive(Debug)]
struct HeldMark {
    mark: RunMark,
    /// The destination of the stage.
    destination: usize,
    /// The number of the stage's first record behind the slice's; none: they have not come there yet.
    behind: Option<u64>,
    /// Where the file ended before its collection.
    end: Option<FileEnd>,
}

impl WriteMarks {
    /// Tells whether nothing is in flight.
    pub(super) fn is_empty(&self) -> bool {
        self.current.is_empty() && self.held.is_empty()
    }

    /// Puts a collection in flight; `end` tells where the file ends.
    pub(super) fn begin(&mut self, runs: &[Run], end: impl FnOnce() -> Option<FileEnd>) {
        if runs.iter().any(Run::outlives_process) {
            self.begin_marked(runs, end());
        }
    }

    #[cold]
    fn begin_marked(&mut self, runs: &[Run], end: Option<FileEnd>) {
        let is_first = self.is_empty();
        let begin = |mark: &RunMark| {
            if is_first {
                mark.note_write(end);
            }
            mark.begin_write();
        };
        for run in runs {
            let Some(mark) = run.mark() else { continue };
            begin(&mark);
            match &run.held {
                None => self.current.push(mark),
                Some(form) => {
                    let destination = form.destination;
                    self.held.push_back(HeldMark { mark, destination, behind: None, end });
                }
            }
        }
        if is_first {
            self.noted = end;
        }
    }

    /// Says that a stage has taken the records that were begun for it, and how many it has taken
    /// in all.
    pub(super) fn hold(&mut self, destination: usize, taken: u64) {
        let new = self.held.iter_mut().rev().take_while(|held| held.behind.is_none());
        new.filter(|held| held.destination == destination).for_each(|held| held.behind = Some(taken));
    }

    /// Settles what is written or dropped when nothing is being written; `oldest` tells the number of
    /// the oldest record that a destination's stage holds.
    pub(super) fn settle(&mut self, mut oldest: impl FnMut(usize) -> Option<u64>) {
        self.current.drain(..).for_each(|mark| mark.settle());
        self.held.retain(|held| {
            let is_held = match (held.behind, oldest(held.destination)) {
                (Some(behind), Some(oldest)) => oldest < behind,
                (_, None) => false,
                (None, Some(_)) => true,
            };
            if !is_held {
                held.mark.settle();
            }
            is_held
        });
        if let Some(first) = self.held.front()
            && first.end != self.noted
        {
            first.mark.note_write(first.end);
            self.noted = first.end;
        }
    }

    /// Forgets everything, in the child of a fork: the parent writes it.
    #[cfg(unix)]
    pub(super) fn abandon(&mut self) {
        self.current.drain(..).for_each(std::mem::forget);
        self.held.drain(..).for_each(std::mem::forget);
    }
}
