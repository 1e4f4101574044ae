//! A strict reader of the JSON that kakashi writes.
//!
//! It takes less than RFC 8259 allows: no spaces, and strings escaped exactly
//! as the spec says, no more and no less. It keeps numbers as they are written
//! and every pair of an object, so that tests see digits and double keys.

use std::fmt::Write as _;

/// A JSON text.
#[derive(Clone, PartialEq, Debug)]
pub enum ParsedJson {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An array.
    List(Vec<ParsedJson>),
    /// An object's pairs in their order.
    Map(Vec<(String, ParsedJson)>),
}

/// How deep arrays and objects may nest: sixteen, and the line's own object.
const MAX_DEPTH: usize = 17;

impl ParsedJson {
    /// Reads a whole text.
    ///
    /// # Errors
    /// What is wrong, and the text from there on.
    pub fn read(text: &str) -> Result<Self, String> {
        Self::read_within(text, MAX_DEPTH)
    }

    /// Reads a whole text whose arrays and objects nest no deeper than this.
    ///
    /// # Errors
    /// What is wrong, and the text from there on.
    pub fn read_within(text: &str, max_depth: usize) -> Result<Self, String> {
        let (json, rest) = Reader { rest: text, max_depth }.whole()?;
        if rest.is_empty() { Ok(json) } else { Err(format!("more after the JSON: {rest:?}")) }
    }

    /// Reads the JSON that a text begins with, and gives the rest.
    ///
    /// # Errors
    /// What is wrong, and the text from there on.
    pub fn read_prefix(text: &str) -> Result<(Self, &str), String> {
        Reader { rest: text, max_depth: MAX_DEPTH }.whole()
    }

    /// Appends this as kakashi writes it.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Self::Number(digits) => out.push_str(digits),
            Self::String(text) => write_string(out, text),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Map(pairs) => {
                out.push('{');
                for (at, (key, value)) in pairs.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    write_string(out, key);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Tells whether a character stands in no line as it is: C0, DEL, C1, line
/// and paragraph separators, bidirectional controls.
pub fn is_control(character: char) -> bool {
    matches!(u32::from(character),
        0..=0x1f | 0x7f..=0x9f | 0x61c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x2069)
}

/// Appends a string in quotes, escaped.
pub fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' => out.extend(['\\', character]),
            _ if is_control(character) => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Tells how many bytes of a text are a JSON number: 0 if it begins with none.
pub fn number_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole_at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(whole_at);
    if whole == 0 || (whole > 1 && bytes[whole_at] == b'0') {
        return 0;
    }
    let mut end = whole_at + whole;
    if bytes.get(end) == Some(&b'.') {
        match digits(end + 1) {
            0 => return 0,
            fraction => end += 1 + fraction,
        }
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        match digits(end + 1 + sign) {
            0 => return 0,
            exponent => end += 1 + sign + exponent,
        }
    }
    end
}

/// Reads one escape, whose backslash has been read: the character it stands
/// for and the rest. `None` where the escape is not one that kakashi writes.
pub(crate) fn read_escape(rest: &str) -> Option<(char, &str)> {
    let simple = match rest.as_bytes().first()? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        quoted @ (b'"' | b'\\') => char::from(*quoted),
        b'u' => {
            let digits = rest.get(1..5)?;
            if !digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
                return None;
            }
            let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            let allowed = is_control(character) && !matches!(character, '\n' | '\r' | '\t');
            return allowed.then(|| (character, &rest[5..]));
        }
        _ => return None,
    };
    Some((simple, &rest[1..]))
}

struct Reader<'a> {
    rest: &'a str,
    max_depth: usize,
}

impl<'a> Reader<'a> {
    fn whole(mut self) -> Result<(ParsedJson, &'a str), String> {
        let json = self.value(0)?;
        Ok((json, self.rest))
    }

    fn wrong<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("{what} before {:?}", self.rest))
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest.strip_prefix(token);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { self.wrong(&format!("no {token:?}")) }
    }

    fn value(&mut self, depth: usize) -> Result<ParsedJson, String> {
        for (token, json) in
            [("null", ParsedJson::Null), ("true", ParsedJson::Bool(true)), ("false", ParsedJson::Bool(false))]
        {
            if self.take(token) {
                return Ok(json);
            }
        }
        match self.rest.as_bytes().first() {
            Some(b'"') => self.string().map(ParsedJson::String),
            Some(b'[' | b'{') if depth == self.max_depth => self.wrong("too deep"),
            Some(b'[') => self.list(depth),
            Some(b'{') => self.map(depth),
            _ => match number_len(self.rest) {
                0 => self.wrong("no value"),
                len => {
                    let (digits, rest) = self.rest.split_at(len);
                    self.rest = rest;
                    Ok(ParsedJson::Number(digits.to_owned()))
                }
            },
        }
    }

    fn list(&mut self, depth: usize) -> Result<ParsedJson, String> {
        self.expect("[")?;
        let mut items = Vec::new();
        while !self.take("]") {
            if !items.is_empty() {
                self.expect(",")?;
            }
            items.push(self.value(depth + 1)?);
        }
        Ok(ParsedJson::List(items))
    }

    fn map(&mut self, depth: usize) -> Result<ParsedJson, String> {
        self.expect("{")?;
        let mut pairs = Vec::new();
        while !self.take("}") {
            if !pairs.is_empty() {
                self.expect(",")?;
            }
            let key = self.string()?;
            self.expect(":")?;
            pairs.push((key, self.value(depth + 1)?));
        }
        Ok(ParsedJson::Map(pairs))
    }

    fn string(&mut self) -> Result<String, String> {
        self.expect("\"")?;
        let mut text = String::new();
        loop {
            let mut characters = self.rest.chars();
            match characters.next() {
                None => return self.wrong("a string without an end"),
                Some('"') => {
                    self.rest = characters.as_str();
                    return Ok(text);
                }
                Some('\\') => match read_escape(characters.as_str()) {
                    Some((character, rest)) => {
                        text.push(character);
                        self.rest = rest;
                    }
                    None => return self.wrong("an escape that is none of ours"),
                },
                Some(character) if is_control(character) => return self.wrong("a control character"),
                Some(character) => {
                    text.push(character);
                    self.rest = characters.as_str();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_looser() {
        let text = r#"{"a":[1,-2.5e+7,"x\n\u0085"],"a":null,"":{"b":true}}"#;
        let json = ParsedJson::read(text).unwrap();
        let mut again = String::new();
        json.write(&mut again);
        assert_eq!(again, text);
        for loose in [
            "[1, 2]",
            "[1,]",
            "[,1]",
            "{\"a\" :1}",
            "{1:2}",
            "01",
            "+1",
            ".5",
            "\"\\/\"",
            "\"\\u0041\"",
            "\"\\u000A\"",
            "\"\\u000a\"",
            "\"\u{7f}\"",
            "nul",
            "",
            "1 ",
        ] {
            assert!(ParsedJson::read(loose).is_err(), "{loose}");
        }
    }
}
