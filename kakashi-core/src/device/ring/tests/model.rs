//! A ring against a model that is a queue and some counters.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

pub(super) type Push = (LogLevel, usize, RingPolicy);

#[derive(Clone, Debug)]
pub(super) enum Op {
    Push(Push),
    /// A peek, pushes of an interrupt, and the release.
    Pop(Vec<Push>),
    Open,
}

pub(super) fn pushes() -> impl Strategy<Value = Push> {
    let level = proptest::sample::select(LogLevel::ALL.as_slice());
    let len = prop_oneof![6 => 0..60usize, 2 => 60..=256usize, 1 => 255..300usize];
    let policy = prop_oneof![Just(RingPolicy::DropNewest), Just(RingPolicy::DropOldest)];
    (level, len, policy)
}

pub(super) fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => pushes().prop_map(Op::Push),
        2 => proptest::collection::vec(pushes(), 0..3).prop_map(Op::Pop),
        1 => Just(Op::Open),
    ]
}

/// Miri is slow, and needs no full ring.
pub(super) const PACE: usize = if cfg!(miri) { 10 } else { 1 };

pub(super) fn ops(count: usize) -> impl Strategy<Value = Vec<Op>> {
    proptest::collection::vec(op(), 1..count / PACE)
}

/// Begins at a position at which it wraps soon, or at the usual one.
pub(super) fn starts() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), (0..1500u32).prop_map(|before| u32::MAX - before)]
}

#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Model {
    pub(super) records: VecDeque<(LogLevel, Vec<u8>)>,
    pub(super) lost: [u32; 6],
    announced: [u32; 6],
    /// How many records come before the announcement.
    gap: usize,
    /// How many records have left from the front.
    left: u32,
}

pub(super) fn span(len: usize) -> usize {
    8 + len.next_multiple_of(4)
}

impl Model {
    pub(super) fn push(&mut self, level: LogLevel, body: &[u8], policy: RingPolicy) -> bool {
        let len = body.len();
        let is_evidence = level >= LogLevel::Warning;
        let limit = if is_evidence { N } else { N / 8 * 7 };
        let first_loss = self.lost == self.announced;
        let mut evicted = 0;
        let fits = len <= MAX_BODY_LEN
            && loop {
                let used: usize = self.records.iter().skip(evicted).map(|(_, body)| span(body.len())).sum();
                if used + span(len) <= limit {
                    break true;
                }
                if policy == RingPolicy::DropNewest || evicted == 33 {
                    break false;
                }
                if self.records[evicted].0 >= LogLevel::Warning && !is_evidence {
                    evicted = 0;
                    break false;
                }
                evicted += 1;
            };
        for (level, _) in self.records.drain(..evicted) {
            self.lost[level.index()] += 1;
            self.left += 1;
        }
        if evicted > 0 {
            self.gap = 0;
        } else if !fits && first_loss {
            self.gap = self.records.len();
        }
        if fits {
            self.records.push_back((level, body.to_vec()));
        } else {
            self.lost[level.index()] += 1;
        }
        fits
    }

    pub(super) fn first(&self) -> Option<Taken> {
        if self.gap == 0 && self.lost != self.announced {
            return Some(Taken::Dropped(core::array::from_fn(|level| {
                self.lost[level] - self.announced[level]
            })));
        }
        self.records.front().map(|(level, body)| Taken::Record(*level, body.clone()))
    }

    /// Tells the first item from all others that look the same.
    pub(super) fn token(&self) -> u32 {
        match self.first() {
            Some(Taken::Dropped(_)) => self.announced.iter().sum(),
            _ => self.left,
        }
    }

