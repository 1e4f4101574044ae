//! A writer of bytes into memory that its caller owns.
//!
//! Encoders write here: a plain slice, no growth, no allocation, no error to
//! handle at each step. What does not fit is counted instead, so that the
//! caller learns the exact size and can come back with room for it.
//!
//! On wasm and on a chip, where code size counts, nothing is inlined by force, and on a
//! chip one function copies bytes for all.

use core::fmt;

/// Whether one function copies bytes for all.
const PLAIN: bool = cfg!(target_os = "none");

/// Writes into a borrowed slice and counts what would not fit.
///
/// ```
/// use core::fmt::Write as _;
/// use kakashi_core::Output;
///
/// let mut room = [0; 8];
/// let mut out = Output::new(&mut room);
/// let _ = write!(out, "{}", 12_345);
/// assert_eq!((out.written(), out.overflowed()), (&b"12345"[..], false));
/// out.put(b"6789");
/// assert!(out.overflowed());
/// assert_eq!(out.position(), 9, "the room that would have been needed");
/// ```
#[derive(Debug)]
pub struct Output<'b> {
    bytes: &'b mut [u8],
    /// Where the next byte goes; past the end once something did not fit.
    at: usize,
}

impl<'b> Output<'b> {
    /// Starts at the beginning of `bytes`.
    pub fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Starts at byte `at` of `bytes`, keeping what stands before it.
    pub fn resume(bytes: &'b mut [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Returns the position after the last byte written, or the size that
    /// would have been needed.
    #[inline]
    pub fn position(&self) -> usize {
        self.at
    }

    /// Tells whether something did not fit.
    #[inline]
    pub fn overflowed(&self) -> bool {
        self.at > self.bytes.len()
    }

    /// Returns what has been written, or the part of it that fitted.
    pub fn written(&self) -> &[u8] {
        &self.bytes[..self.at.min(self.bytes.len())]
    }

    /// Returns what was written from `start` on, nothing after an overflow.
    pub fn since(&self, start: usize) -> &[u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// Appends bytes.
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn put(&mut self, bytes: &[u8]) {
        let end = self.at + bytes.len();
        if let Some(room) = self.bytes.get_mut(self.at..end) {
            copy(room, bytes);
        }
        self.at = end;
    }

    /// Appends bytes whose number the compiler knows.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline(always))]
    pub fn put_array<const N: usize>(&mut self, bytes: &[u8; N]) {
        let end = self.at + N;
        if let Some(room) = self.bytes.get_mut(self.at..end) {
            room.copy_from_slice(bytes);
        }
        self.at = end;
    }

    /// Appends a few bytes without a call to `memcpy`; any length is right.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline(always))]
    pub fn put_short(&mut self, bytes: &[u8]) {
        if PLAIN {
            return self.put(bytes);
        }
        let len = bytes.len();
        let end = self.at + len;
        if let Some(room) = self.bytes.get_mut(self.at..end) {
            copy_short(room, bytes);
        }
        self.at = end;
    }

    /// Appends `source[from..end]`; the code for the other way is larger.
    #[cfg(all(feature = "alloc", target_family = "wasm"))]
    pub(crate) fn put_roomy(&mut self, source: &[u8], from: usize, end: usize) {
        self.put_short(source.get(from..end).unwrap_or_default());
    }

    /// Appends `source[from..end]`, 32 bytes at a time where there are so many on
    /// both sides: what is copied too much is overwritten by what comes next.
    #[cfg(all(feature = "alloc", not(target_family = "wasm")))]
    #[inline(always)]
    pub(crate) fn put_roomy(&mut self, source: &[u8], from: usize, end: usize) {
        let (mut from, mut at) = (from, self.at);
        while from < end {
            let (Some(source), Some(room)) = (source.get(from..from + 32), self.bytes.get_mut(at..at + 32))
            else {
                self.at = at;
                return self.put(source.get(from..end).unwrap_or_default());
            };
            room.copy_from_slice(source);
            let len = (end - from).min(32);
            from += len;
            at += len;
        }
        self.at = at;
    }

    /// Appends a few bytes between two others.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline(always))]
    pub fn put_between(&mut self, before: u8, bytes: &[u8], after: u8) {
        if PLAIN {
            self.put_byte(before);
            self.put(bytes);
            return self.put_byte(after);
        }
        let end = self.at + bytes.len() + 2;
        if let Some([first, room @ .., last]) = self.bytes.get_mut(self.at..end) {
            *first = before;
            *last = after;
            copy_short(room, bytes);
        }
        self.at = end;
    }

    /// Appends one byte.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline(always))]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn put_byte(&mut self, byte: u8) {
        if let Some(room) = self.bytes.get_mut(self.at) {
            *room = byte;
        }
        self.at += 1;
    }

    /// Appends the first `len` of eight bytes with one store where there is room.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline(always))]
    pub fn put_word(&mut self, word: [u8; 8], len: usize) {
        match self.bytes.get_mut(self.at..self.at + 8) {
            Some(room) => {
                room.copy_from_slice(&word);
                self.at += len;
            }
            None => self.put(&word[..len]),
        }
    }

    /// Appends a byte and the first `len` of eight others, with one look at the
    /// room where there is enough.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline(always))]
    pub(crate) fn put_tagged(&mut self, tag: u8, word: [u8; 8], len: usize) {
        match self.bytes.get_mut(self.at..self.at + 9) {
            Some([first, room @ ..]) => {
                *first = tag;
                room.copy_from_slice(&word);
                self.at += 1 + len;
            }
            _ => {
                self.put_byte(tag);
                self.put(word.get(..len).unwrap_or_default());
            }
        }
    }

    /// Appends two bytes and the first `len` of eight others, likewise.
    #[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
    pub(crate) fn put_headed(&mut self, head: [u8; 2], word: [u8; 8], len: usize) {
        match self.bytes.get_mut(self.at..self.at + 10) {
            Some([first, second, room @ ..]) => {
                [*first, *second] = head;
                room.copy_from_slice(&word);
                self.at += 2 + len;
            }
            _ => {
                self.put(&head);
                self.put(word.get(..len).unwrap_or_default());
            }
        }
    }

    /// Appends a byte and a few others.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline(always))]
    pub(crate) fn put_after(&mut self, tag: u8, bytes: &[u8]) {
        if PLAIN {
            self.put_byte(tag);
            return self.put(bytes);
        }
        let end = self.at + 1 + bytes.len();
        if let Some([first, room @ ..]) = self.bytes.get_mut(self.at..end) {
            *first = tag;
            copy_short(room, bytes);
        }
        self.at = end;
    }

    /// Makes what was written count as too large.
    #[cfg(any(test, target_os = "none", all(feature = "ring", feature = "alloc")))]
    pub(crate) fn give_up(&mut self) {
        self.at = self.bytes.len() + 1;
    }

    /// Overwrites bytes written before; does nothing where they did not fit.
    pub fn patch(&mut self, at: usize, bytes: &[u8]) {
        if let Some(room) = self.bytes.get_mut(at..at + bytes.len()) {
            room.copy_from_slice(bytes);
        }
    }

    /// Takes out one byte written before and closes the gap.
    pub fn remove_byte(&mut self, at: usize) {
        if let Some(tail) = self.bytes.get_mut(at..self.at) {
            tail.copy_within(1.., 0);
        }
        self.at -= 1;
    }

    /// Goes back to an earlier position.
    pub fn rewind(&mut self, at: usize) {
        debug_assert!(at <= self.at);
        self.at = at;
    }
}

/// Copies between slices of the same length.
#[cfg(not(target_os = "none"))]
#[inline(always)]
fn copy(room: &mut [u8], bytes: &[u8]) {
    room.copy_from_slice(bytes);
}

/// Copies byte by byte: few are many here, and a chip's `memcpy` is 730 bytes of code.
#[cfg(target_os = "none")]
#[inline(always)]
fn copy(room: &mut [u8], bytes: &[u8]) {
    for (to, from) in room.iter_mut().zip(bytes) {
        *to = *from;
        // Or the compiler sees what this does, and calls `memcpy`.
        core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::SeqCst);
    }
}

