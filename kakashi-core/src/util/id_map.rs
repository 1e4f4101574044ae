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

    use crate::util::key_index::sort_places;

    /// Values by their ids; the latest of an id counts.
    #[derive(Debug)]
    pub(crate) struct IdMap<T> {
        /// Where the ids and their values stand, in runs sorted by the ids, whose lengths are
        /// the bits of their number, the longest first: like a counter's bits, runs of one
        /// length become one of twice that.
        runs: Vec<u32>,
        ids: Vec<u64>,
        values: Vec<T>,
    }

    impl<T> Default for IdMap<T> {
        fn default() -> Self {
            Self { runs: Vec::new(), ids: Vec::new(), values: Vec::new() }
        }
    }

    impl<T> IdMap<T> {
        /// Finds the value of an id.
        pub(crate) fn get(&self, id: &u64) -> Option<&T> {
            self.values.get(find(&self.runs, &self.ids, *id)?)
        }

        /// Sets the value of an id.
        pub(crate) fn insert(&mut self, id: u64, value: T) {
            add(&mut self.runs, &mut self.ids, id);
            self.values.push(value);
        }

        /// Removes values; an id keeps the latest of those that are left.
        pub(crate) fn retain(&mut self, mut keep: impl FnMut(&u64, &mut T) -> bool) {
            let mut kept = Vec::new();
            for &place in &self.runs {
                let (id, value) = (id_at(&self.ids, place), self.values.get_mut(place as usize));
                if value.is_some_and(|value| keep(&id, value)) {
                    kept.push(place);
                }
            }
            sort(&mut kept, &self.ids);
            self.runs = kept;
        }

        /// Removes all values.
        pub(crate) fn clear(&mut self) {
            self.runs.clear();
            self.ids.clear();
            self.values.clear();
        }
    }

    fn id_at(ids: &[u64], place: u32) -> u64 {
        ids[place as usize]
    }

    fn sort(run: &mut [u32], ids: &[u64]) {
        sort_places(run, &|a, b| (id_at(ids, a), a).cmp(&(id_at(ids, b), b)));
    }

    fn add(runs: &mut Vec<u32>, ids: &mut Vec<u64>, id: u64) {
        runs.push(ids.len() as u32);
        ids.push(id);
        let start = runs.len() & (runs.len() - 1);
        sort(&mut runs[start..], ids);
    }

    fn find(runs: &[u32], ids: &[u64], id: u64) -> Option<usize> {
        let mut end = runs.len();
        while end > 0 {
            let start = end & (end - 1);
            let run = &runs[start..end];
            // The last of equal ones is the latest.
            let after = run.partition_point(|place| id_at(ids, *place) <= id);
            if let Some(&place) = run.get(after.wrapping_sub(1))
                && id_at(ids, place) == id
            {
                return Some(place as usize);
            }
            end = start;
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
