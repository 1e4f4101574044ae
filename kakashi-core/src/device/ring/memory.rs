//! The memory of a ring, in which any bits may be found, and the ways to change it.
//!
//! Everything here runs while interrupts are off, and takes a bounded time.
//! A reset may come between any two stores; a comment at each change says why it is
//! whole or has no effect. A store of one word is assumed to be whole.

use core::cell::Cell;
use core::sync::atomic::{Ordering, compiler_fence};

use super::header::{DAMAGE, HEADER_LEN, Header};
use super::item::RingPolicy;
use super::slot::{ALIGN, SLOT_HEAD_LEN, Slot};
use super::store::store;

/// How many records one push may evict: enough for the longest among the shortest.
const MAX_EVICTIONS: u32 = 33;
/// How far one step looks for the end of damage.
const MAX_SKIP: u32 = 256;

#[repr(C)]
pub(super) struct Memory<const N: usize> {
    /// What and how large this is; the lowest bit says which header holds.
    pub(super) magic: Cell<u32>,
    /// Where the next record goes. Every push changes it, so it has its own safeguard.
    pub(super) write: Cell<u32>,
    pub(super) write_inverse: Cell<u32>,
    /// Hash of the build whose site ids the records use; 0 if unknown.
    pub(super) owner: Cell<u32>,
    /// A change is made in the one that does not hold; then the bit is turned.
    pub(super) headers: [Header; 2],
    pub(super) bytes: [Cell<u8>; N],
}

impl<const N: usize> Memory<N> {
    const LEN: u32 = N as u32;
    /// "kr", the version of the layout, the size.
    const MAGIC: u32 = 0x6b72_0100 | Self::LEN.trailing_zeros() << 1;

    pub(super) const fn new() -> Self {
        Self {
            magic: Cell::new(0),
            write: Cell::new(0),
            write_inverse: Cell::new(0),
            owner: Cell::new(0),
            headers: [const { Header::new() }; 2],
            bytes: [const { Cell::new(0) }; N],
        }
    }

    /// Makes sure of what a push relies on, without summing the header.
    #[inline(always)]
    pub(super) fn make_ready(&self) {
        let ready = self.magic.get() & !1 == Self::MAGIC
            && self.write.get() == !self.write_inverse.get()
            && self.used() <= Self::LEN;
        if !ready {
            self.heal();
        }
    }

    /// Returns the header that holds, healed if it was damaged.
    #[inline(never)] // once in flash
    pub(super) fn header(&self) -> &Header {
        self.make_ready();
        if !self.holding().is_whole() {
            self.heal();
        }
        self.holding()
    }

    #[inline(always)]
    fn holding(&self) -> &Header {
        &self.headers[(self.magic.get() & 1) as usize]
    }

    fn spare(&self) -> &Header {
        &self.headers[(!self.magic.get() & 1) as usize]
    }

    /// Begins a change of the header: all of it or nothing counts, from [`commit`](Self::commit) on.
    pub(super) fn change(&self) -> &Header {
        let header = self.header();
        self.spare().copy_from(header);
        self.spare()
    }

    #[inline(never)] // once in flash
    pub(super) fn commit(&self) {
        self.spare().seal();
        self.choose(!self.magic.get());
    }

    fn choose(&self, which: u32) {
        compiler_fence(Ordering::SeqCst);
        store(&self.magic, Self::MAGIC | which & 1);
        // What the header no longer claims may be overwritten from here on, not before.
        compiler_fence(Ordering::SeqCst);
    }

    #[inline(always)]
    pub(super) fn write(&self) -> u32 {
        self.write.get()
    }

    #[inline(always)]
    fn set_write(&self, at: u32) {
        store(&self.write, at);
        store(&self.write_inverse, !at);
    }

    #[inline(always)]
    fn used(&self) -> u32 {
        self.write().wrapping_sub(self.holding().read())
    }

    /// Makes a ring of any bits: keeps what can be trusted and counts what can't.
    #[cold]
    #[inline(never)]
    fn heal(&self) {
        let is_ring = self.magic.get() & !1 == Self::MAGIC;
        let mut is_kept = is_ring;
        let mut damaged = 0;
        if is_ring && !self.holding().is_whole() {
            is_kept = self.spare().is_whole();
            damaged = Self::LEN;
            if is_kept {
                // It must hold before it may be copied over the other.
                self.choose(!self.magic.get());
                damaged = HEADER_LEN;
            }
        }
        let header = self.spare();
        if is_kept {
            header.copy_from(self.holding());
        } else {
            // Past all that was here: no old slot can be at a position that comes.
            let read = (self.write() & !(ALIGN - 1)).wrapping_add(2 * Self::LEN);
            header.clear(read);
            store(&self.owner, 0);
            self.set_write(read);
        }
        // A reset between the two stores of a push leaves the new position in one of them.
        // If neither can be right, all is looked through.
        let read = header.read();
        let mut ahead = None;
        for at in [self.write.get(), !self.write_inverse.get()] {
            let far = at.wrapping_sub(read);
            if far <= Self::LEN && far.is_multiple_of(ALIGN) {
                ahead = ahead.max(Some(far));
            }
        }
        let ahead = ahead.unwrap_or(Self::LEN);
        self.set_write(read.wrapping_add(ahead));
        if damaged != 0 {
            header.lose(DAMAGE, damaged);
            header.set_gap(read);
        }
        self.commit();
    }

    #[inline(always)]
    fn cells(&self, at: u32) -> &[Cell<u8>; 4] {
        &self.bytes.as_chunks().0[at as usize / 4 % (N / 4)]
    }

