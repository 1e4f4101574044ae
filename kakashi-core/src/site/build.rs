//! What the macros have the compiler build of a call site, and the errors that it reports
//! for one that is wrong.
//!
//! Everything here is a `const fn`, in few steps: the compiler runs it for every call site.

use super::flags::{SiteFlags, scan};
use super::section::{IN_SECTION, LOCATED, NAME_IN_SECTION};
use super::{HEAD, LOCATION, ON_DEVICE};
use crate::level::LogLevel;
use crate::util::char_class::is_plain;
use crate::value::field::key_bit;

/// What the macros know of a call site.
#[doc(hidden)]
#[derive(Debug)]
pub struct Source<'a> {
    pub level: LogLevel,
    pub message: &'a str,
    pub keys: &'a [&'a str],
    pub module: &'a str,
    pub file: &'a str,
    pub line: u32,
}

/// A site's form: message and keys stand in a line as they are.
#[doc(hidden)]
pub const PLAIN: u8 = 0;
/// A site's form: the message or a key needs quotes.
#[doc(hidden)]
pub const QUOTED: u8 = 1;
/// A site's form: the message has braces.
#[doc(hidden)]
pub const TEMPLATE: u8 = 2;

/// Tells a site's form: code that a form does not need is not linked for it.
#[doc(hidden)]
pub const fn form(source: &Source<'_>) -> u8 {
    let scan = scan(source.message.as_bytes());
    let mut plain = scan.plain;
    let mut which = 0;
    while which < source.keys.len() {
        plain = plain && is_plain(stripped(source.keys[which]), false);
        which += 1;
    }
    if scan.braces {
        TEMPLATE
    } else if plain {
        PLAIN
    } else {
        QUOTED
    }
}

/// Strips the `r#` of a raw identifier.
#[doc(hidden)]
pub const fn key(key: &str) -> &str {
    match core::str::from_utf8(stripped(key)) {
        Ok(key) => key,
        Err(_) => key,
    }
}

/// Counts the bytes that [`build`] fills.
#[doc(hidden)]
pub const fn len(source: &Source<'_>) -> usize {
    let mut len = HEAD + 1;
    len += leb_len(source.message.len()) + source.message.len() + leb_len(source.keys.len());
    let mut at = 0;
    while at < source.keys.len() {
        let key = stripped(source.keys[at]);
        len += leb_len(key.len()) + key.len();
        at += 1;
    }
    if LOCATION {
        len += leb_len(source.line as usize);
        len += leb_len(source.module.len()) + source.module.len();
        len += leb_len(source.file.len()) + source.file.len();
    }
    len
}

/// Builds a site's bytes, and refuses to compile one that is wrong.
///
/// # Panics
/// In the compiler: a key written twice, a placeholder that is no key, a brace
/// that stands alone.
#[doc(hidden)]
pub const fn build<const N: usize>(source: &Source<'_>) -> [u8; N] {
    let mut bytes = [0; N];
    let scan = scan(source.message.as_bytes());
    if scan.braces {
        check_template(source.message, source.keys);
    }
    let flags = SiteFlags::of(scan).0;
    bytes[HEAD] = source.level.number();
    let mut end = put_text(&mut bytes, HEAD + 1, source.message.as_bytes());
    end = put_leb(&mut bytes, end, source.keys.len());
    let (mut mask, mut which) = (0_u64, 0);
    while which < source.keys.len() {
        let key = stripped(source.keys[which]);
        let bit = key_bit(key);
        if mask & bit != 0 {
            check_key(source.keys, which);
        }
        mask |= bit;
        end = put_text(&mut bytes, end, key);
        which += 1;
    }
    if LOCATION {
        end = put_leb(&mut bytes, end, source.line as usize);
        end = put_text(&mut bytes, end, source.module.as_bytes());
        put_text(&mut bytes, end, source.file.as_bytes());
    }
    bytes[0] = match (ON_DEVICE, LOCATION) {
        (false, _) => flags,
        (true, false) => flags | IN_SECTION,
        (true, true) => flags | IN_SECTION | LOCATED,
    };
    if !ON_DEVICE {
        let mask = mask.to_le_bytes();
        let mut at = 0;
        while at < 8 {
            bytes[1 + at] = mask[at];
            at += 1;
        }
    }
    bytes
}

/// Gives a site that was built another level.
#[doc(hidden)]
pub const fn with_level<const N: usize>(mut bytes: [u8; N], level: LogLevel) -> [u8; N] {
    bytes[HEAD] = level.number();
    bytes
}

/// Counts the bytes that [`build_name`] fills.
#[doc(hidden)]
pub const fn name_len(name: &str) -> usize {
    1 + leb_len(name.len()) + name.len()
}

/// Builds a logger's entry in the section of sites.
#[doc(hidden)]
pub const fn build_name<const N: usize>(name: &str) -> [u8; N] {
    let mut bytes = [0; N];
    put_text(&mut bytes, 1, name.as_bytes());
    bytes[0] = NAME_IN_SECTION;
    bytes
}

/// Strips the `r#` of a raw identifier.
const fn stripped(key: &str) -> &[u8] {
    match key.as_bytes() {
        [b'r', b'#', name @ ..] if !name.is_empty() => name,
        name => name,
    }
}

const fn leb_len(number: usize) -> usize {
    let (mut len, mut rest) = (1, number >> 7);
    while rest > 0 {
        len += 1;
        rest >>= 7;
    }
    len
}

