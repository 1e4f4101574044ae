//! Power that goes away at any store.

use proptest::prelude::*;

use super::damage::{bytes_of, garbage, set_bytes};
use super::model::{Model, World, ops, pushes, span, starts};
use super::*;

/// The states in which a cut may leave a ring, as what would then come out.
struct States {
    before: Model,
    /// What gave way to a record has gone, the record is not there.
    between: Option<Model>,
    after: Model,
}

impl States {
    fn check(&self, ring: &Ring<N>, torn_span: u32) {
        let found = ring.open();
        let dropped = ring.dropped();
        let mut taken = drain(ring);
        let damaged: u32 = match taken.last() {
            Some(Taken::Damaged(bytes)) => *bytes,
            _ => 0,
        };
        taken.retain(|taken| !matches!(taken, Taken::Damaged(_)));
        let records = taken.iter().filter(|taken| matches!(taken, Taken::Record(..))).count();
        assert_eq!(found, Recovered { records: records as u32, damaged_bytes: damaged });
        let is = |model: &Model| model.lost == dropped && model.clone().drain() == taken;
        if damaged > 0 {
            assert_eq!(damaged, torn_span);
            assert!(self.between.as_ref().is_some_and(is), "torn: {taken:?} {dropped:?}");
        } else {
            let mut states = [&self.before, &self.after].into_iter().chain(&self.between);
            assert!(states.any(is), "{taken:?} {dropped:?}");
        }
    }
}

/// Cuts the power at each store of `change`, and lets `check` see what is left.
fn cut_everywhere(ring: &Ring<N>, change: impl Fn(), check: impl Fn()) {
    let before = bytes_of(ring);
    // Every store, but for Miri, to which all are alike.
    for store in (0..).step_by(if cfg!(miri) { 97 } else { 1 }) {
        let ended = run_until_store(store, &change);
        let cut = bytes_of(ring);
        check();
        // Without `open`, the first call of any kind does the same.
        set_bytes(ring, &cut);
        ring.push(LogLevel::Critical, b"after the reset", RingPolicy::DropNewest);
        let _ = drain(ring);
        set_bytes(ring, if ended { &cut } else { &before });
        if ended {
            return;
        }
    }
}

proptest! {
    #[test]
    fn a_cut_leaves_the_state_before_or_after(start in starts(), ops in ops(40), pushed in pushes(), pops in any::<bool>()) {
        let world = World::new(start);
        for op in &ops {
            world.apply(op);
        }
        let ring = &world.ring;
        let before = world.model.borrow().clone();
        let mut after = before.clone();
        if pops {
            if let Some(first) = after.first() {
                after.release(&first, after.token());
            }
            let states = States { before, between: None, after };
            cut_everywhere(ring, || { pop(ring); }, || states.check(ring, 0));
        } else {
            let (level, len, policy) = pushed;
            let body = world.body(len);
            let between = after.push(level, &body, policy).then(|| {
                let mut between = after.clone();
                between.records.pop_back();
                between
            });
            let states = States { before, between, after };
            cut_everywhere(ring, || { ring.push(level, &body, policy); }, || states.check(ring, span(len) as u32));
        }
    }

    #[test]
    fn a_cut_in_the_first_use_leaves_an_empty_ring(seed in any::<u64>()) {
        let ring = Ring::<N>::new();
        set_bytes(&ring, &garbage(seed));
        cut_everywhere(&ring, || { ring.open(); }, || assert_eq!(drain(&ring), []));
        assert_eq!(ring.dropped(), [0; 6]);
    }

    #[test]
    fn a_cut_in_healing_loses_no_more(
        ops in ops(40),
        which in 0..3usize,
    ) {
        let world = World::new(0);
        ops.iter().for_each(|op| world.apply(op));
        let ring = &world.ring;
        // One of the two positions, or the spare header.
        ring.open();
        let records = world.model.borrow().records.clone();
        ring.locked(|memory| match which {
            0 => memory.write.set(!memory.write.get()),
            1 => memory.write_inverse.set(memory.write_inverse.get() ^ 1),
            _ => memory.headers[(!memory.magic.get() & 1) as usize].words[5].set(77),
        });
        cut_everywhere(ring, || { ring.open(); }, || {
            let kept: Vec<_> = drain(ring).into_iter().filter(|taken| matches!(taken, Taken::Record(..))).collect();
            let should_be: Vec<_> =
                records.iter().map(|(level, body)| Taken::Record(*level, body.clone())).collect();
            assert_eq!(kept, should_be);
        });
    }
}
