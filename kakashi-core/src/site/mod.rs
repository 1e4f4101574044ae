//! What is static about a call site, built by the compiler.
//!
//! A site is one run of bytes in read-only memory: no pointers, so no
//! relocations, and what follows its head is the wire's SITE item as it
//! stands. A plain `static` of `&str`s costs 277–423 bytes a call site, most
//! of it relocations; this costs the strings and about twenty bytes.
//!
//! ```text
//! head   0      flags: what the compiler already knows of the texts
//!        1..9   the mask of the keys, 64 bits, little-endian
//! body   a SITE item's body after its id, see `wire`:
//!        level · message · number of keys · keys · line · module · file
//! ```
//!
//! A message here is a *template*: `{key}` stands for a field of the call,
//! `{{` and `}}` for a brace.
//!
//! On a device (`target_os = "none"`) flash is dear: the head is one byte, the
//! mask is counted when it is asked for, the body ends after the keys unless the
//! feature `location` is on, and all sites lie in one section (see `linked`).

#[cfg(all(feature = "ring", feature = "alloc", not(target_os = "none")))]
pub(crate) mod interner;
#[cfg(target_os = "none")]
pub(crate) mod linked;

use core::fmt;

use crate::codec::{Cursor, Malformed};
use crate::level::LogLevel;
use crate::util::char_class::{as_text, is_plain};
use crate::value::field::key_bit;

const ON_DEVICE: bool = cfg!(target_os = "none");

/// Bytes before the SITE item's body.
const HEAD: usize = if ON_DEVICE { 1 } else { 9 };

/// Marks a site among what lies in the section of sites.
const IN_SECTION: u8 = 0x10;
/// Marks, beside it, one that says where in the source it stands.
const LOCATED: u8 = 0x20;
/// Marks a logger's name there; its `text` follows.
const NAME_IN_SECTION: u8 = 0x40;

/// Whether the body says where in the source the site stands.
const LOCATION: bool = !ON_DEVICE || cfg!(feature = "location");

/// What can be known of a site's texts before they are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct SiteFlags(pub(crate) u8);

impl SiteFlags {
    /// The message needs no quotes, no escapes, and has no braces.
    const MESSAGE_PLAIN: u8 = 1;

    const fn of(survey: Survey) -> Self {
        Self(if survey.plain { Self::MESSAGE_PLAIN } else { 0 })
    }

    pub(crate) const fn message_is_plain(self) -> bool {
        self.0 & Self::MESSAGE_PLAIN != 0
    }
}

/// Points at where in the source a record was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceLocation<'a> {
    /// The module, as `module_path!()` gives it.
    pub module: &'a str,
    /// The file, as `file!()` gives it.
    pub file: &'a str,
    /// The line, from 1.
    pub line: u32,
}

/// Holds what is static about a call site; made by the macros.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    bytes: &'a [u8],
    /// The place in the section of sites.
    #[cfg(target_os = "none")]
    linked: Option<(u32, LogLevel)>,
}

impl<'a> Site<'a> {
    /// Wraps bytes that [`build`] made.
    #[doc(hidden)]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            #[cfg(target_os = "none")]
            linked: None,
        }
    }

    /// Says where in the section of sites it lies, and its level, which can't be read
    /// where that stays in the ELF file.
    #[cfg(target_os = "none")]
    pub(crate) const fn linked(mut self, id: u32, level: LogLevel) -> Self {
        self.linked = Some((id, level));
        self
    }

    /// Returns the number that stands for it in a ring, if it has one.
    #[cfg(all(feature = "ring", target_os = "none"))]
    pub(crate) fn id(&self) -> Option<u32> {
        self.linked.map(|linked| linked.0)
    }

    /// Returns the level.
    #[inline]
    pub fn level(&self) -> LogLevel {
        #[cfg(target_os = "none")]
        if let Some((_, level)) = self.linked {
            return level;
        }
        self.bytes.get(HEAD).and_then(|&number| LogLevel::from_number(number)).unwrap_or(LogLevel::Info)
    }

    /// Returns the level's number, without looking whether it is one.
    #[doc(hidden)]
    #[inline]
    pub fn level_number(&self) -> u8 {
        self.bytes.get(HEAD).copied().unwrap_or(0)
    }

    /// Returns the body of the wire's SITE item; it may end after the keys.
    pub fn wire(&self) -> &'a [u8] {
        let body = self.bytes.get(HEAD..).unwrap_or_default();
        if !ON_DEVICE {
            return body;
        }
        // Other sites follow it.
        let rest = SiteParts::read(body).and_then(|parts| parts.after(LOCATION)).unwrap_or(body);
        body.get(..body.len() - rest.len()).unwrap_or_default()
    }

    /// Returns an address that is this site's alone while the program runs.
    pub fn address(&self) -> usize {
        #[cfg(target_os = "none")]
        if let (Some((id, _)), true) = (self.linked, crate::site::linked::is_exported()) {
            return id as usize;
        }
        self.bytes.as_ptr() as usize
    }

    pub(crate) fn flags(&self) -> SiteFlags {
        SiteFlags(self.bytes.first().copied().unwrap_or(0))
    }

    /// Returns the mask of the keys.
    pub fn mask(&self) -> u64 {
        if ON_DEVICE {
            return self.parts().mask();
        }
        match self.bytes.get(1..HEAD).and_then(|mask| mask.try_into().ok()) {
            Some(mask) => u64::from_le_bytes(mask),
            None => 0,
        }
    }

    /// Reads the body.
    pub(crate) fn parts(&self) -> SiteParts<'a> {
        SiteParts::read(self.bytes.get(HEAD..).unwrap_or_default()).unwrap_or_default()
    }

    /// Returns the message template.
    pub fn message(&self) -> &'a str {
        self.parts().template()
    }

    /// Returns where the site stands.
    pub fn location(&self) -> SourceLocation<'a> {
        self.parts().location()
    }
}

