//! Bytes of which the oldest go first, in memory that grows up to a bound: the heap's, or some that outlives the
//! process.

use std::sync::Arc;

use crate::segment::live::{MappedRing, RecorderMemory};

/// Bytes that are appended at one end and taken away at the other.
#[derive(Debug, Default)]
pub(super) struct ByteRing {
    memory: ByteMemory,
    /// Of the memory: asked for several times a record.
    capacity: usize,
    start: usize,
    len: usize,
    /// How many were taken away since the memory was begun.
    popped: usize,
}

/// Where the bytes lie.
#[derive(Debug)]
enum ByteMemory {
    Heap(Vec<u8>),
    Mapped(MappedRing),
}

impl Default for ByteMemory {
    fn default() -> Self {
        Self::Heap(Vec::new())
    }
}

impl ByteMemory {
    #[inline]
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Mapped(ring) => ring.bytes(),
        }
    }

    #[inline]
    fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Mapped(ring) => ring.bytes_mut(),
        }
    }
}

impl ByteRing {
    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Returns how many bytes may be appended as it is.
    #[inline]
    pub(super) fn free(&self) -> usize {
        self.capacity() - self.len
    }

    /// Returns the memory that it lies in and the ring's number there, if it outlives the process.
    #[inline]
    pub(super) fn mapped(&self) -> Option<(&Arc<RecorderMemory>, u64)> {
        match &self.memory {
            ByteMemory::Heap(_) => None,
            ByteMemory::Mapped(ring) => Some((ring.memory(), ring.owner())),
        }
    }

    /// Moves the bytes into memory that outlives the process, of the same size or, where there is none, of this; false if
    /// there is no room.
    pub(super) fn map(&mut self, memory: &Arc<RecorderMemory>, capacity: usize) -> bool {
        let capacity = if self.capacity() > 0 { self.capacity() } else { capacity };
        let Some(mut ring) = MappedRing::new(memory, capacity) else { return false };
        self.copy_to(ring.bytes_mut());
        ring.set_end(self.len);
        self.move_into(ByteMemory::Mapped(ring), capacity);
        true
    }

    /// Moves the bytes to the heap.
    pub(super) fn unmap(&mut self) {
        self.move_to_heap(self.capacity());
    }

    fn move_to_heap(&mut self, capacity: usize) {
        let mut memory = vec![0; capacity];
        self.copy_to(&mut memory);
        self.move_into(ByteMemory::Heap(memory), capacity);
    }

    fn move_into(&mut self, memory: ByteMemory, capacity: usize) {
        *self = Self { memory, capacity, start: 0, len: self.len, popped: 0 };
    }

    fn copy_to(&self, memory: &mut [u8]) {
        copy(self.memory.bytes(), self.start, self.len, memory);
    }

    /// Moves the bytes into memory of another size, which has room for all of them.
    pub(super) fn resize(&mut self, capacity: usize) {
        let Self { memory, start, len, popped, .. } = self;
        if let ByteMemory::Mapped(ring) = memory
            && ring.resize(capacity, |old, new| copy(old, *start, *len, new))
        {
            (*start, *popped, self.capacity) = (0, 0, capacity);
        } else {
            self.move_to_heap(capacity);
        }
    }

    /// Appends bytes, for which there is room.
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let end = self.place(self.len);
        let memory = self.memory.bytes_mut();
        let (first, second) = bytes.split_at(bytes.len().min(memory.len() - end));
        memory[end..end + first.len()].copy_from_slice(first);
        memory[..second.len()].copy_from_slice(second);
        self.len += bytes.len();
        if let ByteMemory::Mapped(ring) = &mut self.memory {
            ring.set_end(self.popped + self.len);
        }
    }

    /// Returns the oldest bytes; none if there are fewer.
    #[inline]
    pub(super) fn front<const N: usize>(&self) -> Option<[u8; N]> {
        if self.len < N {
            return None;
        }
        match self.memory.bytes()[self.start..].first_chunk() {
            Some(front) => Some(*front),
            None => Some(self.parted_front()),
        }
    }

    /// Returns the oldest bytes, of which some are at the end of the memory.
    #[cold]
    #[inline(never)]
    fn parted_front<const N: usize>(&self) -> [u8; N] {
        let mut front = [0; N];
        copy(self.memory.bytes(), self.start, N, &mut front);
        front
    }

    /// Takes the oldest bytes away.
    #[inline]
    pub(super) fn pop(&mut self, len: usize) {
        let len = len.min(self.len);
        self.start = self.place(len);
        self.len -= len;
        self.popped += len;
        if let ByteMemory::Mapped(ring) = &mut self.memory {
            ring.set_start(self.popped);
        }
    }

    /// Says, where it outlives the process, how many records have gone.
    #[inline]
    pub(super) fn set_overwritten(&mut self, records: usize) {
        if let ByteMemory::Mapped(ring) = &mut self.memory {
            ring.set_overwritten(records);
        }
    }

    /// Takes everything out; what outlives the process does so as long as the ring that is returned.
    pub(super) fn take(&mut self) -> (Vec<u8>, Option<MappedRing>) {
        let Self { memory, start, len, .. } = std::mem::take(self);
        match memory {
            ByteMemory::Heap(mut memory) => {
                memory.rotate_left(start);
                memory.truncate(len);
                (memory, None)
            }
            ByteMemory::Mapped(ring) => {
                let mut bytes = vec![0; len];
                copy(ring.bytes(), start, len, &mut bytes);
                (bytes, Some(ring))
            }
        }
    }

    #[inline]
    fn place(&self, at: usize) -> usize {
        let (place, capacity) = (self.start + at, self.capacity());
        if place >= capacity { place - capacity } else { place }
    }
}

/// Copies so many bytes from `start` on, and on from the front, to the front of others; returns how many.
fn copy(from: &[u8], start: usize, len: usize, to: &mut [u8]) -> usize {
    let first = len.min(from.len() - start);
    to[..first].copy_from_slice(&from[start..start + first]);
    to[first..len].copy_from_slice(&from[..len - first]);
    len
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in_wherever_the_memory_ends() {
        let mut ring = ByteRing::default();
        assert_eq!((ring.front::<1>(), ring.take().0), (None, vec![]));
        ring.resize(7);
        let (mut pushed, mut popped) = (0_u8, 0_u8);
        for round in 0..100 {
            while ring.free() >= 3 {
                ring.push(&[pushed, pushed + 1, pushed + 2].map(|byte| byte % 100));
                pushed = (pushed + 3) % 100;
            }
            assert_eq!(ring.front(), Some([popped, (popped + 1) % 100]));
            ring.pop(2);
            popped = (popped + 2) % 100;
            if round == 50 {
                ring.resize(9);
            }
        }
        let (rest, _) = ring.take();
        assert!(rest.len() >= 4 && rest.iter().zip(0..).all(|(byte, at)| *byte == (popped + at) % 100));
        assert_eq!((ring.capacity(), ring.take().0), (0, vec![]));
    }
}
