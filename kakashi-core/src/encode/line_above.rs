//! What lines for people remember: the line above, and memory to make texts in.

use alloc::string::String;
use alloc::vec::Vec;

use crate::util::char_class::as_text;
use crate::util::output::Output;

/// After so many folded lines all fields are written again, so that they stand on the screen.
const MOST_FOLDED: usize = 19;
/// More than this is not kept for the next record.
const KEPT_BYTES: usize = 64 << 10;

/// The context of the line above, in a cache that sees all records of a destination in their
/// order.
#[derive(Debug, Default)]
pub struct LineAbove {
    context: String,
    /// So many lines up to it were folded.
    folded: usize,
}

impl LineAbove {
    /// Tells whether a context is that of the line above, and need not be written again.
    pub(super) fn repeats(&self, context: &str) -> bool {
        self.folded < MOST_FOLDED && !context.is_empty() && self.context == context
    }

    /// Sets what stands above the next record; takes the text, and gives other memory for it.
    pub(super) fn set(&mut self, context: &mut String, folded: bool) {
        core::mem::swap(&mut self.context, context);
        self.folded = if folded { self.folded + 1 } else { 0 };
    }
}

/// Memory that texts are made in before they are laid out.
#[derive(Debug, Default)]
pub(crate) struct PrettyScratch {
    first: Vec<u8>,
    second: Vec<u8>,
    pub(super) context: String,
}

impl PrettyScratch {
    /// Makes a text.
    pub(super) fn text(&mut self, write: impl FnMut(&mut Output<'_>)) -> &str {
        fill(&mut self.first, write)
    }

    /// Makes two texts.
    pub(super) fn two_texts(
        &mut self,
        one: impl FnMut(&mut Output<'_>),
        other: impl FnMut(&mut Output<'_>),
    ) -> (&str, &str) {
        (fill(&mut self.first, one), fill(&mut self.second, other))
    }

    /// Gives back what a record of unusual length has needed.
    pub(super) fn trim(&mut self) {
        for memory in [&mut self.first, &mut self.second] {
            if memory.len() > KEPT_BYTES {
                *memory = Vec::new();
            }
        }
        if self.context.capacity() > KEPT_BYTES {
            self.context = String::new();
        }
    }

    /// Returns the bytes of memory that it occupies beside its own.
    pub(super) fn memory(&self) -> usize {
        self.first.capacity() + self.second.capacity() + self.context.capacity()
    }
}

fn fill(memory: &mut Vec<u8>, mut write: impl FnMut(&mut Output<'_>)) -> &str {
    let len = loop {
        let mut out = Output::new(memory);
        write(&mut out);
        let len = out.position();
        if !out.overflowed() {
            break len;
        }
        memory.resize(len.next_power_of_two().max(256), 0);
    };
    // Encoders write UTF-8.
    as_text(&memory[..len]).unwrap_or_default()
}