#[cfg(all(feature = "ring", feature = "alloc", not(target_os = "none")))]
impl Site<'static> {
    /// Returns the number that stands for it in a ring.
    pub(crate) fn id(&self) -> Option<u32> {
        Some(crate::site::interner::of_site(*self))
    }
}

impl fmt::Debug for Site<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        f.debug_struct("Site")
            .field("level", &self.level())
            .field("message", &parts.template())
            .field("location", &parts.location())
            .finish()
    }
}

/// A SITE body, found but not yet checked for UTF-8.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SiteParts<'a> {
    /// The message template, UTF-8.
    pub(crate) message: &'a [u8],
    /// The keys, packed: each a `text`.
    pub(crate) keys: &'a [u8],
    pub(crate) key_count: usize,
}

impl<'a> SiteParts<'a> {
    /// Reads what every record needs of a body that the compiler made.
    #[inline]
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        cursor.byte()?;
        if ON_DEVICE {
            return Self::read_short(body);
        }
        let message_len = cursor.len()?;
        let message = cursor.bytes(message_len)?;
        let key_count = cursor.len()?;
        let keys = cursor.rest();
        // Keys lie before line, module and file: found by walking over them,
        // which the encoder does anyway.
        Ok(Self { message, keys, key_count })
    }

    /// As [`SiteParts::read`], in less code.
    fn read_short(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        cursor.byte()?;
        let (message, key_count) = (cursor.text_bytes()?, cursor.short_leb()?);
        Ok(Self { message, keys: cursor.rest(), key_count })
    }

    pub(crate) fn template(&self) -> &'a str {
        as_text(self.message).unwrap_or_default()
    }

    /// Counts the keys' mask.
    fn mask(&self) -> u64 {
        let mut keys = Cursor::new(self.keys);
        (0..self.key_count)
            .map_while(|_| keys.text().ok())
            .fold(0, |mask, key| mask | key_bit(key.as_bytes()))
    }

    /// Returns what follows the site's last byte.
    fn after(&self, located: bool) -> Result<&'a [u8], Malformed> {
        let mut rest = Cursor::new(self.keys);
        for _ in 0..self.key_count {
            rest.text_bytes()?;
        }
        if located {
            rest.leb()?;
            rest.text_bytes()?;
            rest.text_bytes()?;
        }
        Ok(rest.rest())
    }

    pub(crate) fn location(&self) -> SourceLocation<'a> {
        let read = || {
            let mut cursor = Cursor::new(self.keys);
            for _ in 0..self.key_count {
                cursor.text()?;
            }
            let line = u32::try_from(cursor.leb()?).map_err(|_| Malformed)?;
            Ok::<_, Malformed>(SourceLocation { line, module: cursor.text()?, file: cursor.text()? })
        };
        read().unwrap_or(SourceLocation { module: "", file: "", line: 0 })
    }
}

/// Checks a SITE body that came from outside, and learns what the compiler
/// would have known of it.
#[cfg(feature = "alloc")]
pub(crate) fn check_body(body: &[u8]) -> Result<(LogLevel, SiteFlags, u64), Malformed> {
    let mut cursor = Cursor::new(body);
    let level = LogLevel::from_number(cursor.byte()?).ok_or(Malformed)?;
    let message = cursor.text()?;
    let key_count = cursor.len()?;
    let flags = SiteFlags::of(survey(message.as_bytes()));
    let mut mask = 0;
    for _ in 0..key_count {
        mask |= key_bit(cursor.text()?.as_bytes());
    }
    // Where it stands is left out where flash is dear.
    if !cursor.is_empty() {
        u32::try_from(cursor.leb()?).map_err(|_| Malformed)?;
        cursor.text()?;
        cursor.text()?;
    }
    Ok((level, flags, mask))
}

/// What a message's bytes ask for.
#[derive(Clone, Copy)]
struct Survey {
    /// No quotes, no escapes.
    plain: bool,
    braces: bool,
}

