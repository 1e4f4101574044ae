//! Names of what is counted: a bounded number of them, numbered, never forgotten.
//!
//! What a program names by its input (a logger for each customer) would fill a metrics system,
//! and the memory: names beyond the bound, and those that are very long, are one, `other`.

use std::collections::HashMap;

/// The name of what has no number of its own.
const OTHER: &str = "other";
/// A longer name is counted as `other`.
const MOST_NAME_BYTES: usize = 256;

/// Names by number, from 0 on; the first is [`OTHER`].
pub(crate) struct NameTable {
    names: Vec<Box<str>>,
    numbers: HashMap<Box<str>, usize>,
    most: usize,
}

impl NameTable {
    /// Makes a table of so many names at most.
    pub(super) fn new(most: usize) -> Self {
        let mut table = Self { names: Vec::new(), numbers: HashMap::new(), most };
        table.number_of(OTHER);
        table
    }

    /// Finds or gives a name's number.
    pub(super) fn number_of(&mut self, name: &str) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.names.len();
        if number == self.most || name.len() > MOST_NAME_BYTES {
            return 0;
        }
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }

    /// Returns the names, by their numbers.
    pub(super) fn names(&self) -> &[Box<str>] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_bound_and_very_long_ones_are_other() {
        let mut table = NameTable::new(3);
        assert_eq!((table.number_of("a"), table.number_of(&"x".repeat(257))), (1, 0));
        assert_eq!((table.number_of(""), table.number_of("c"), table.number_of("a")), (2, 0, 1));
        assert_eq!(table.number_of(OTHER), 0, "a logger of that name shares the count");
        assert_eq!(table.names(), ["other".into(), "a".into(), "".into()]);
    }
}
