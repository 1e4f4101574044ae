//! Values that are taken while they are not used.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::fence;
use super::reclaim::{Reclaimer, Registrations, ThreadOwned, Verdict};

#[derive(Default)]
struct Counter(Vec<usize>);

fn add(owned: &ThreadOwned<Counter>) -> Option<usize> {
    owned.try_with(|counter| {
        counter.0.push(1);
        counter.0.len()
    })
}

#[test]
fn a_value_is_taken_when_it_was_not_used_between_two_looks_and_made_anew() {
    static REGISTRATIONS: Registrations<Counter> = Registrations::new();
    fence::prepare();
    let owned = ThreadOwned::new(&REGISTRATIONS);
    let (mut reclaimer, mut taken) = (Reclaimer::new(), Vec::new());
    let mut look = |verdict| reclaimer.look(&REGISTRATIONS, |_| verdict, &mut taken);
    assert_eq!((add(&owned), look(Verdict::Take)), (Some(1), true));
    assert_eq!((add(&owned), look(Verdict::Take)), (Some(2), true), "it was used");
    assert!(look(Verdict::Later), "it is to be asked about again");
    assert!(!look(Verdict::Keep));
    assert!(!look(Verdict::Take), "kept until it is used again");
    assert_eq!(add(&owned), Some(3));
    assert!(look(Verdict::Take) && !look(Verdict::Take));
    assert_eq!(add(&owned), Some(1), "another one");
    drop(owned);
    assert!(!look(Verdict::Take));
    assert_eq!(taken.iter().map(|counter| counter.0.len()).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_value_in_use_is_neither_lent_again_nor_taken() {
    static REGISTRATIONS: Registrations<Counter> = Registrations::new();
    fence::prepare();
    let owned = ThreadOwned::new(&REGISTRATIONS);
    let (mut reclaimer, mut taken) = (Reclaimer::new(), Vec::new());
    let used = owned.try_with(|counter| {
        counter.0.push(1);
        assert_eq!(add(&owned), None);
        for _ in 0..3 {
            assert!(reclaimer.look(&REGISTRATIONS, |_| Verdict::Take, &mut taken));
        }
        counter.0.len()
    });
    assert_eq!((used, taken.len()), (Some(1), 0));
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        owned.try_with(|_| panic!("free again all the same"))
    }));
    assert_eq!(add(&owned), Some(2));
}

/// Adds its uses to a total when it ends.
#[derive(Default)]
struct Counted(usize);

static TOTAL: AtomicUsize = AtomicUsize::new(0);

impl Drop for Counted {
    fn drop(&mut self) {
        TOTAL.fetch_add(self.0, Ordering::Relaxed);
    }
}

#[test]
fn of_values_that_are_used_while_they_are_taken_each_use_counts_once() {
    static REGISTRATIONS: Registrations<Counted> = Registrations::new();
    fence::prepare();
    let uses = if cfg!(miri) { 40 } else { 300_000 };
    let (mut reclaimer, mut taken, mut count) = (Reclaimer::new(), Vec::new(), 0);
    let threads = [0, 1].map(|_| {
        thread::spawn(move || {
            let owned = ThreadOwned::new(&REGISTRATIONS);
            for at in 0..uses {
                assert_eq!(owned.try_with(|counted: &mut Counted| counted.0 += 1), Some(()));
                if at % 16 == 0 {
                    thread::yield_now();
                }
            }
        })
    });
    while !threads.iter().all(thread::JoinHandle::is_finished) {
        let verdicts = [Verdict::Take, Verdict::Later, Verdict::Take, Verdict::Keep];
        count += 1;
        let _ = reclaimer.look(&REGISTRATIONS, |_| verdicts[count % 4], &mut taken);
        thread::yield_now();
    }
    threads.into_iter().for_each(|thread| thread.join().expect("it ends"));
    drop(taken);
    assert_eq!(TOTAL.load(Ordering::Relaxed), 2 * uses);
}
