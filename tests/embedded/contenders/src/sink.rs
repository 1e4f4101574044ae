//! Where the bytes of a record go: out on the serial line, or into memory where
//! instructions are counted.

/// Takes bytes. One copy of it where the size counts, many where the speed does.
#[cfg_attr(not(feature = "count"), inline(never))]
#[cfg_attr(feature = "count", inline)]
pub fn write(bytes: &[u8]) {
    #[cfg(not(feature = "count"))]
    board::Uart::started().send(bytes);
    #[cfg(feature = "count")]
    board::ram::append(bytes);
}

/// Forgets the bytes, and tells how many they were.
pub fn rewind() -> usize {
    #[cfg(not(feature = "count"))]
    return 0;
    #[cfg(feature = "count")]
    board::ram::rewind()
}
