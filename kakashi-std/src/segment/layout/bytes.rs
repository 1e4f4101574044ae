//! Numbers and texts at their places in the bytes of a file, and the checksum of a header.

/// What a reader of this layout knows.
pub const VERSION: u32 = 1;

/// Tells whether a header's magic, version and checksum are right.
pub(super) fn is_whole(file: &[u8], magic: [u8; 8]) -> bool {
    checksum_holds(file, magic) && u32_at(file, 8) == Some(VERSION)
}

pub(super) fn checksum_holds(file: &[u8], magic: [u8; 8]) -> bool {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&file[..12]);
    hasher.update(&[0; 4]);
    hasher.update(&file[16..]);
    file[..8] == magic && u32_at(file, 12) == Some(hasher.finalize())
}

pub(super) fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

pub(super) fn bytes_at<const N: usize>(file: &[u8], at: usize) -> Option<[u8; N]> {
    file.get(at..)?.first_chunk().copied()
}

pub(super) fn u16_at(file: &[u8], at: usize) -> Option<u16> {
    bytes_at(file, at).map(u16::from_le_bytes)
}

pub(super) fn u32_at(file: &[u8], at: usize) -> Option<u32> {
    bytes_at(file, at).map(u32::from_le_bytes)
}

pub(super) fn u64_at(file: &[u8], at: usize) -> Option<u64> {
    bytes_at(file, at).map(u64::from_le_bytes)
}

pub(super) fn text_at(file: &[u8], at: usize, len: usize, most: usize) -> Option<String> {
    let bytes = file.get(at..at + len.min(most))?;
    Some(String::from_utf8_lossy(bytes).into_owned())
}

/// Returns the beginning of a text, so many bytes at most.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