/// Copies between slices of the same length: two overlapping copies of a fixed
/// size cover any length between that size and twice it.
#[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline(always))]
fn copy_short(room: &mut [u8], bytes: &[u8]) {
    let len = bytes.len();
    if len > 32 || room.len() != len {
        room.copy_from_slice(bytes);
    } else if len >= 16 {
        let (head, tail) = (fixed::<16>(bytes, 0), fixed::<16>(bytes, len - 16));
        room[..16].copy_from_slice(&head);
        room[len - 16..].copy_from_slice(&tail);
    } else if len >= 8 {
        let (head, tail) = (fixed::<8>(bytes, 0), fixed::<8>(bytes, len - 8));
        room[..8].copy_from_slice(&head);
        room[len - 8..].copy_from_slice(&tail);
    } else if len >= 4 {
        let (head, tail) = (fixed::<4>(bytes, 0), fixed::<4>(bytes, len - 4));
        room[..4].copy_from_slice(&head);
        room[len - 4..].copy_from_slice(&tail);
    } else if len > 0 {
        // One, two or three bytes: first, middle, last.
        let (head, middle, tail) = (bytes[0], bytes[len / 2], bytes[len - 1]);
        room[0] = head;
        room[len / 2] = middle;
        room[len - 1] = tail;
    }
}

#[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline(always))]
fn fixed<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut copy = [0; N];
    copy.copy_from_slice(&bytes[at..at + N]);
    copy
}

/// Runs `write` with as much memory as it needs, and returns the bytes.
#[cfg(feature = "alloc")]
pub(crate) fn written(room: usize, write: &mut dyn FnMut(&mut Output<'_>)) -> alloc::vec::Vec<u8> {
    let mut bytes = alloc::vec![0; room];
    loop {
        let mut out = Output::new(&mut bytes);
        write(&mut out);
        let (needed, overflowed) = (out.position(), out.overflowed());
        bytes.resize(needed, 0);
        if !overflowed {
            return bytes;
        }
    }
}

impl fmt::Write for Output<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_to_the_byte() {
        let mut room = [0; 10];
        let mut output = Output::new(&mut room);
        output.put(b"12345678");
        output.put(b"abcd");
        output.put_byte(b'!');
        assert!(output.overflowed());
        assert_eq!(output.position(), 13);
        assert_eq!(output.written(), b"12345678\0\0");
    }

    #[test]
    fn short_and_plain_copies_agree_for_every_length() {
        let source: Vec<u8> = (0..40).collect();
        for len in 0..source.len() {
            for room in 0..45 {
                let (mut plain, mut short) = (vec![0; room], vec![0; room]);
                let mut first = Output::new(&mut plain);
                let mut second = Output::new(&mut short);
                first.put(&source[..len]);
                second.put_short(&source[..len]);
                assert_eq!(first.position(), second.position());
                assert_eq!(first.written(), second.written());
            }
        }
    }
}
