//! Text that can do no harm: quoted where the grammar needs it, with every
//! control character escaped.

use core::{fmt, mem};

use super::number::is_number;
use crate::util::char_class::{as_text, control_len, is_plain};
use crate::util::output::Output;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Bytes below 0x80 that may stand in a bare value or key: 1; a space or what
/// must be looked at: 0. Bytes from 0x80 on may belong to a control.
const BARE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0x21;
    while byte < 0x7f {
        table[byte] = !matches!(byte as u8, b'"' | b'=' | b'\\');
        byte += 1;
    }
    table
};

/// Appends a key or a logger: bare, or quoted.
pub(super) fn put_word(out: &mut Output<'_>, text: &str) {
    if is_bare(text.as_bytes()) || is_plain(text.as_bytes(), false) {
        out.put_short(text.as_bytes());
    } else {
        put_quoted(out, text);
    }
}

/// Appends text in quotes, as [`put_quoted`] does, in less code.
#[cfg(any(test, target_os = "none"))]
#[inline(never)]
pub(super) fn put_quoted_bytes(text: &[u8], out: &mut Output<'_>) {
    // Byte by byte, not in pieces as `escape` does: less code.
    out.put_byte(b'"');
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let len = if matches!(byte, b'"' | b'\\') { 1 } else { control_len(text, at) };
        if len == 0 {
            out.put_byte(byte);
        } else {
            put_escape(text.get(at..at + len).unwrap_or_default(), &mut |piece| out.put(piece));
        }
        at += len.max(1);
    }
    out.put_byte(b'"');
}

/// Appends a string value: bare, or quoted.
#[cfg_attr(not(target_os = "none"), inline)]
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn put_value_text(out: &mut Output<'_>, text: &str) {
    if !put_bare_text(out, text.as_bytes()) {
        put_unusual_value_text(out, text);
    }
}

/// Appends a string value if it can stand bare and is ASCII, or says that it can't.
#[inline]
pub(super) fn put_bare_text(out: &mut Output<'_>, bytes: &[u8]) -> bool {
    let bare = is_bare(bytes) && !reads_as_something_else(bytes);
    if bare {
        out.put_short(bytes);
    }
    bare
}

/// Tells whether text may stand bare and is ASCII.
#[inline]
fn is_bare(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| BARE[byte as usize]) && !bytes.is_empty()
}

#[inline(never)]
fn put_unusual_value_text(out: &mut Output<'_>, text: &str) {
    if is_plain(text.as_bytes(), false) && !reads_as_something_else(text.as_bytes()) {
        out.put(text.as_bytes());
    } else {
        put_quoted(out, text);
    }
}

/// Tells whether bare text would be read as a number, a literal, a list or a map.
#[inline]
fn reads_as_something_else(bytes: &[u8]) -> bool {
    match bytes.first() {
        Some(b'0'..=b'9' | b'-' | b'N' | b'i') => is_number(bytes),
        Some(b't' | b'f' | b'n') => matches!(bytes, b"true" | b"false" | b"null"),
        Some(b'[' | b'{') => true,
        _ => false,
    }
}

/// Appends a literal message: bare, or quoted.
pub(super) fn put_message_text(out: &mut Output<'_>, text: &str) {
    if is_bare_message(text.as_bytes()) || is_plain(text.as_bytes(), true) {
        out.put(text.as_bytes());
    } else {
        put_quoted(out, text);
    }
}

/// Tells whether a message may stand bare and is ASCII, in words that single spaces part.
#[inline]
fn is_bare_message(bytes: &[u8]) -> bool {
    let mut after_space = true;
    bytes.iter().all(|&byte| {
        let was_after_space = mem::replace(&mut after_space, byte == b' ');
        BARE[byte as usize] || (byte == b' ' && !was_after_space)
    }) && !after_space
}

/// Appends text in quotes.
pub(super) fn put_quoted(out: &mut Output<'_>, text: &str) {
    out.put_byte(b'"');
    put_escaped(out, text);
    out.put_byte(b'"');
}

/// Appends text with its quotes, backslashes and controls escaped, in the way
/// that text lines and JSON share.
#[inline]
pub(super) fn put_escaped(out: &mut Output<'_>, text: &str) {
    if is_clean(text.as_bytes()) {
        out.put_short(text.as_bytes());
    } else {
        escape(text.as_bytes(), &mut |piece| out.put(piece));
    }
}

