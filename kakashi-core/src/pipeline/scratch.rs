//! Values of foreign code, encoded before any lock is taken.

use alloc::{string::String, vec::Vec};

use super::guard::Guard;
use super::redaction::Redaction;
use crate::codec::{Cursor, print, put_text, put_value};
use crate::util::output::Output;
use crate::value::Value;

/// Holds what foreign code yields for one record.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) bytes: Vec<u8>,
    pub(super) len: usize,
    /// A value while its redacted form takes its place.
    spare: Vec<u8>,
    /// What a `Display` prints, before its length is known.
    text: String,
}

/// Written instead of a value whose code panicked.
const PANICKED: Value<'static> = Value::Str("[panicked while it was formatted]");
/// Written instead of a value whose length changed on every attempt to encode it.
const UNSTEADY: Value<'static> = Value::Str("[changes while it is formatted]");

impl Scratch {
    /// More than this is not kept for the next record.
    pub(super) const KEPT: usize = 64 * 1024;

    /// Room that is there from the start, so that composites are rarely described twice.
    const AT_FIRST: usize = 1024;

    /// Makes an empty one.
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), len: 0, spare: Vec::new(), text: String::new() }
    }

    /// Returns the bytes of memory that it occupies.
    #[doc(hidden)]
    pub fn memory(&self) -> usize {
        self.bytes.capacity() + self.spare.capacity() + self.text.capacity()
    }

    #[doc(hidden)]
    pub fn clear(&mut self) {
        self.len = 0;
        if self.bytes.len() > Self::KEPT {
            self.bytes = Vec::new();
            self.spare = Vec::new();
            self.text = String::new();
        }
        if self.bytes.is_empty() {
            self.bytes.resize(Self::AT_FIRST, 0);
        }
    }

    /// Appends what `write` writes, with as much room as it needs; false if it
    /// panicked, or needs more room each time, and then nothing is appended.
    fn append(&mut self, guard: &dyn Guard, write: &mut dyn FnMut(&mut Output<'_>)) -> Result<(), Unwritten> {
        for _ in 0..4 {
            let mut out = Output::resume(&mut self.bytes, self.len);
            if !guard.run(&mut || write(&mut out)) {
                return Err(Unwritten::Panicked);
            }
            let (needed, overflowed) = (out.position(), out.overflowed());
            if !overflowed {
                self.len = needed;
                return Ok(());
            }
            self.bytes.resize(needed.next_power_of_two().max(1024), 0);
        }
        Err(Unwritten::Unsteady)
    }

    /// Appends a value; one that can't be formatted is replaced by words.
    fn append_value(&mut self, guard: &dyn Guard, value: &Value<'_>) {
        match *value {
            Value::Display(_) | Value::Debug(_) | Value::Error(_) => self.append_printed(guard, value),
            _ => self.append_other(guard, value),
        }
    }

    /// Appends what a value prints; its code is run once, whatever the length.
    fn append_printed(&mut self, guard: &dyn Guard, value: &Value<'_>) {
        let mut text = core::mem::take(&mut self.text);
        text.clear();
        let whole = guard.run(&mut || {
            if print(&mut text, value).is_err() {
                text.push('…');
            }
        });
        self.append_other(guard, &if whole { Value::Str(&text) } else { PANICKED });
        self.text = text;
    }

    fn append_other(&mut self, guard: &dyn Guard, value: &Value<'_>) {
        let substitute = match self.append(guard, &mut |out| put_value(out, value)) {
            Ok(()) => return,
            Err(Unwritten::Panicked) => PANICKED,
            Err(Unwritten::Unsteady) => UNSTEADY,
        };
        // Plain words: neither panics nor changes.
        let _ = self.append(guard, &mut |out| put_value(out, &substitute));
    }

    pub(super) fn append_key(&mut self, guard: &dyn Guard, key: &str) {
        let _ = self.append(guard, &mut |out| put_text(out, key));
    }

    /// Appends a value; one that can't be formatted is replaced by words.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    #[inline]
    pub fn append_any(&mut self, guard: &dyn Guard, value: &Value<'_>) {
        if value.is_foreign() {
            return self.append_value(guard, value);
        }
        loop {
            let mut out = Output::resume(&mut self.bytes, self.len);
            put_value(&mut out, value);
            let needed = out.position();
            if !out.overflowed() {
                self.len = needed;
                return;
            }
            self.bytes.resize(needed.next_power_of_two().max(Self::AT_FIRST), 0);
        }
    }

    /// Returns what was appended since it was cleared.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    pub fn appended(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Appends a field's value, redacted.
    pub(super) fn append_field(
        &mut self,
        guard: &dyn Guard,
        redaction: &Redaction,
        key: &str,
        value: &Value<'_>,
    ) {
        let start = self.len;
        self.append_value(guard, value);
        if !redaction.is_empty() {
            let mut whole = core::mem::take(&mut self.spare);
            whole.clear();
            whole.extend_from_slice(&self.bytes[start..self.len]);
            if let Ok(value) = Cursor::new(&whole).value() {
                self.len = start;
                self.append_value(guard, &redaction.field(key, value).as_value());
            }
            self.spare = whole;
        }
    }
}

enum Unwritten {
    Panicked,
    Unsteady,
}
