//! Rings that grow.

use std::sync::Arc;

use super::entry::SideEntry;
use super::ring::{ThreadRing, WriteEnd};
use super::worker_control::WorkerControl;

fn ring(most_bytes: usize) -> (Arc<ThreadRing>, WriteEnd) {
    let (ring, end, is_new) = ThreadRing::take(|| Arc::new(WorkerControl::new()), most_bytes);
    assert!(is_new);
    ring.forget();
    (ring, end)
}

fn take(ring: &ThreadRing, count: usize) -> Vec<u8> {
    let mut read = ring.read();
    (0..count).map_while(|_| read.bytes.pop().ok()).collect()
}

#[test]
fn a_ring_grows_to_its_most_and_keeps_what_is_in_it_in_order() {
    let (ring, mut end) = ring(10_000);
    let mut next = 0_u8..=255;
    let mut fill = |end: &mut WriteEnd, put: &mut Vec<u8>| {
        while end.bytes.slots() > 0 {
            let byte = next.next().unwrap_or_else(|| {
                next = 1..=255;
                0
            });
            assert!(end.bytes.push(byte).is_ok());
            put.push(byte);
        }
    };
    let (mut put, mut taken, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        // So that what is in it reaches over its end.
        fill(&mut end, &mut put);
        taken.extend(take(&ring, 700));
        fill(&mut end, &mut put);
        sizes.push(end.bytes.buffer().capacity());
        if !end.grow(&ring) {
            break;
        }
    }
    assert_eq!((sizes, end.growth()), (vec![2048, 4096, 8192, 10_000], 0));
    taken.extend(take(&ring, usize::MAX));
    assert!(taken == put, "the same bytes");
}

#[test]
fn side_entries_grow_to_their_most_and_keep_their_order() {
    let (ring, mut end) = ring(10_000);
    let mut put = 0;
    while !end.is_side_full() || end.grow_side(&ring) {
        assert!(end.side_entries.push(SideEntry::Record(vec![0; put])).is_ok());
        put += 1;
    }
    assert_eq!(put, 512);
    let mut read = ring.read();
    let lengths: Vec<_> = std::iter::from_fn(|| read.pop_side_entry()).map(|entry| entry.memory()).collect();
    assert!(lengths.into_iter().eq(0..512));
}