/// Tells whether text is ASCII of which nothing is escaped.
#[inline]
pub(super) fn is_clean(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| CLEAN[byte as usize])
}

/// Bytes below 0x80 that are never escaped.
const CLEAN: [bool; 256] = {
    let mut table = BARE;
    table[b' ' as usize] = true;
    table[b'=' as usize] = true;
    table
};

/// Hands out text in pieces, escaped.
pub(super) fn escape(bytes: &[u8], put: &mut dyn FnMut(&[u8])) {
    let (mut at, mut clean_from) = (0, 0);
    while at < bytes.len() {
        let byte = bytes[at];
        let len = if byte == b'"' || byte == b'\\' { 1 } else { control_len(bytes, at) };
        if len == 0 {
            at += 1;
            continue;
        }
        put(&bytes[clean_from..at]);
        put_escape(&bytes[at..at + len], put);
        at += len;
        clean_from = at;
    }
    put(&bytes[clean_from..]);
}

fn put_escape(character: &[u8], put: &mut dyn FnMut(&[u8])) {
    let short = match *character {
        [b'\n'] => b'n',
        [b'\r'] => b'r',
        [b'\t'] => b't',
        [byte @ (b'"' | b'\\')] => byte,
        _ => 0,
    };
    let mut escape = [b'\\', short, 0, 0, 0, 0];
    if short != 0 {
        return put(&escape[..2]);
    }
    // All that is escaped lies in the basic plane, in one to three bytes.
    let Some((first, more)) = character.split_first() else { return };
    let of_first = if more.is_empty() { 0x7f } else { 0x7f >> character.len() };
    let mut scalar =
        more.iter().fold(u32::from(first & of_first), |scalar, byte| scalar << 6 | u32::from(byte & 0x3f));
    escape[1] = b'u';
    for digit in escape[2..].iter_mut().rev() {
        *digit = HEX[(scalar & 0xf) as usize];
        scalar >>= 4;
    }
    put(&escape);
}

/// Writes text piece by piece as one bare or quoted word, and decides at the
/// end which: a closing look at what came, then the opening quote is taken
/// back if it was not needed. The source is read once, so a `Display` that
/// says something else the second time cannot slip anything through.
pub(super) struct Quoter<'o, 'b> {
    out: &'o mut Output<'b>,
    start: usize,
    /// Something was escaped, or must be quoted.
    quoted: bool,
    spaces: bool,
    after_space: bool,
}

impl<'o, 'b> Quoter<'o, 'b> {
    /// Begins a word; `spaces` allows single ones inside it, as in a message.
    pub(super) fn new(out: &'o mut Output<'b>, spaces: bool) -> Self {
        let start = out.position();
        out.put_byte(b'"');
        Self { out, start, quoted: false, spaces, after_space: true }
    }

    /// Appends text.
    pub(super) fn push(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut is_clean = true;
        for (at, &byte) in bytes.iter().enumerate() {
            let was_after_space = mem::replace(&mut self.after_space, byte == b' ');
            if !BARE[byte as usize] {
                is_clean &= CLEAN[byte as usize];
                self.quoted |= match byte {
                    b' ' => !self.spaces || was_after_space,
                    b'"' | b'=' | b'\\' => true,
                    _ => control_len(bytes, at) > 0,
                };
            }
        }
        if is_clean {
            self.out.put_short(bytes);
        } else {
            put_escaped(self.out, text);
        }
    }

