//! A ring of records in RAM that threads and interrupts log into and that outlives a reset.
//!
//! For devices: it has no heap, and one short critical section per push. It
//! never looks inside a record, never waits, and never writes anywhere: the program
//! takes the records out when it has time, perhaps after the reset that a fault caused.
//!
//! # Layout
//!
//! Words, of any bits of which a ring can be opened:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 4 | `6b72`, layout version `01`, log₂ N × 2 + which header holds |
//! | 4 | 8 | position where the next record goes; its inverse |
//! | 12 | 4 | hash of the build whose site ids the records use, 0 if unknown |
//! | 16 | 68 × 2 | two headers: position of the first record, position of the first loss that is not announced, lost of six levels, damaged bytes, the same seven as far as they are announced, checksum |
//! | 152 | N | slots, each at a multiple of 4; they may go on at the beginning |
//!
//! A slot is two bytes of length and level, two that bind them to the position,
//! CRC-32 of body, length and level `^` position, and the body, filled up to 4 bytes.
//! Positions count bytes; they repeat after 4 GiB.

#[cfg(any(feature = "alloc", target_os = "none"))]
mod drain;
mod header;
mod item;
mod memory;
mod slot;
mod store;

use core::array;
use core::fmt;

use critical_section::Mutex;

use self::header::DAMAGE;
pub use self::item::{Peeked, Recovered, RingItem, RingPolicy};
use self::memory::Memory;
pub(crate) use self::slot::MAX_BODY_LEN;
use self::slot::{ALIGN, Slot};
use crate::level::LogLevel;

/// Keeps records in `N` bytes of RAM, over a reset if the memory is left alone by it.
///
/// `N` is a power of two from 512; the ring takes 152 bytes more. Put it where start-up
/// code doesn't clear it, with [`uninit_ring!`](crate::uninit_ring), and call
/// [`open`](Self::open) at boot. A ring in memory that is cleared works as well, until a reset.
///
/// Each record costs 8 bytes and its length, in steps of 4. All methods may be called from
/// threads and from interrupts, also within one another; none panics. Interrupts are off for
/// as long as it takes to copy one record of at most 256 bytes, or to pass over 33 records.
/// The exceptions are interrupts that a critical section can't hold off: a fault handler may
/// push if it never returns. Where the processor has a data cache, the ring's memory must not
/// be cached, or must be written through.
///
/// # Examples
///
/// ```
/// use kakashi_core::{LogLevel, Ring, RingItem, RingPolicy};
///
/// kakashi_core::uninit_ring! {
///     static LOG: Ring<2048>;
/// }
///
/// let found = LOG.open();
/// # assert_eq!(found.records, 0);
/// LOG.push(LogLevel::Info, b"the bytes of a record", RingPolicy::DropNewest);
///
/// let mut room = [0; 256];
/// while let Some(first) = LOG.peek(&mut room) {
///     match first.item() {
///         RingItem::Record { level, body } => println!("{level}: {} bytes", body.len()),
///         other => println!("{other:?}"),
///     }
///     LOG.release(first);
/// }
/// ```
pub struct Ring<const N: usize> {
    memory: Mutex<Memory<N>>,
}

impl<const N: usize> Ring<N> {
    /// Makes an empty ring.
    ///
    /// A size that is no power of two from 512 to 2²⁸ does not compile.
    #[allow(clippy::new_without_default)] // A ring belongs into a static.
    pub const fn new() -> Self {
        const {
            assert!(
                N.is_power_of_two() && N >= 512 && N <= 1 << 28,
                "the size of a Ring must be a power of two, at least 512 bytes: Ring<512>, Ring<1024>, Ring<2048> …"
            );
        }
        Self { memory: Mutex::new(Memory::new()) }
    }

    /// Finds out what a reset has left: call it at boot, before anyone pushes.
    ///
    /// Whole records from before the reset stay and come out first. A ring in memory that
    /// held none is emptied. Records of another build, after an update, are counted as
    /// damage: their ids mean something else. Without this call the other methods make the
    /// ring usable too, but do not check all records at once: damage is found when its turn
    /// comes.
    pub fn open(&self) -> Recovered {
        let owner = build_mark();
        self.locked(|memory| memory.own(owner));
        let mut room = [0; MAX_BODY_LEN];
        let mut recovered = Recovered::default();
        let mut next = None;
        loop {
            // One slot at a time: interrupts may push and evict in between.
            let step = self.locked(|memory| {
                let (header, write) = (memory.header(), memory.write());
                let left = write.wrapping_sub(header.read());
                let at = next.filter(|at| write.wrapping_sub(*at) <= left).unwrap_or(header.read());
                if at == write {
                    recovered.damaged_bytes += header.pending(DAMAGE);
                    return None;
                }
                let slot = memory.slot(at, write);
                Some((at, slot.map(|slot| (slot, memory.copy(at, slot, &mut room)))))
            });
            let Some((at, found)) = step else { return recovered };
            let span = found.map_or(ALIGN, |(slot, _)| slot.span());
            match found {
                Some((slot, checksum)) if sum(slot, &room) == checksum => recovered.records += 1,
                _ => recovered.damaged_bytes += span,
            }
            next = Some(at.wrapping_add(span));
        }
    }

