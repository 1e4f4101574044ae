//! Which characters may stand in a log as they are.
//!
//! Everything here is a `const fn` over bytes, so that the compiler classifies a call
//! site's message and keys, and no code does it again.

/// Tells how many bytes the character at `at` takes if it must be escaped, or
/// 0 if it may stand as it is.
///
/// Escaped are C0, DEL, C1, U+2028, U+2029 and the bidirectional controls
/// (U+061C, U+200E, U+200F, U+202A–202E, U+2066–2069): they could end a line,
/// control a terminal or reverse the reading order. The caller escapes quotes and
/// backslashes.
#[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline(always))]
#[cfg_attr(target_os = "none", inline(never))]
pub(crate) const fn control_len(bytes: &[u8], at: usize) -> usize {
    let byte = bytes[at];
    if byte >= 0x80 { wide_control_len(bytes, at) } else { (byte < 0x20 || byte == 0x7f) as usize }
}

const fn wide_control_len(bytes: &[u8], at: usize) -> usize {
    let byte = bytes[at];
    let next = if at + 1 < bytes.len() { bytes[at + 1] } else { 0 };
    let third = if at + 2 < bytes.len() { bytes[at + 2] } else { 0 };
    match (byte, next, third) {
        (0xc2, 0x80..=0x9f, _) | (0xd8, 0x9c, _) => 2,
        (0xe2, 0x80, 0x8e | 0x8f | 0xa8..=0xae) | (0xe2, 0x81, 0xa6..=0xa9) => 3,
        _ => 0,
    }
}

/// Returns bytes as text if they are UTF-8.
pub(crate) fn as_text(bytes: &[u8]) -> Option<&str> {
    #[cfg(not(target_family = "wasm"))]
    return core::str::from_utf8(bytes).ok();
    // The same by code that is needed anyway: a page downloads it.
    #[cfg(target_family = "wasm")]
    match bytes.utf8_chunks().next() {
        Some(chunk) => chunk.invalid().is_empty().then(|| chunk.valid()),
        None => Some(""),
    }
}

/// Tells whether text may stand unquoted where a space is allowed inside it
/// (a message) or not (`spaces` false: a logger, a key, a value).
pub(crate) const fn is_plain(bytes: &[u8], spaces: bool) -> bool {
    if bytes.is_empty() {
        return false;
    }
    let mut at = 0;
    // As if a space stood before: one at the edge is then a double one.
    let mut after_space = true;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b' ' {
            if !spaces || after_space {
                return false;
            }
            after_space = true;
        } else {
            if byte == b'"' || byte == b'=' || byte == b'\\' || control_len(bytes, at) > 0 {
                return false;
            }
            after_space = false;
        }
        at += 1;
    }
    !after_space
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edge_and_double_spaces_are_not_plain() {
        assert!(is_plain(b"two words", true));
        assert!(!is_plain(b"two words", false));
        for text in ["", " ", " x", "x ", "a  b", "a=b", "\"", "\\", "a\tb", "\x7f"] {
            assert!(!is_plain(text.as_bytes(), true), "{text:?}");
        }
    }

    #[cfg_attr(miri, ignore = "looks at a million characters")]
    #[test]
    fn every_control_is_found_and_nothing_else() {
        for scalar in 0..=0x10_ffff_u32 {
            let Some(character) = char::from_u32(scalar) else { continue };
            let mut room = [0; 4];
            let bytes = character.encode_utf8(&mut room).as_bytes();
            let expected = matches!(
                scalar,
                0..=0x1f | 0x7f..=0x9f | 0x61c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x2069
            );
            assert_eq!(control_len(bytes, 0) == bytes.len(), expected, "{scalar:x}");
            assert_eq!(control_len(bytes, 0) > 0, expected, "{scalar:x}");
        }
    }
}
