//! A map from ids to values.
//!
//! A hash table, except for wasm, whose code a page downloads with every visit: there,
//! sorted runs, a sixth of the size, which no choice of ids slows down.

#[cfg(not(target_family = "wasm"))]
pub(crate) type IdMap<T> = hashbrown::HashMap<u64, T>;

#[cfg(target_family = "wasm")]
pub(crate) use runs::IdMap;

#[cfg(any(test, target_family = "wasm"))]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "tested here, used on wasm"))]
mod runs {
    use alloc::vec::Vec;

    /// Values by their ids; the latest of an id counts.
    #[derive(Debug)]
    pub(crate) struct IdMap<T> {
        /// Ids and where their values stand, in sorted runs whose lengths are the bits
        /// of their number, the longest first: like a counter's bits, runs of one length
        /// become one of twice that.
        runs: Vec<(u64, usize)>,
        values: Vec<T>,
    }

    impl<T> Default for IdMap<T> {
        fn default() -> Self {
            Self { runs: Vec::new(), values: Vec::new() }
        }
    }

    impl<T> IdMap<T> {
        /// Finds the value of an id.
        pub(crate) fn get(&self, id: &u64) -> Option<&T> {
            self.values.get(find(&self.runs, *id)?)
        }

        /// Sets the value of an id.
        pub(crate) fn insert(&mut self, id: u64, value: T) {
            add(&mut self.runs, (id, self.values.len()));
            self.values.push(value);
        }

        /// Removes values; an id keeps the latest of those that are left.
        pub(crate) fn retain(&mut self, mut keep: impl FnMut(&u64, &mut T) -> bool) {
            self.runs.retain(|(id, at)| self.values.get_mut(*at).is_some_and(|value| keep(id, value)));
            self.runs.sort_unstable();
        }

        /// Removes all values.
        pub(crate) fn clear(&mut self) {
            self.runs.clear();
            self.values.clear();
        }
    }

    fn add(runs: &mut Vec<(u64, usize)>, entry: (u64, usize)) {
        runs.push(entry);
        let start = runs.len() & (runs.len() - 1);
        runs[start..].sort_unstable();
    }

    fn find(runs: &[(u64, usize)], id: u64) -> Option<usize> {
        let mut rest = runs;
        while !rest.is_empty() {
            let (before, run) = rest.split_at(rest.len() & (rest.len() - 1));
            // The last of equal ones is the latest.
            let end = run.partition_point(|entry| entry.0 <= id);
            if let Some(entry) = run[..end].last().filter(|entry| entry.0 == id) {
                return Some(entry.1);
            }
            rest = before;
        }
        None
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn runs_say_what_a_hash_table_says(
                steps in proptest::collection::vec((0_u64..20, 0..1000), 0..200),
                kept in 0..1000,
            ) {
                let (mut ids, mut table) = (IdMap::default(), hashbrown::HashMap::new());
                for (at, (id, value)) in steps.into_iter().enumerate() {
                    ids.insert(id, value);
                    table.insert(id, value);
                    if at == 100 {
                        ids.retain(|id, _| table[id] < kept);
                        table.retain(|_, value| *value < kept);
                    }
                    for id in 0..20 {
                        prop_assert_eq!(ids.get(&id), table.get(&id));
                    }
                }
            }
        }
    }
}
