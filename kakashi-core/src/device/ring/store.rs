//! The one way to change a ring's memory, so that tests can cut the power at any store.

use core::cell::Cell;

#[inline(always)]
pub(super) fn store<T>(cell: &Cell<T>, value: T) {
    #[cfg(test)]
    super::tests::before_store();
    cell.set(value);
}
