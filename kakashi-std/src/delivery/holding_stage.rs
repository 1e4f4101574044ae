//! The stage between a destination's merged records and its sink, where records are held back.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use kakashi_core::Holding;
use kakashi_core::wire::{Item, Reader};

use super::held_form::HeldForm;
use super::held_records::{CountDropped, RecordHolder, Released};
use super::merge::Ready;
use super::repeats::Repeats;
use super::tail_sampler::TailSampler;

/// A destination's holder, and the form of what it lets go.
pub(super) struct HoldingStage {
    form: Arc<HeldForm>,
    holder: Box<dyn RecordHolder>,
    /// How many records it has taken, which is the number of the next.
    taken: u64,
}

impl HoldingStage {
    pub(super) fn new(form: Arc<HeldForm>) -> Self {
        let holder: Box<dyn RecordHolder> = match form.holding {
            Holding::Repetitions(within) => Box::new(Repeats::new(within)),
            Holding::Traces(sampling) => Box::new(TailSampler::new(sampling)),
        };
        Self { holder, form, taken: 0 }
    }

    /// Tells whether it is the stage of a form's destination; goes on with that form then.
    pub(super) fn takes_form(&mut self, form: &Arc<HeldForm>) -> bool {
        let is_its = self.form.destination == form.destination && self.form.holding == form.holding;
        if is_its {
            self.form = form.clone();
        }
        is_its
    }

    /// Takes batches in wire form, and appends what is let go.
    pub(super) fn take(
        &mut self,
        batches: &VecDeque<Ready>,
        ready: &mut VecDeque<Ready>,
        dropped: CountDropped<'_>,
    ) {
        let mut out = Released::new(&self.form, ready, dropped);
        for batch in batches {
            for item in Reader::new(batch.batch().bytes()) {
                if let Item::Record(record) = item {
                    out.set_number(self.taken);
                    self.taken += 1;
                    self.holder.take(&record, &mut out);
                }
            }
        }
        out.close();
    }

    /// Appends what is held for too long, or all.
    pub(super) fn let_go(&mut self, all: bool, ready: &mut VecDeque<Ready>, dropped: CountDropped<'_>) {
        let mut out = Released::new(&self.form, ready, dropped);
        self.holder.let_go(Instant::now(), all, &mut out);
        out.close();
    }

    /// Returns the number of its destination.
    pub(super) fn destination(&self) -> usize {
        self.form.destination
    }

    /// Returns how many records it has taken.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Returns the number of the oldest record that is held.
    pub(super) fn oldest_held(&mut self) -> Option<u64> {
        self.holder.oldest()
    }

    /// Tells whether something is held for too long.
    pub(super) fn is_due(&self) -> bool {
        self.holder.is_due(Instant::now())
    }

    /// Returns how many records are held.
    pub(super) fn held(&self) -> usize {
        self.holder.held()
    }
}
