//! Makes a well-formed value of what a [`Composite`] describes, whatever it describes.
//!
//! It ends lists that are not ended, replaces what nests too deep by `"…"`, gives a key
//! without a value null, and leaves a second value out. A [`Structure`] writes the pieces.

use super::{Items, Pairs};
use crate::value::{Composite, MAX_DEPTH, Value, ValueSink};

/// Writes the pieces of a value, which come in an order that makes sense.
pub(crate) trait Structure {
    /// Writes a value that is no list or map.
    fn scalar(&mut self, value: &Value<'_>);
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
    // One copy for all where a page downloads the code.
    #[cfg(target_family = "wasm")]
    let structure: &mut dyn Structure = structure;
    let mut nest = Nest { structure, depth: 0, too_deep: 0, maps: 0, keyed: false, begun: false };
    composite.describe(&mut nest);
    nest.finish();
}

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

    fn begin(&mut self, map: bool) {
        if self.too_deep > 0 {
            self.too_deep += 1;
        } else if !self.place() {
            // A second value at the top: everything in it is left out.
            self.too_deep = 1;
        } else if self.depth == MAX_DEPTH {
            self.too_deep = 1;
            self.structure.scalar(&Value::Str("…"));
        } else {
            self.structure.begin(map, self.depth);
            let bit = 1 << self.depth;
            self.maps = if map { self.maps | bit } else { self.maps & !bit };
            self.depth += 1;
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
            _ if self.too_deep > 0 => {}
            // Taken apart here, so that their depth counts.
            Value::Composite(composite) => composite.describe(self),
            Value::List(items) => {
                self.begin(false);
                Items::new(items).for_each(|item| self.value(item));
                self.end();
            }
            Value::Map(pairs) => {
                self.begin(true);
                for (key, value) in Pairs::new(pairs) {
                    self.key(key);
                    self.value(value);
                }
                self.end();
            }
            _ if self.place() => self.structure.scalar(&value),
            _ => {}
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
        if self.too_deep == 0 && self.in_map() {
            self.end_key();
            self.structure.key(key, self.depth - 1);
            self.keyed = true;
        }
    }

    fn end_map(&mut self) {
        self.end();
    }
}
