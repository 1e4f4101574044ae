//! Makes a well-formed value of what a [`Composite`] describes, whatever it describes.
//!
//! It ends lists that are not ended, replaces what nests too deep by `"…"`, gives a key
//! without a value null, and leaves a second value out. What has no end (an iterator, a
//! graph that branches) ends with `"…"` after [`MAX_SIZE`](crate::value::MAX_SIZE) bytes. A [`Structure`] writes
//! the pieces.

use super::bounds::Budget;
use super::{Items, Pairs};
use crate::value::{Composite, MAX_DEPTH, Value, ValueSink};

/// Writes the pieces of a value, which come in an order that makes sense.
pub(crate) trait Structure {
    /// Writes a value that is no list or map.
    fn scalar(&mut self, value: &Value<'_>);
    /// Returns how many bytes have been written, where that is known.
    fn position(&self) -> usize {
        0
    }
    /// Begins a list or map at a depth counted from 0.
    fn begin(&mut self, map: bool, depth: usize);
    /// Writes the key of the next value in the map at this depth.
    fn key(&mut self, key: &str, depth: usize);
    /// Ends the list or map at this depth.
    fn end(&mut self, map: bool, depth: usize);
    /// Prepares for an item of the list at this depth.
    fn item(&mut self, depth: usize) {
        let _ = depth;
    }
}

/// Writes one whole value.
pub(crate) fn describe(composite: &dyn Composite, structure: &mut impl Structure) {
    describe_value(Value::Composite(composite), structure);
}

/// Writes a list, map or composite as one whole value.
pub(crate) fn describe_value(value: Value<'_>, structure: &mut impl Structure) {
    // One copy for all where a page downloads the code.
    #[cfg(target_family = "wasm")]
    let structure: &mut dyn Structure = structure;
    let mut nest =
        Nest { structure, depth: 0, too_deep: 0, maps: 0, keyed: false, begun: false, budget: Budget::new() };
    nest.value(value);
    nest.finish();
}

/// Stands for what is left out.
const CUT: Value<'static> = Value::Str("…");

struct Nest<'s, S: ?Sized> {
    structure: &'s mut S,
    depth: usize,
    /// Lists and maps begun below the depth limit and not ended yet.
    too_deep: usize,
    /// A bit for each open level: it is a map.
    maps: u32,
    /// The innermost map has a key without a value.
    keyed: bool,
    begun: bool,
    /// Once it is spent, the end is marked, and nothing more is written.
    budget: Budget,
}

impl<S: Structure + ?Sized> Nest<'_, S> {
    fn finish(mut self) {
        self.too_deep = 0;
        while self.depth > 0 {
            self.end();
        }
        if !self.begun {
            self.structure.scalar(&Value::Null);
        }
    }

    fn in_map(&self) -> bool {
        self.depth > 0 && self.maps >> (self.depth - 1) & 1 == 1
    }

    /// Tells whether a value may be written here, and takes its place.
    fn place(&mut self) -> bool {
        if self.depth == 0 && self.begun {
            return false;
        }
        if self.in_map() {
            if !self.keyed {
                self.structure.key("", self.depth - 1);
            }
        } else if self.depth > 0 {
            self.structure.item(self.depth - 1);
        }
        self.keyed = false;
        self.begun = true;
        true
    }

    /// Writes a value at its place.
    fn put(&mut self, value: &Value<'_>) {
        if !self.place() {
            return;
        }
        if !Budget::IS_BOUNDED {
            return self.structure.scalar(value);
        }
        let before = self.structure.position();
        self.structure.scalar(value);
        let text_len = match *value {
            Value::Str(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        self.spend(text_len.max(self.structure.position() - before));
    }

    fn spend(&mut self, size: usize) {
        // Inside of a list or map the mark stands as one more item.
        if self.budget.spend(size) && self.depth > 0 && self.place() {
            self.structure.scalar(&CUT);
        }
    }

    fn begin(&mut self, map: bool) {
        if self.is_full() {
            self.too_deep += 1;
        } else if !self.place() {
            // A second value at the top: everything in it is left out.
            self.too_deep = 1;
        } else if self.depth == MAX_DEPTH {
            self.too_deep = 1;
            self.structure.scalar(&CUT);
            self.spend(0);
        } else {
            self.structure.begin(map, self.depth);
            let bit = 1 << self.depth;
            self.maps = if map { self.maps | bit } else { self.maps & !bit };
            self.depth += 1;
            self.spend(0);
        }
    }

    fn end(&mut self) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
        } else if self.depth > 0 {
            self.end_key();
            let map = self.in_map();
            self.depth -= 1;
            self.structure.end(map, self.depth);
        }
    }

    fn end_key(&mut self) {
        if core::mem::take(&mut self.keyed) {
            self.structure.scalar(&Value::Null);
        }
    }
}

impl<S: Structure + ?Sized> ValueSink for Nest<'_, S> {
    fn value(&mut self, value: Value<'_>) {
        match value {
            // Not looked into: it may have no end.
            _ if self.is_full() => {}
            // Taken apart here, so that their depth counts.
            Value::Composite(composite) => {
                if self.budget.enter() {
                    composite.describe(self);
                } else {
                    self.put(&CUT);
                }
                self.budget.leave();
            }
            Value::List(items) => {
                self.begin(false);
                for item in Items::new(items) {
                    if self.is_full() {
                        break;
                    }
                    self.value(item);
                }
                self.end();
            }
            Value::Map(pairs) => {
                self.begin(true);
                for (key, value) in Pairs::new(pairs) {
                    if self.is_full() {
                        break;
                    }
                    self.key(key);
                    self.value(value);
                }
                self.end();
            }
            _ => self.put(&value),
        }
    }

    fn begin_list(&mut self) {
        self.begin(false);
    }

    fn end_list(&mut self) {
        self.end();
    }

    fn begin_map(&mut self) {
        self.begin(true);
    }

    fn key(&mut self, key: &str) {
        if !self.is_full() && self.in_map() {
            self.end_key();
            self.structure.key(key, self.depth - 1);
            self.keyed = true;
            // At least 1 is left: the value's place has to be marked.
            self.budget.spend_key(key);
        }
    }

    fn end_map(&mut self) {
        self.end();
    }

    fn is_full(&self) -> bool {
        self.too_deep > 0 || self.budget.is_spent()
    }
}