    /// Puts a record in, or counts it; returns whether it is in.
    ///
    /// `policy` says what gives way when the ring is full. A body longer than 256 bytes is
    /// counted. Everything that does not need the ring is done before interrupts are off.
    pub fn push(&self, level: LogLevel, body: &[u8], policy: RingPolicy) -> bool {
        if body.len() > MAX_BODY_LEN {
            self.count_dropped(level);
            return false;
        }
        let slot = Slot::new(level, body.len());
        let checksum = slot.checksum(body);
        let (words, rest) = body.as_chunks();
        let tail = rest.iter().rev().fold(0, |tail, byte| tail << 8 | u32::from(*byte));
        self.locked(|memory| memory.push(slot, words, tail, checksum, policy))
    }

    /// Counts a record that was lost before it came here, as if it had found no room.
    pub fn count_dropped(&self, level: LogLevel) {
        let slot = Slot::new(level, 0);
        self.locked(|memory| memory.make_room(slot, 0, RingPolicy::DropNewest));
    }

    /// Copies the first item out and leaves it in the ring: [`release`](Self::release) it
    /// once it is delivered.
    ///
    /// A reset or a sink that fails loses nothing in between. An interrupt that pushes may
    /// evict a record that was peeked, and counts it as dropped, although it may yet be
    /// delivered.
    pub fn peek<'a>(&self, room: &'a mut [u8; MAX_BODY_LEN]) -> Option<Peeked<'a>> {
        loop {
            let head = self.locked(|memory| {
                let header = memory.header();
                let (at, write) = (header.read(), memory.write());
                if header.has_pending() && (at == write || header.is_gap_reached()) {
                    return Head::Losses(
                        array::from_fn(|counter| header.pending(counter)),
                        header.announced(),
                    );
                }
                if at == write {
                    return Head::Nothing;
                }
                match memory.slot(at, write) {
                    Some(slot) => Head::Slot(at, slot, memory.copy(at, slot, room)),
                    None => Head::Damage(at),
                }
            });
            let damaged = match head {
                Head::Nothing => return None,
                Head::Losses([dropped @ .., damaged], at) => {
                    let item = match dropped {
                        [0, 0, 0, 0, 0, 0] => RingItem::Damaged(damaged),
                        dropped => RingItem::Dropped(dropped),
                    };
                    return Some(Peeked { item, at });
                }
                Head::Slot(at, slot, checksum) if sum(slot, room) == checksum => {
                    let body = room.get(..slot.len()).unwrap_or_default();
                    return Some(Peeked { item: RingItem::Record { level: slot.level(), body }, at });
                }
                Head::Slot(at, ..) | Head::Damage(at) => at,
            };
            self.locked(|memory| memory.skip(damaged));
        }
    }

    /// Takes a peeked item out.
    ///
    /// Returns `false` if it was no longer the first one: an interrupt has evicted the record
    /// and counted it as dropped, or has released the same item.
    pub fn release(&self, peeked: Peeked<'_>) -> bool {
        self.locked(|memory| {
            let header = memory.change();
            let at = match peeked.item {
                RingItem::Record { .. } => header.read(),
                RingItem::Dropped(_) | RingItem::Damaged(_) => header.announced(),
            };
            if at != peeked.at {
                return false;
            }
            match peeked.item {
                RingItem::Record { level, body } => {
                    header.set_read(at.wrapping_add(Slot::new(level, body.len()).span()));
                }
                RingItem::Dropped(lost) => {
                    for (counter, amount) in lost.into_iter().enumerate() {
                        header.announce(counter, amount);
                    }
                }
                RingItem::Damaged(bytes) => header.announce(DAMAGE, bytes),
            }
            memory.commit();
            true
        })
    }

    /// Copies out the record at a position behind the first, unless something was lost
    /// before it; returns its level, its length and the position after it.
    #[cfg(any(feature = "alloc", target_os = "none"))]
    fn peek_at(&self, at: u32, room: &mut [u8; MAX_BODY_LEN]) -> Option<(LogLevel, usize, u32)> {
        let (slot, checksum) = self.locked(|memory| {
            let (header, write) = (memory.header(), memory.write());
            let (ahead, used) = (at.wrapping_sub(header.read()), write.wrapping_sub(header.read()));
            if ahead >= used || header.has_pending() && header.is_gap_before(at) {
                return None;
            }
            let slot = memory.slot(at, write)?;
            Some((slot, memory.copy(at, slot, room)))
        })?;
        (sum(slot, room) == checksum).then_some((slot.level(), slot.len(), at.wrapping_add(slot.span())))
    }

    /// Sets the build of the records, if `open` has not: the ring was repaired since, or never
    /// opened.
    #[cfg(any(feature = "alloc", target_os = "none"))]
    fn own_if_nobody_did(&self) {
        if self.locked(|memory| memory.ready_owner()) == 0 {
            let owner = build_mark();
            self.locked(|memory| memory.own(owner));
        }
    }

    /// Returns the position of the next record.
    #[cfg(any(feature = "alloc", target_os = "none"))]
    fn end(&self) -> u32 {
        self.locked(|memory| {
            memory.header();
            memory.write()
        })
    }

    /// Tells whether all records before a position are taken out.
    #[cfg(any(feature = "alloc", target_os = "none"))]
    fn is_behind(&self, end: u32) -> bool {
        self.locked(|memory| memory.header().read().wrapping_sub(end) as i32 >= 0)
    }

    /// Counts the first record as lost and takes it out, if it is still there.
    #[cfg(any(feature = "alloc", target_os = "none"))]
    fn give_up(&self, level: LogLevel, at: u32, end: u32) {
        self.locked(|memory| {
            let header = memory.change();
            if header.read() == at {
                header.lose(level.index(), 1);
                header.set_read(end);
                header.set_gap(end);
                memory.commit();
            }
        });
    }

    /// Takes out all records before a position that are still there.
    #[cfg(any(feature = "alloc", target_os = "none"))]
    fn release_through(&self, end: u32) {
        self.locked(|memory| {
            let (read, write) = (memory.header().read(), memory.write());
            if end.wrapping_sub(read) <= write.wrapping_sub(read) {
                memory.change().set_read(end);
                memory.commit();
            }
        });
    }

    /// Returns how many records of each level, lowest first, were lost since the ring was
    /// first used, announced or not.
    pub fn dropped(&self) -> [u32; 6] {
        let [dropped @ .., _] = self.locked(|memory| memory.header().lost());
        dropped
    }

    /// Tells whether there is nothing to take out, neither records nor losses to announce.
    pub fn is_empty(&self) -> bool {
        self.locked(|memory| {
            let header = memory.header();
            header.read() == memory.write() && !header.has_pending()
        })
    }

    fn locked<R>(&self, change: impl FnOnce(&Memory<N>) -> R) -> R {
        #[cfg(test)]
        tests::interrupt();
        let result = critical_section::with(|section| change(self.memory.borrow(section)));
        #[cfg(test)]
        tests::interrupt();
        result
    }
}