/// Looks at each byte once, in few steps: the compiler does it for every call site.
const fn survey(message: &[u8]) -> Survey {
    let (mut found, mut twice) = (0, 0);
    // As if a space stood before the first byte and after the last: one at an
    // edge is then one of two.
    let mut before = SPACE;
    // One reference: the compiler would copy a constant table for each byte.
    let classes: &[u8; 256] = &CLASS;
    let mut rest = message;
    while let [byte, more @ ..] = rest {
        let class = classes[*byte as usize];
        found |= class;
        twice |= class & before;
        before = class;
        rest = more;
    }
    let spaced = (twice | before) & SPACE != 0;
    // Bytes above 0x7f depend on their neighbours.
    let plain = if found & LOOK != 0 { is_plain(message, true) } else { found & QUOTE == 0 && !spaced };
    let braces = found & BRACE != 0;
    Survey { plain: plain && !braces, braces }
}

const BRACE: u8 = 1;
const QUOTE: u8 = 2;
const LOOK: u8 = 4;
const SPACE: u8 = 8;

const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte as u8 {
            b'{' | b'}' => BRACE,
            b'"' | b'=' | b'\\' | 0..=0x1f | 0x7f => QUOTE,
            0x80.. => LOOK,
            b' ' => SPACE,
            _ => 0,
        };
        byte += 1;
    }
    class
};

/// Names that a JSON record has for itself.
const RESERVED: [&[u8]; 6] = [b"timestamp", b"level", b"logger", b"message", b"file", b"line"];

/// Tells whether a key is one of JSON's own, or one with underscores after it.
pub(crate) const fn is_reserved(key: &[u8]) -> bool {
    let mut len = key.len();
    while len > 0 && key[len - 1] == b'_' {
        len -= 1;
    }
    let mut which = 0;
    while which < RESERVED.len() {
        if RESERVED[which].len() == len && same(RESERVED[which], key, len) {
            return true;
        }
        which += 1;
    }
    false
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
    let survey = survey(source.message.as_bytes());
    let mut plain = survey.plain;
    let mut which = 0;
    while which < source.keys.len() {
        plain = plain && is_plain(stripped(source.keys[which]), false);
        which += 1;
    }
    if survey.braces {
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
    let survey = survey(source.message.as_bytes());
    if survey.braces {
        check_template(source.message, source.keys);
    }
    let flags = SiteFlags::of(survey).0;
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

/// Counts the bytes that [`build_name`] fills.
#[doc(hidden)]
pub const fn name_len(name: &str) -> usize {
    1 + leb_len(name.len()) + name.len()
}

/// Builds what stands for a logger's name in the section of sites.
#[doc(hidden)]
pub const fn build_name<const N: usize>(name: &str) -> [u8; N] {
    let mut bytes = [0; N];
    put_text(&mut bytes, 1, name.as_bytes());
    bytes[0] = NAME_IN_SECTION;
    bytes
}

/// What lies in the section of sites.
#[cfg(any(feature = "alloc", all(feature = "ring", target_os = "none")))]
#[derive(Clone, Copy, Debug)]
pub(crate) enum InSection<'a> {
    /// A SITE item's body.
    Site(&'a [u8]),
    /// A logger's name.
    Name(&'a [u8]),
}

/// Reads what begins at the front of `section`; returns what follows it, too.
#[cfg(any(feature = "alloc", all(feature = "ring", target_os = "none")))]
pub(crate) fn in_section(section: &[u8]) -> Result<(InSection<'_>, &[u8]), Malformed> {
    let (&mark, body) = section.split_first().ok_or(Malformed)?;
    if mark & IN_SECTION != 0 {
        let rest = SiteParts::read_short(body)?.after(mark & LOCATED != 0)?;
        Ok((InSection::Site(&body[..body.len() - rest.len()]), rest))
    } else if mark == NAME_IN_SECTION {
        let mut body = Cursor::new(body);
        Ok((InSection::Name(body.text_bytes()?), body.rest()))
    } else {
        Err(Malformed)
    }
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
            let note = Note::new("the key `").with(key).with(b"` is written twice in this call");
            panic!("{}", note.text());
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
                    let note = Note::new("the message's `{")
                        .with(name)
                        .with(b"}` is no field of this call: add the field, or write `{{` for a brace");
                    panic!("{}", note.text());
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
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
struct Note {
    bytes: [u8; 200],
    len: usize,
}

impl Note {
    const fn new(text: &str) -> Self {
        Self { bytes: [0; 200], len: 0 }.with(text.as_bytes())
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
        assert_eq!(site.location().module, "kakashi_core::site::tests");
        assert!(site.location().line > 400);
        assert!(!site.flags().message_is_plain());
        assert_eq!(site.mask(), key_bit(b"type") | key_bit(b"in") | key_bit(b"a key"));
        assert_eq!(site.parts().key_count, 3);
        #[cfg(feature = "alloc")]
        {
            let (level, flags, mask) = check_body(site.wire()).expect("a site's body is well formed");
            assert_eq!((level, flags, mask), (site.level(), site.flags(), site.mask()));
        }
    }

    #[test]
    fn names_that_json_keeps_are_reserved_with_any_underscores() {
        assert!(is_reserved(b"message"));
        assert!(is_reserved(b"level__"));
        assert!(!is_reserved(b"messages"));
        assert!(!is_reserved(b"_"));
        assert!(!is_reserved(b""));
    }
}
