//! What keeps a value that has no end from being written for ever.
//!
//! The npm module has none of it: its values come out of a reader, no code but kakashi's own
//! describes them, and a page downloads each byte.

#[cfg(any(feature = "std", not(target_family = "wasm")))]
pub(crate) use for_any::{Budget, Depth, is_readable};
#[cfg(not(any(feature = "std", not(target_family = "wasm"))))]
pub(crate) use for_read::{Budget, Depth, is_readable};

/// For values that any code may have made.
#[cfg(any(feature = "std", not(target_family = "wasm")))]
mod for_any {
    use crate::codec::read::check_inside;
    use crate::value::{MAX_DEPTH, MAX_SIZE, MAX_WITHIN, Value};

    /// What a value counts beside its text: it takes time, if no room.
    const VALUE_COST: usize = 16;

    /// How much of one value may still be written.
    pub(crate) struct Budget {
        left: usize,
        /// Composites that describe themselves within one another now.
        within: usize,
    }

    impl Budget {
        /// Whether it ever ends.
        pub(crate) const IS_BOUNDED: bool = true;

        pub(crate) const fn new() -> Self {
            Self { left: MAX_SIZE, within: 0 }
        }

        /// Tells whether nothing is left.
        pub(crate) fn is_spent(&self) -> bool {
            self.left == 0
        }

        /// Takes the cost of a value with so many bytes; tells whether nothing is left now.
        pub(crate) fn spend(&mut self, size: usize) -> bool {
            self.left = self.left.saturating_sub(size.saturating_add(VALUE_COST));
            self.left == 0
        }

        /// Takes the cost of a key, whose value follows in any case.
        pub(crate) fn spend_key(&mut self, key: &str) {
            self.left = self.left.saturating_sub(key.len()).max(1);
        }

        /// Begins a composite in the others; false if it is one too many.
        pub(crate) fn enter(&mut self) -> bool {
            self.within += 1;
            self.within <= MAX_WITHIN
        }

        /// Ends what [`enter`](Self::enter) has begun.
        pub(crate) fn leave(&mut self) {
            self.within -= 1;
        }
    }

    /// How many lists and maps a value lies in.
    #[derive(Clone, Copy)]
    pub(crate) struct Depth(usize);

    impl Depth {
        /// In none.
        pub(crate) const ZERO: Self = Self(0);

        /// Tells whether a list may not begin here.
        pub(crate) fn is_most(self) -> bool {
            self.0 == MAX_DEPTH
        }

        /// Returns that of an item.
        pub(crate) fn inside(self) -> Self {
            Self(self.0 + 1)
        }
    }

    /// Tells whether a reader takes a list or map in wire form.
    pub(crate) fn is_readable(value: &Value<'_>) -> bool {
        check_inside(value, 1).is_ok()
    }
}

/// For values that came out of a reader: each has an end, and no bound is needed.
#[cfg(not(any(feature = "std", not(target_family = "wasm"))))]
mod for_read {
    use crate::value::Value;

    pub(crate) struct Budget;

    impl Budget {
        pub(crate) const IS_BOUNDED: bool = false;

        pub(crate) const fn new() -> Self {
            Self
        }

        pub(crate) fn is_spent(&self) -> bool {
            false
        }

        pub(crate) fn spend(&mut self, _size: usize) -> bool {
            false
        }

        pub(crate) fn spend_key(&mut self, _key: &str) {}

        pub(crate) fn enter(&mut self) -> bool {
            true
        }

        pub(crate) fn leave(&mut self) {}
    }

    #[derive(Clone, Copy)]
    pub(crate) struct Depth;

    impl Depth {
        pub(crate) const ZERO: Self = Self;

        pub(crate) fn is_most(self) -> bool {
            false
        }

        pub(crate) fn inside(self) -> Self {
            self
        }
    }

    pub(crate) fn is_readable(_value: &Value<'_>) -> bool {
        true
    }
}
