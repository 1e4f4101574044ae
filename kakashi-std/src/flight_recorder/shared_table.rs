//! What many records of a ring have in common: each value once, as long as a record has it.

use std::collections::HashMap;

/// Values by their index, which records hold.
#[derive(Debug)]
pub(super) struct SharedTable<T> {
    slots: Vec<SharedSlot<T>>,
    indices: HashMap<usize, u32>,
    free: Vec<u32>,
    /// The key and the index that were asked for last.
    last: Option<(usize, u32)>,
}

#[derive(Debug)]
struct SharedSlot<T> {
    key: usize,
    /// None while no record has it.
    value: Option<T>,
    records: usize,
}

impl<T> Default for SharedTable<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), indices: HashMap::new(), free: Vec::new(), last: None }
    }
}

impl<T> SharedTable<T> {
    /// Finds the value of a key or makes it, of its index, for one more record; returns the index, and whether it
    /// was made.
    #[inline]
    pub(super) fn acquire(&mut self, key: usize, make: impl FnOnce(u32) -> T) -> (u32, bool) {
        if let Some((last, index)) = self.last
            && last == key
        {
            self.slots[index as usize].records += 1;
            return (index, false);
        }
        self.look_up(key, make)
    }

    fn look_up(&mut self, key: usize, make: impl FnOnce(u32) -> T) -> (u32, bool) {
        let known = self.indices.get(&key).copied();
        let index = known.unwrap_or_else(|| {
            let index = self.free.pop().unwrap_or(self.slots.len() as u32);
            let slot = SharedSlot { key, value: Some(make(index)), records: 0 };
            match self.slots.get_mut(index as usize) {
                Some(free) => *free = slot,
                None => self.slots.push(slot),
            }
            self.indices.insert(key, index);
            index
        });
        self.slots[index as usize].records += 1;
        self.last = Some((key, index));
        (index, known.is_none())
    }

    /// Says that one record less has a value; tells whether none has it now.
    #[inline]
    pub(super) fn release(&mut self, index: u32) -> bool {
        let Some(slot) = self.slots.get_mut(index as usize) else { return false };
        slot.records = slot.records.saturating_sub(1);
        slot.records == 0
    }

    /// Takes a value out if no record has it.
    pub(super) fn take_unused(&mut self, index: u32) -> Option<T> {
        let slot = self.slots.get_mut(index as usize).filter(|slot| slot.records == 0)?;
        let value = slot.value.take()?;
        self.indices.remove(&slot.key);
        self.last.take_if(|(_, last)| *last == index);
        self.free.push(index);
        Some(value)
    }

    /// Hands over each value that a record has, and its index.
    pub(super) fn each(&mut self, mut run: impl FnMut(u32, &mut T)) {
        let slots = (0..).zip(&mut self.slots);
        slots.for_each(|(index, slot)| slot.value.iter_mut().for_each(|value| run(index, value)));
    }

    /// Takes all values out, at their indices.
    pub(super) fn take(&mut self) -> Vec<Option<T>> {
        std::mem::take(self).slots.into_iter().map(|slot| slot.value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_there_as_long_as_a_record_has_it() {
        let mut table = SharedTable::default();
        assert_eq!(table.acquire(7, |_| "a"), (0, true));
        assert_eq!(table.acquire(8, |_| "b"), (1, true));
        assert_eq!(table.acquire(7, |_| "not made"), (0, false));
        assert_eq!((table.release(0), table.release(1)), (false, true));
        assert_eq!(
            (table.take_unused(0), table.take_unused(1), table.take_unused(1)),
            (None, Some("b"), None)
        );
        assert_eq!(table.acquire(9, |_| "c"), (1, true), "the place is used again");
        assert_eq!((table.release(0), table.take_unused(0)), (true, Some("a")));
        assert_eq!(table.acquire(7, |_| "d"), (0, true));
        assert_eq!(table.take(), [Some("d"), Some("c")]);
        assert_eq!(table.take(), []);
    }
}
