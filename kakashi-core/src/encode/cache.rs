//! What an encoder remembers from one record to the next.

use super::time::SecondCache;
use super::wire::WireCache;

/// Remembers text that many records share: the second, the context, and which
/// ids a block already explains. One for each thread and encoder.
#[derive(Debug, Default)]
pub struct EncoderCache {
    pub(crate) second: SecondCache,
    #[cfg(feature = "alloc")]
    pub(crate) context: ContextCache,
    pub(crate) wire: WireCache,
}

impl EncoderCache {
    /// Makes one that remembers nothing.
    pub fn new() -> Self {
        Self::default()
    }
}

/// The text of the context that was written last.
#[cfg(feature = "alloc")]
#[derive(Debug, Default)]
pub(crate) struct ContextCache {
    id: usize,
    text: alloc::vec::Vec<u8>,
}

#[cfg(feature = "alloc")]
impl ContextCache {
    /// A context with more text than this is written anew each time.
    const MOST: usize = 16 * 1024;

    /// Appends the text kept for `id`, or what `write` writes, and keeps that.
    #[inline]
    pub(crate) fn put(
        &mut self,
        id: usize,
        out: &mut crate::output::Output<'_>,
        write: impl FnOnce(&mut crate::output::Output<'_>),
    ) {
        if id != 0 && id == self.id {
            out.put(&self.text);
            return;
        }
        let start = out.position();
        write(out);
        if id != 0 && !out.overflowed() {
            let text = out.since(start);
            if text.len() <= Self::MOST {
                self.text.clear();
                self.text.extend_from_slice(text);
                self.id = id;
            }
        }
    }
}