    pub(super) fn release(&mut self, taken: &Taken, token: u32) -> bool {
        match taken {
            Taken::Dropped(lost) => {
                let is_first = self.announced.iter().sum::<u32>() == token;
                for (announced, lost) in self.announced.iter_mut().zip(lost).filter(|_| is_first) {
                    *announced += lost;
                }
                is_first
            }
            Taken::Record(..) => {
                let is_first = self.left == token;
                if is_first {
                    self.records.pop_front();
                    self.left += 1;
                    self.gap = self.gap.saturating_sub(1);
                }
                is_first
            }
            Taken::Damaged(_) => unreachable!("nothing is damaged here"),
        }
    }

    pub(super) fn drain(mut self) -> Vec<Taken> {
        core::iter::from_fn(|| {
            let taken = self.first()?;
            assert!(self.release(&taken, self.token()));
            Some(taken)
        })
        .collect()
    }
}

/// A ring and its model, to which the same happens.
pub(super) struct World {
    pub(super) ring: Ring<N>,
    pub(super) model: RefCell<Model>,
    pub(super) pushed: RefCell<Vec<(LogLevel, Vec<u8>)>>,
    bodies: Cell<u32>,
}

impl World {
    pub(super) fn new(start: u32) -> Self {
        let ring = Ring::new();
        ring.locked(|memory| memory.write.set(start.wrapping_sub(2 * N as u32)));
        Self { ring, model: RefCell::default(), pushed: RefCell::default(), bodies: Cell::new(0) }
    }

    /// Makes a body; from four bytes on, no two are the same.
    pub(super) fn body(&self, len: usize) -> Vec<u8> {
        let number = self.bodies.replace(self.bodies.get() + 1);
        number.to_le_bytes().into_iter().chain((0..=255).cycle()).take(len).collect()
    }

    fn push(&self, (level, len, policy): Push) {
        let body = self.body(len);
        self.pushed.borrow_mut().push((level, body.clone()));
        let evidence_lost = self.ring.dropped()[3..].to_vec();
        assert_eq!(self.ring.push(level, &body, policy), self.model.borrow_mut().push(level, &body, policy));
        assert!(level >= LogLevel::Warning || self.ring.dropped()[3..] == evidence_lost);
    }

    pub(super) fn apply(&self, op: &Op) {
        match op {
            Op::Push(push) => self.push(*push),
            Op::Pop(between) => {
                let mut room = [0; MAX_BODY_LEN];
                let peeked = self.ring.peek(&mut room);
                let taken = peeked.as_ref().map(|peeked| peeked.item().into());
                assert_eq!(taken, self.model.borrow().first());
                let token = self.model.borrow().token();
                for pushed in between {
                    self.push(*pushed);
                }
                if let (Some(peeked), Some(taken)) = (peeked, taken) {
                    assert_eq!(self.ring.release(peeked), self.model.borrow_mut().release(&taken, token));
                }
            }
            Op::Open => {
                let records = self.model.borrow().records.len() as u32;
                assert_eq!(self.ring.open(), Recovered { records, damaged_bytes: 0 });
            }
        }
        self.compare();
    }

    pub(super) fn compare(&self) {
        let model = self.model.borrow();
        assert_eq!(self.ring.dropped(), model.lost);
        assert_eq!(self.ring.is_empty(), model.first().is_none());
    }

    pub(super) fn finish(&self) {
        assert_eq!(drain(&self.ring), self.model.borrow().clone().drain());
        assert_eq!(self.ring.dropped(), self.model.borrow().lost);
    }
}

proptest! {
    #[test]
    fn every_record_comes_out_or_is_counted(start in starts(), ops in ops(60)) {
        let world = World::new(start);
        for op in &ops {
            world.apply(op);
        }
        world.finish();
    }

    #[test]
    fn evidence_finds_its_eighth_free_of_lesser_records(pushed in proptest::collection::vec(pushes(), 1..60 / PACE)) {
        let ring = Ring::<N>::new();
        for (level, len, policy) in pushed {
            if level < LogLevel::Warning {
                ring.push(level, &vec![0; len], policy);
            }
        }
        prop_assert!(ring.push(LogLevel::Warning, &[1; N / 8 - 8], RingPolicy::DropNewest));
    }
}
