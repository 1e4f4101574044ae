//! A reader of logfmt by the rules of `github.com/go-logfmt/logfmt`, whose decoder Loki and
//! Grafana have; nothing here was taken from the encoder.
//!
//! It is as strict as that decoder: a quote in a key or in a bare value, and a control
//! character in a quoted one, are errors.

/// Reads a line, its LF included, as keys and unquoted values.
///
/// # Errors
/// What is wrong, and the line from there on.
pub fn read(line: &str) -> Result<Vec<(String, String)>, String> {
    let mut rest = line.strip_suffix('\n').ok_or("no LF at the end")?;
    let mut pairs = Vec::new();
    loop {
        rest = rest.trim_start_matches(|character| character <= ' ');
        if rest.is_empty() {
            return Ok(pairs);
        }
        let key_len = rest.find(|character| character <= ' ' || character == '=').unwrap_or(rest.len());
        let (key, after) = rest.split_at(key_len);
        if key.is_empty() || key.contains(['"', '\u{fffd}']) {
            return Err(format!("no key: {rest:?}"));
        }
        let Some(value) = after.strip_prefix('=') else {
            pairs.push((key.to_owned(), String::new()));
            rest = after;
            continue;
        };
        let (value, after) = if value.starts_with('"') { quoted(value)? } else { bare(value)? };
        pairs.push((key.to_owned(), value));
        rest = after;
    }
}

fn bare(text: &str) -> Result<(String, &str), String> {
    let (value, rest) = text.split_at(text.find(|character| character <= ' ').unwrap_or(text.len()));
    if value.contains(['=', '"']) { Err(format!("not bare: {text:?}")) } else { Ok((value.to_owned(), rest)) }
}

fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let (value, rest) = text.split_at(at + 1);
                if !rest.is_empty() && !rest.starts_with(' ') {
                    return Err(format!("text after a quote: {rest:?}"));
                }
                // Its unquoting is that of JSON strings.
                let value = serde_json::from_str(value).map_err(|error| format!("{error}: {value}"))?;
                return Ok((value, rest));
            }
            '\0'..' ' => return Err(format!("a control in quotes: {text:?}")),
            _ => {}
        }
    }
    Err(format!("quotes without an end: {text:?}"))
}