impl<const N: usize> fmt::Debug for Ring<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("size", &N).finish_non_exhaustive()
    }
}

/// The first item of a ring.
enum Head {
    Nothing,
    /// What is lost, and the sum of what was announced before.
    Losses([u32; 7], u32),
    /// Copied out, with the checksum that it should have.
    Slot(u32, Slot, u32),
    Damage(u32),
}

/// Returns what marks this build, and is not 0.
fn build_mark() -> u32 {
    #[cfg(target_os = "none")]
    return crate::site::linked::mark().max(1);
    #[cfg(all(test, not(target_os = "none")))]
    return tests::build_mark();
    #[cfg(not(any(test, target_os = "none")))]
    1
}

fn sum(slot: Slot, room: &[u8; MAX_BODY_LEN]) -> u32 {
    slot.checksum(room.get(..slot.len()).unwrap_or_default())
}

/// Makes a static [`Ring`] in memory that start-up code does not clear.
///
/// On bare targets it lies in the section `.uninit.kakashi`; the linker script must give
/// `.uninit` a place that is not loaded, as those of `cortex-m-rt` and `riscv-rt` do.
/// Elsewhere it is an ordinary static.
///
/// # Examples
///
/// ```
/// use kakashi_core::Ring;
///
/// kakashi_core::uninit_ring! {
///     /// What happened before the last reset.
///     pub static LOG: Ring<2048>;
/// }
/// # LOG.open();
/// ```
#[macro_export]
macro_rules! uninit_ring {
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $ring:ident<$size:literal>;) => {
        $(#[$attribute])*
        // Without it, the compiler may reason that the memory begins with zeroes.
        #[used]
        #[cfg_attr(target_os = "none", unsafe(link_section = ".uninit.kakashi"))]
        $visibility static $name: $ring<$size> = $ring::new();
    };
}

#[cfg(test)]
mod tests;
