//! Interrupts, each at one of the points where nothing holds them off.

use std::rc::Rc;

use proptest::prelude::*;

use super::model::{Model, Op, PACE, World, op, starts};
use super::*;

/// Does `change`, which has one critical section, with an interrupt before or after it.
fn interrupted<R, M: 'static>(
    world: &Rc<World>,
    (nested, after): (&Op, bool),
    change: impl FnOnce() -> R,
    change_model: impl FnOnce(&mut Model) -> M + 'static,
) -> (R, M) {
    let changed = Rc::new(RefCell::new(None));
    let change_model = {
        let (world, changed) = (world.clone(), changed.clone());
        move || *changed.borrow_mut() = Some(change_model(&mut world.model.borrow_mut()))
    };
    let change_model = Rc::new(RefCell::new(Some(change_model)));
    let mut points = 0;
    let handler = {
        let (world, nested, change_model) = (world.clone(), nested.clone(), change_model.clone());
        move || {
            if points == usize::from(after) {
                if after {
                    change_model.take().expect("called once")();
                }
                world.apply(&nested);
            }
            points += 1;
            assert!(points <= 2, "more than one critical section");
        }
    };
    let mut result = None;
    run_with_interrupts(handler, || result = Some(change()));
    if let Some(change_model) = change_model.take() {
        change_model();
    }
    (result.expect("it ran"), changed.take().expect("it ran"))
}

fn apply_interrupted(world: &Rc<World>, op: &Op, nested: &Op, point: usize) {
    let ring = &world.ring;
    match op {
        Op::Push((level, len, policy)) => {
            let (level, policy, body) = (*level, *policy, world.body(*len));
            let copy = body.clone();
            let (is_in, should_be) = interrupted(
                world,
                (nested, point % 2 == 1),
                || ring.push(level, &body, policy),
                move |model| model.push(level, &copy, policy),
            );
            assert_eq!(is_in, should_be);
        }
        Op::Pop(_) => {
            let mut room = [0; MAX_BODY_LEN];
            let (peeked, (expected, token)) = match point {
                0 | 1 => interrupted(
                    world,
                    (nested, point == 1),
                    || ring.peek(&mut room),
                    |model| (model.first(), model.token()),
                ),
                _ => (ring.peek(&mut room), (world.model.borrow().first(), world.model.borrow().token())),
            };
            let taken: Option<Taken> = peeked.as_ref().map(|peeked| peeked.item().into());
            assert_eq!(taken, expected);
            let (Some(peeked), Some(taken)) = (peeked, taken) else { return };
            let (released, should_be) = match point {
                0 | 1 => (ring.release(peeked), world.model.borrow_mut().release(&taken, token)),
                _ => interrupted(
                    world,
                    (nested, point == 3),
                    || ring.release(peeked),
                    move |model| model.release(&taken, token),
                ),
            };
            assert_eq!(released, should_be);
        }
        Op::Open => {
            // Changes nothing; has a critical section for each record.
            let (shared, nested) = (world.clone(), nested.clone());
            let mut points = 0;
            let handler = move || {
                if points == point {
                    shared.apply(&nested);
                }
                points += 1;
            };
            run_with_interrupts(handler, || {
                assert_eq!(ring.open().damaged_bytes, 0);
            });
        }
    }
    world.compare();
}

#[test]
fn interrupts_may_come_while_damage_is_passed_over() {
    for point in (0..4).step_by(if cfg!(miri) { 2 } else { 1 }) {
        for policy in [RingPolicy::DropNewest, RingPolicy::DropOldest] {
            let ring = Rc::new(full_ring());
            ring.locked(|memory| memory.bytes[20].set(!memory.bytes[20].get()));
            let (shared, mut points) = (ring.clone(), 0);
            let handler = move || {
                if points == point {
                    shared.push(LogLevel::Info, &named(8), policy);
                }
                points += 1;
            };
            run_with_interrupts(handler, || {
                let _ = ring.peek(&mut [0; MAX_BODY_LEN]);
            });
            let taken = drain(&ring);
            let records = taken.iter().filter(|taken| matches!(taken, Taken::Record(..))).count();
            let damaged = usize::from(taken.contains(&Taken::Damaged(56)));
            let dropped: u32 = ring.dropped().iter().sum();
            assert_eq!(records + damaged + dropped as usize, 9, "{point} {policy:?} {taken:?}");
            assert!(taken.ends_with(&(1..8).map(info).collect::<Vec<_>>()) || taken.contains(&info(8)));
        }
    }
}

#[cfg(feature = "alloc")]
#[test]
fn a_record_that_gives_way_before_it_is_drained_is_counted_once() {
    use crate::{Batch, FixedClock, FunctionSink, Timestamp};

    // From the fourth point on, the first records are in a block already.
    for point in 0..3 {
        let ring = Rc::new(full_ring());
        let (shared, mut points) = (ring.clone(), 0);
        let handler = move || {
            if points == point {
                shared.push(LogLevel::Info, &named(8), RingPolicy::DropOldest);
            }
            points += 1;
        };
        let mut delivered = 0;
        run_with_interrupts(handler, || {
            let mut sink = FunctionSink::new(|batch: &Batch<'_>| {
                delivered += batch.len();
                Ok(())
            });
            ring.drain(&FixedClock(Timestamp::Uptime(0)), &mut sink, &mut [0; 1024]).unwrap();
        });
        assert_eq!((delivered, ring.dropped()), (8, [0, 0, 1, 0, 0, 0]), "at {point}");
    }
}

proptest! {
    #[test]
    fn interrupts_may_come_anywhere(
        start in starts(),
        steps in proptest::collection::vec((op(), op(), 0..6usize), 1..30 / PACE),
    ) {
        let world = Rc::new(World::new(start));
        for (op, nested, point) in &steps {
            apply_interrupted(&world, op, nested, *point);
        }
        world.finish();
    }
}
