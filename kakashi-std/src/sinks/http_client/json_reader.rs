//! Reads the JSON of answers, which may be anything.
//!
//! It builds nothing but what is asked for, never goes deeper than a bound, and gives up where the
//! text is no JSON. It is lenient in what harms nobody: numbers it skips, and control characters
//! in strings.

use std::borrow::Cow;

/// Objects and lists in each other.
const MOST_DEPTH: usize = 64;

/// A place in a text of JSON. Every method returns nothing where the text is something else.
pub(crate) struct JsonReader<'a> {
    bytes: &'a [u8],
    depth: usize,
}

impl<'a> JsonReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, depth: 0 }
    }

    /// Reads an object: `each` reads the value of each key.
    pub(crate) fn object(&mut self, mut each: impl FnMut(&str, &mut Self) -> Option<()>) -> Option<()> {
        self.nested(b'{', b'}', |reader| {
            let key = reader.string()?;
            reader.expect(b':')?;
            each(&key, reader)
        })
    }

    /// Reads a list: `each` reads each item.
    pub(crate) fn list(&mut self, each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.nested(b'[', b']', each)
    }

    fn nested(&mut self, open: u8, close: u8, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(open)?;
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return None;
        }
        if self.peek()? != close {
            loop {
                each(self)?;
                match self.peek()? {
                    b',' => self.advance(1),
                    _ => break,
                }
            }
        }
        self.depth -= 1;
        self.expect(close)
    }

    /// Reads a string.
    pub(crate) fn string(&mut self) -> Option<Cow<'a, str>> {
        self.expect(b'"')?;
        let len = self.bytes.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        let (plain, rest) = self.bytes.split_at(len);
        if rest.first() == Some(&b'"') {
            self.advance(len + 1);
            return Some(String::from_utf8_lossy(plain));
        }
        let mut text = plain.to_vec();
        self.advance(len);
        loop {
            let byte = self.next()?;
            match byte {
                b'"' => return Some(Cow::Owned(String::from_utf8_lossy(&text).into_owned())),
                b'\\' => {
                    let char = self.escape()?;
                    text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => text.push(byte),
            }
        }
    }

    /// Reads what stands behind a backslash.
    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            char @ (b'"' | b'\\' | b'/') => char::from(char),
            b'u' => match self.four_digits()? {
                high @ 0xd800..0xdc00 if self.bytes.starts_with(b"\\u") => {
                    let after = self.bytes;
                    self.advance(2);
                    match self.four_digits()? {
                        low @ 0xdc00..0xe000 => {
                            char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))?
                        }
                        _ => {
                            self.bytes = after;
                            char::REPLACEMENT_CHARACTER
                        }
                    }
                }
                code => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
            },
            _ => return None,
        })
    }

    fn four_digits(&mut self) -> Option<u32> {
        let mut code = 0;
        for _ in 0..4 {
            code = code << 4 | char::from(self.next()?).to_digit(16)?;
        }
        Some(code)
    }

    /// Reads a whole number that is not negative.
    pub(crate) fn integer(&mut self) -> Option<u64> {
        let number = self.number()?;
        std::str::from_utf8(number).ok()?.parse().ok()
    }

    fn number(&mut self) -> Option<&'a [u8]> {
        self.peek()?;
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let len = self.bytes.iter().position(|byte| !is_part(byte)).unwrap_or(self.bytes.len());
        let (number, _) = self.bytes.split_at(len);
        self.advance(len);
        (len > 0).then_some(number)
    }

    /// Reads `true` or `false`.
    pub(crate) fn bool(&mut self) -> Option<bool> {
        match self.peek()? {
            b't' => self.word(b"true").map(|()| true),
            _ => self.word(b"false").map(|()| false),
        }
    }

    /// Reads any value.
    pub(crate) fn skip(&mut self) -> Option<()> {
        match self.peek()? {
            b'{' => self.object(|_, reader| reader.skip()),
            b'[' => self.list(Self::skip),
            b'"' => self.string().map(|_| ()),
            b't' | b'f' => self.bool().map(|_| ()),
            b'n' => self.word(b"null"),
            _ => self.number().map(|_| ()),
        }
    }

    /// Tells whether nothing follows.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Returns the next character that is no space.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let spaces =
            self.bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.advance(spaces);
        self.bytes.first().copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.advance(1))
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.bytes = self.bytes.strip_prefix(word)?;
        Some(())
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn advance(&mut self, len: usize) {
        self.bytes = self.bytes.get(len..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_json(text: &str) -> bool {
        let mut reader = JsonReader::new(text.as_bytes());
        reader.skip().is_some() && reader.is_at_end()
    }

    #[test]
    fn what_is_json_is_read_to_its_end_and_nothing_else() {
        for text in
            [" {\"a\" : [1, -2.5e+3, true,false , null, \"x\\\"\\u00e4\"], \"\": {}} ", "[]", "\"\"", "0"]
        {
            assert!(is_json(text), "{text}");
        }
        for text in [
            "",
            "{",
            "[1",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "\"",
            "\"\\",
            "\"\\x\"",
            "\"\\u12\"",
            "tru",
            "<html>",
            "[1 2]",
            "{}}",
            "{\"a\":1,}",
            "nul",
            "\"\\u12g4\"",
        ] {
            assert!(!is_json(text), "{text}");
        }
        assert!(is_json(&("[".repeat(64) + &"]".repeat(64))));
        assert!(!is_json(&("[".repeat(65) + &"]".repeat(65))));
        assert!(!is_json(&"[".repeat(1_000_000)));
        assert!(!is_json(&"{\"a\":".repeat(1_000_000)));
    }

    #[test]
    fn strings_are_what_they_say() {
        for (json, text) in [
            (r#""a\n\t\r\b\f\/\\\"z""#, "a\n\t\r\u{8}\u{c}/\\\"z"),
            (r#""\ud834\udd1e""#, "𝄞"),
            (r#""\ud834""#, "\u{fffd}"),
            (r#""\ud834\u0041""#, "\u{fffd}A"),
            (r#""\udd1e""#, "\u{fffd}"),
            ("\"ä\u{1}\"", "ä\u{1}"),
        ] {
            let mut reader = JsonReader::new(json.as_bytes());
            assert_eq!(reader.string().as_deref(), Some(text), "{json}");
        }
        assert_eq!(JsonReader::new(b"\"\xff\\n\"").string().as_deref(), Some("\u{fffd}\n"));
    }

    #[test]
    fn whole_numbers_are_read_and_others_are_not() {
        for (text, number) in [("201", Some(201)), (" 0,", Some(0)), ("-1", None), ("1.5", None), ("x", None)]
        {
            assert_eq!(JsonReader::new(text.as_bytes()).integer(), number);
        }
        assert_eq!(JsonReader::new(b"99999999999999999999").integer(), None);
    }
}
