//! Words of a message's head and names of its structured data, whose characters the RFCs
//! restrict; and what the text around them may be.

use std::fmt::{self, Write};

/// Tells whether a character may stand in the head of a message: printable ASCII, no space.
pub(super) fn is_head_char(c: char) -> bool {
    c.is_ascii_graphic()
}

/// Tells whether a character may stand in a name of structured data (`SD-NAME`).
pub(super) fn is_name_char(c: char) -> bool {
    is_head_char(c) && !matches!(c, '=' | ']' | '"')
}

/// Tells whether a character may stand in a tag: what ends one is left out.
pub(super) fn is_tag_char(c: char) -> bool {
    is_head_char(c) && !matches!(c, '[' | ']' | ':' | '<' | '>')
}

/// Appends a text with `_` in place of each character that may not stand there, at most so many
/// of them; returns whether it is the text itself.
pub(super) fn push_word(out: &mut String, text: &str, is_allowed: fn(char) -> bool, most: usize) -> bool {
    let mut is_same = true;
    let mut chars = text.chars();
    for c in chars.by_ref().take(most) {
        is_same &= is_allowed(c);
        out.push(if is_allowed(c) { c } else { '_' });
    }
    is_same && chars.next().is_none()
}

/// Appends a word of the head: as `push_word`, and `-` for nothing.
pub(super) fn push_head_word(out: &mut String, text: &str, most: usize) -> bool {
    if text.is_empty() {
        out.push('-');
        return true;
    }
    push_word(out, text, is_head_char, most)
}

/// Appends the value of a parameter of structured data (`PARAM-VALUE`).
pub(super) fn push_param_value(out: &mut String, text: &str) {
    for c in text.chars() {
        if matches!(c, '"' | '\\' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
}

/// Prints into a buffer what stands in a JSON string: its quotes and backslashes plain, what
/// can't be shown still escaped (`\n`, `\u001b`); JSON that is no string as it is.
///
/// Which characters these are the JSON writer knows; here is no other table of them.
pub(super) fn shown<'a>(buffer: &'a mut String, json: &dyn fmt::Display) -> &'a str {
    buffer.clear();
    // A `String` takes everything.
    let _ = write!(buffer, "{json}");
    if !buffer.starts_with('"') {
        return buffer;
    }
    buffer.pop();
    buffer.remove(0);
    if buffer.contains('\\') {
        *buffer = with_plain_quotes(buffer);
    }
    buffer
}

fn with_plain_quotes(escaped: &str) -> String {
    let mut plain = String::with_capacity(escaped.len());
    let mut chars = escaped.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some(c @ ('"' | '\\')) => plain.push(c),
            Some(c) => plain.extend(['\\', c]),
            None => {}
        }
    }
    plain
}

/// Cuts a text at a character's end, so that it and the sign of a cut have so many bytes at most.
pub(super) fn cut(text: &str, most: usize) -> (&str, &'static str) {
    const SIGN: &str = "…";
    if text.len() <= most {
        return (text, "");
    }
    match most.checked_sub(SIGN.len()) {
        Some(room) => {
            let end = (0..=room).rev().find(|end| text.is_char_boundary(*end));
            (text.get(..end.unwrap_or(0)).unwrap_or_default(), SIGN)
        }
        None => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use kakashi_core::encode::writers::AsJson;

    use super::*;

    #[test]
    fn what_can_not_be_shown_is_escaped_and_all_else_is_plain() {
        for (text, expected) in [
            ("", ""),
            ("plain ä €", "plain ä €"),
            (r#"say "no" to C:\temp]"#, r#"say "no" to C:\temp]"#),
            ("a\nb\r\tc", r"a\nb\r\tc"),
            ("\u{1b}[2J", r"\u001b[2J"),
            ("\\\n", r"\\n"),
        ] {
            assert_eq!(shown(&mut String::new(), &AsJson(text)), expected);
        }
        for hostile in ["\0", "\u{7f}", "\u{9b}", "\u{202e}", "\u{2028}"] {
            let mut buffer = String::new();
            let text = shown(&mut buffer, &AsJson(hostile));
            assert!(text.starts_with('\\') && text.is_ascii(), "{text}");
        }
        assert_eq!(shown(&mut String::new(), &r#"{"a":"b\n"}"#), r#"{"a":"b\n"}"#);
    }

    #[test]
    fn words_have_only_what_the_rfc_allows() {
        let cleaned = |text: &str, is_allowed, most| {
            let mut out = String::new();
            let is_same = push_word(&mut out, text, is_allowed, most);
            (out, is_same)
        };
        assert_eq!(cleaned("user.id", is_name_char, 32), ("user.id".into(), true));
        assert_eq!(cleaned("a=b]c\"d e\nä", is_name_char, 32), ("a_b_c_d_e__".into(), false));
        assert_eq!(cleaned(&"x".repeat(33), is_name_char, 32), ("x".repeat(32), false));
        assert_eq!(cleaned("shop[1]: <x>", is_tag_char, 32), ("shop_1____x_".into(), false));
    }

    #[test]
    fn a_value_has_its_three_characters_escaped() {
        let mut out = String::new();
        push_param_value(&mut out, r#"a"b\c]d[e=f"#);
        assert_eq!(out, r#"a\"b\\c\]d[e=f"#);
    }

    #[test]
    fn a_cut_is_at_a_characters_end_and_says_that_it_is_one() {
        assert_eq!(cut("whole", 5), ("whole", ""));
        assert_eq!(cut("äöüäöü", 8), ("äö", "…"));
        assert_eq!(cut("whole", 2), ("", ""));
    }
}