    /// Bytes one by one, not in a loop: the compiler makes one load of them.
    #[inline(always)]
    fn word(&self, at: u32) -> u32 {
        let [a, b, c, d] = self.cells(at);
        u32::from_le_bytes([a.get(), b.get(), c.get(), d.get()])
    }

    #[inline(always)]
    fn store_word(&self, at: u32, word: u32) {
        let [a, b, c, d] = self.cells(at);
        let word = word.to_le_bytes();
        store(a, word[0]);
        store(b, word[1]);
        store(c, word[2]);
        store(d, word[3]);
    }

    /// Finds the slot at a position, if one is there that ends before `end`.
    #[inline(never)] // once in flash
    pub(super) fn slot(&self, at: u32, end: u32) -> Option<Slot> {
        Slot::parse(self.word(at), at).filter(|slot| slot.span() <= end.wrapping_sub(at))
    }

    /// Copies a slot's body out and returns the checksum that it should have.
    pub(super) fn copy(&self, at: u32, slot: Slot, room: &mut [u8]) -> u32 {
        let mut from = at.wrapping_add(SLOT_HEAD_LEN);
        let (words, _) = room.as_chunks_mut();
        for word in words.iter_mut().take(slot.len().div_ceil(4)) {
            *word = self.word(from).to_le_bytes();
            from = from.wrapping_add(4);
        }
        self.word(at.wrapping_add(4)) ^ at
    }

    /// Takes a record in or counts it; `tail` is what its last word has of it.
    #[inline(always)]
    pub(super) fn push(
        &self,
        slot: Slot,
        words: &[[u8; 4]],
        tail: u32,
        checksum: u32,
        policy: RingPolicy,
    ) -> bool {
        self.make_ready();
        let limit = if slot.is_evidence() { Self::LEN } else { Self::LEN / 8 * 7 };
        let fits = self.used() + slot.span() <= limit || self.make_room(slot, limit, policy);
        if fits {
            self.append(slot, words, tail, checksum);
        }
        fits
    }

    /// A reset after the first store leaves no trace; after the second, a slot that has its
    /// length and level and is known to be damaged; after the last, the record.
    #[inline(always)]
    fn append(&self, slot: Slot, words: &[[u8; 4]], tail: u32, checksum: u32) {
        let at = self.write();
        self.store_word(at, slot.word(at));
        compiler_fence(Ordering::SeqCst);
        let end = at.wrapping_add(slot.span());
        self.set_write(end);
        // Where there is no tail, the checksum or the first word goes over it.
        self.store_word(end.wrapping_sub(ALIGN), tail);
        let mut to = at.wrapping_add(SLOT_HEAD_LEN);
        for word in words {
            self.store_word(to, u32::from_le_bytes(*word));
            to = to.wrapping_add(ALIGN);
        }
        self.store_word(at.wrapping_add(4), checksum ^ at);
    }

    /// Evicts what may give way to a record that does not fit, or counts the record as lost.
    #[cold]
    #[inline(never)]
    pub(super) fn make_room(&self, new: Slot, limit: u32, policy: RingPolicy) -> bool {
        let mut header = self.change();
        let write = self.write();
        let first = header.read();
        let mut read = first;
        let mut evictions = 0;
        let fits = loop {
            if write.wrapping_sub(read) + new.span() <= limit {
                break true;
            }
            if policy == RingPolicy::DropNewest || evictions == MAX_EVICTIONS {
                break false;
            }
            evictions += 1;
            let (counter, amount, span) = match self.slot(read, write) {
                Some(head) if head.is_evidence() && !new.is_evidence() => {
                    // None of those before it is evicted in vain.
                    header = self.change();
                    read = first;
                    break false;
                }
                Some(head) => (head.level_index(), 1, head.span()),
                None => (DAMAGE, ALIGN, ALIGN),
            };
            header.lose(counter, amount);
            read = read.wrapping_add(span);
        };
        if read != first {
            header.set_read(read);
            header.set_gap(read);
        } else if !header.has_pending() {
            header.set_gap(write);
        }
        if !fits {
            header.lose(new.level_index(), 1);
        }
        self.commit();
        fits
    }

    /// Returns the hash of the build whose site ids the records use; 0 if unknown.
    #[cfg(any(feature = "alloc", target_os = "none"))]
    pub(super) fn ready_owner(&self) -> u32 {
        self.make_ready();
        self.owner.get()
    }

    /// Sets the build whose site ids the records use. Records of another build are counted
    /// as damage: their ids can't be resolved.
    pub(super) fn own(&self, owner: u32) {
        let header = self.header();
        if self.owner.get() != owner && self.owner.get() != 0 && header.read() != self.write() {
            let header = self.change();
            header.lose(DAMAGE, self.write().wrapping_sub(header.read()));
            header.set_gap(self.write());
            header.set_read(self.write());
            self.commit();
        }
        store(&self.owner, owner);
    }

    /// Counts the bytes at the head as damaged, if `at` is still the head.
    pub(super) fn skip(&self, at: u32) {
        let header = self.change();
        let write = self.write();
        if header.read() != at || at == write {
            return;
        }
        let mut end = at.wrapping_add(self.slot(at, write).map_or(ALIGN, Slot::span));
        while end != write && end.wrapping_sub(at) < MAX_SKIP && self.slot(end, write).is_none() {
            end = end.wrapping_add(ALIGN);
        }
        header.set_read(end);
        header.set_gap(end);
        header.lose(DAMAGE, end.wrapping_sub(at));
        self.commit();
    }
}