    /// Appends a byte that belongs to no character, as `\xNN`.
    pub(super) fn push_wild(&mut self, byte: u8) {
        self.quoted = true;
        self.after_space = false;
        self.out.put(&[b'\\', b'x', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }

    /// Ends a message.
    pub(super) fn finish(self) {
        self.end(false);
    }

    /// Ends a value, which must not be read as a number or the like.
    pub(super) fn finish_value(self) {
        self.end(true);
    }

    fn end(self, value: bool) {
        let text_at = self.start + 1;
        let (quoted, ambiguous) = {
            let text = self.out.since(text_at);
            // After an overflow nothing can be looked at: the quotes are counted.
            let unknown = self.out.overflowed();
            (self.quoted || self.after_space, value && (unknown || reads_as_something_else(text)))
        };
        if quoted || ambiguous {
            self.out.put_byte(b'"');
        } else {
            self.out.remove_byte(self.start);
        }
    }
}

impl fmt::Write for Quoter<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

/// Escapes what is written through it.
pub(super) struct Escaper<'w, W: fmt::Write + ?Sized>(pub(super) &'w mut W);

impl<W: fmt::Write + ?Sized> fmt::Write for Escaper<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if is_clean(text.as_bytes()) {
            return self.0.write_str(text);
        }
        let mut result = Ok(());
        escape(text.as_bytes(), &mut |piece| {
            // Cut where characters begin.
            let piece = as_text(piece).unwrap_or_default();
            result = result.and_then(|()| self.0.write_str(piece));
        });
        result
    }
}

/// Shows text that came from outside (a path, a name) as one line that can do no harm:
/// what could end it, control a terminal or reverse the reading order is escaped as in the
/// text line. Quotes and backslashes stay as they are.
#[cfg(feature = "std")]
#[derive(Debug)]
pub struct OneLine<T>(pub T);

#[cfg(feature = "std")]
impl<T: fmt::Display> fmt::Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Write::write_fmt(&mut ControlEscaper(f), format_args!("{}", self.0))
    }
}

#[cfg(feature = "std")]
struct ControlEscaper<'w, W: fmt::Write + ?Sized>(&'w mut W);

#[cfg(feature = "std")]
impl<W: fmt::Write + ?Sized> fmt::Write for ControlEscaper<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let bytes = text.as_bytes();
        let (mut at, mut clean_from) = (0, 0);
        while at < bytes.len() {
            let len = control_len(bytes, at);
            if len > 0 {
                self.0.write_str(&text[clean_from..at])?;
                let mut result = Ok(());
                put_escape(&bytes[at..at + len], &mut |piece| {
                    result = result.and_then(|()| self.0.write_str(as_text(piece).unwrap_or_default()));
                });
                result?;
                clean_from = at + len;
            }
            at += len.max(1);
        }
        self.0.write_str(&text[clean_from..])
    }
}

/// Writes base64 with padding (RFC 4648, section 4).
pub(super) fn write_base64<W: fmt::Write + ?Sized>(out: &mut W, bytes: &[u8]) -> fmt::Result {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let group = [chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)];
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        let mut quad = [18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift & 63) as usize]);
        quad[chunk.len() + 1..].fill(b'=');
        out.write_str(as_text(&quad).unwrap_or_default())?;
    }
    Ok(())
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::{OneLine, Output, Quoter, is_bare, is_bare_message, is_plain};

    #[test]
    fn what_a_table_says_of_ascii_is_what_the_grammar_says() {
        let alphabet: Vec<char> = "ab =\"\\\n\u{7f}".chars().collect();
        for number in 0..alphabet.len().pow(4) {
            for len in 0..=4 {
                let digits = (0..len).map(|at| number / alphabet.len().pow(at) % alphabet.len());
                let text: String = digits.map(|digit| alphabet[digit]).collect();
                assert_eq!(is_bare(text.as_bytes()), is_plain(text.as_bytes(), false), "{text:?}");
                assert_eq!(is_bare_message(text.as_bytes()), is_plain(text.as_bytes(), true), "{text:?}");
                // Pieces are one text, wherever they part.
                for at in 0..=len as usize {
                    let mut room = [0; 64];
                    let mut out = Output::new(&mut room);
                    let mut quoter = Quoter::new(&mut out, true);
                    quoter.push(&text[..at]);
                    quoter.push(&text[at..]);
                    quoter.finish();
                    let is_quoted = out.written().starts_with(b"\"");
                    assert_eq!(!is_quoted, is_plain(text.as_bytes(), true), "{text:?} at {at}");
                }
            }
        }
    }

    #[test]
    fn a_name_from_outside_stays_on_its_line_and_does_nothing_to_a_terminal() {
        let name = "logs/\u{1b}[2Jshop\n\u{202e}C:\\temp \"ä\"\u{9b}.log";
        assert_eq!(OneLine(name).to_string(), r#"logs/\u001b[2Jshop\n\u202eC:\temp "ä"\u009b.log"#);
    }
}