const fn same(a: &[u8], b: &[u8], len: usize) -> bool {
    let mut at = 0;
    while at < len {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn put_leb<const N: usize>(bytes: &mut [u8; N], mut at: usize, mut number: usize) -> usize {
    while number >= 0x80 {
        bytes[at] = number as u8 | 0x80;
        number >>= 7;
        at += 1;
    }
    bytes[at] = number as u8;
    at + 1
}

/// A loop, because the compiler walks through all that `copy_from_slice` does.
const fn put_text<const N: usize>(bytes: &mut [u8; N], at: usize, text: &[u8]) -> usize {
    let mut at = put_leb(bytes, at, text.len());
    let mut rest = text;
    while let [byte, more @ ..] = rest {
        bytes[at] = *byte;
        at += 1;
        rest = more;
    }
    at
}

/// Refuses a key that stands before `which` too.
const fn check_key(keys: &[&str], which: usize) {
    let key = stripped(keys[which]);
    let mut before = 0;
    while before < which {
        let other = stripped(keys[before]);
        if key.len() == other.len() && same(key, other, key.len()) {
            let error = CompileError::new("the key `").with(key).with(b"` is written twice in this call");
            panic!("{}", error.text());
        }
        before += 1;
    }
}

const fn check_template(message: &str, keys: &[&str]) {
    let bytes = message.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let doubled = at + 1 < bytes.len() && bytes[at + 1] == bytes[at];
        match bytes[at] {
            b'{' | b'}' if doubled => at += 2,
            b'}' => panic!("the message has a `}}` alone: write `}}}}` for a brace"),
            b'{' => {
                let name_at = at + 1;
                while at < bytes.len() && bytes[at] != b'}' {
                    at += 1;
                }
                if at == bytes.len() {
                    panic!("the message has a `{{` that is never closed: write `{{{{` for a brace");
                }
                let name = bytes.split_at(at).0.split_at(name_at).1;
                if !has_key(keys, name) {
                    refuse_placeholder(name);
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Refuses a placeholder that is no key, and says what to write instead.
#[cold]
const fn refuse_placeholder(name: &[u8]) -> ! {
    let (field, format) = match colon(name) {
        Some(at) => (name.split_at(at).0, name.split_at(at + 1).1),
        None => (name, name.split_at(name.len()).1),
    };
    let error = CompileError::new("the message's `{").with(name);
    let error = if field.is_empty() || !is_identifier(field) {
        error.with(
            b"}` is no field of this call: write a field's key, as `{id}` and `, id`, or `{{` for a brace",
        )
    } else if field.len() == name.len() {
        error
            .with(b"}` is no field of this call: add it: `, ")
            .with(name)
            .with(b"`, or write `{{` for a brace")
    } else {
        let error = error.with(b"}` has a format, which belongs to the field: write `{").with(field);
        let error = error.with(b"}` and `, ").with(field).with(b" = ");
        if format.len() == 1 && format[0] == b'?' {
            error.with(b"?").with(field).with(b"`")
        } else {
            error.with(b"format_args!(\"{").with(name).with(b"}\")`")
        }
    };
    panic!("{}", error.text());
}

const fn colon(name: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < name.len() {
        if name[at] == b':' {
            return Some(at);
        }
        at += 1;
    }
    None
}

const fn is_identifier(name: &[u8]) -> bool {
    let mut at = 0;
    while at < name.len() {
        // What is not ASCII is taken for a letter.
        let is_part = matches!(name[at], b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' | 0x80..);
        if !is_part || at == 0 && name[0].is_ascii_digit() {
            return false;
        }
        at += 1;
    }
    true
}

const fn has_key(keys: &[&str], name: &[u8]) -> bool {
    let mut which = 0;
    while which < keys.len() {
        let key = stripped(keys[which]);
        if key.len() == name.len() && same(key, name, name.len()) {
            return true;
        }
        which += 1;
    }
    false
}

/// A compile error's text with a name in it: `panic!` in a `const` formats nothing.
struct CompileError {
    bytes: [u8; 300],
    len: usize,
}

impl CompileError {
    const fn new(text: &str) -> Self {
        Self { bytes: [0; 300], len: 0 }.with(text.as_bytes())
    }

    const fn with(mut self, text: &[u8]) -> Self {
        let mut at = 0;
        while at < text.len() && self.len < self.bytes.len() {
            self.bytes[self.len] = text[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    const fn text(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "a key is written twice, or a placeholder is no field of this call",
        }
    }
}

/// Builds a site in read-only memory.
#[doc(hidden)]
#[macro_export]
macro_rules! __site {
    ($level:expr, $message:expr, [$($key:expr),* $(,)?]) => {{
        const __KAKASHI_SOURCE: $crate::site::Source<'static> = $crate::site::Source {
            level: $level,
            message: $message,
            keys: &[$($key),*],
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
        };
        const __KAKASHI_BYTES: &[u8] =
            &$crate::site::build::<{ $crate::site::len(&__KAKASHI_SOURCE) }>(&__KAKASHI_SOURCE);
        $crate::site::Site::new(__KAKASHI_BYTES)
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_writes_what_the_reader_checks() {
        let site = crate::__site!(LogLevel::Warning, "took {type} {{ok}}", ["type", "r#in", "a key"]);
        assert_eq!(site.level(), LogLevel::Warning);
        assert_eq!(site.message(), "took {type} {{ok}}");
        assert_eq!(site.location().module, "kakashi_core::site::build::tests");
        assert!(site.location().line > 250);
        assert!(!site.flags().message_is_plain());
        assert_eq!(site.mask(), key_bit(b"type") | key_bit(b"in") | key_bit(b"a key"));
        assert_eq!(site.parts().key_count, 3);
        #[cfg(feature = "alloc")]
        {
            let (level, flags, mask) =
                crate::site::check_body(site.wire()).expect("a site's body is well formed");
            assert_eq!((level, flags, mask), (site.level(), site.flags(), site.mask()));
        }
    }
}
