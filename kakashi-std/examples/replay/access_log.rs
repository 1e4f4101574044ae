//! Reads lines of the recorded access log, by the rule in tests/data/README.md.
//!
//! All is bytes: clients send what they like, and nothing in the file is
//! escaped. It splits at LF only, and refuses a line that has not exactly one
//! reading.

use std::fmt;
use std::time::Duration;

/// One line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) address: &'a str,
    pub(crate) id: &'a str,
    pub(crate) status: u16,
    pub(crate) bytes: u64,
    pub(crate) duration: Duration,
    /// None where the client named no user, or none that could be logged.
    pub(crate) user: Option<&'a [u8]>,
    /// The whole request line as it was sent.
    pub(crate) line: &'a [u8],
    pub(crate) method: Option<&'a str>,
    /// The target of a well-formed request line, otherwise all of it.
    pub(crate) path: &'a [u8],
    pub(crate) referrer: Option<&'a [u8]>,
    pub(crate) agent: Option<&'a [u8]>,
}

/// Says which line is wrong, what was expected and what is there.
#[derive(Debug)]
pub(crate) struct WrongLine {
    number: usize,
    wrong: String,
}

impl fmt::Display for WrongLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.number, self.wrong)
    }
}

/// Reads every line of a log.
///
/// # Errors
/// At the first line that has not the format, and if there is no line.
pub(crate) fn requests(log: &[u8]) -> Result<Vec<Request<'_>>, WrongLine> {
    let at = |number, wrong| WrongLine { number, wrong };
    if log.is_empty() {
        return Err(at(1, "the file is empty; expected at least one line".into()));
    }
    let mut requests = Vec::new();
    for (before, line) in log.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let Some(line) = line.strip_suffix(b"\n") else {
            return Err(at(before + 1, format!("expected a line feed at the end; found {}", end_of(line))));
        };
        requests.push(request(line).map_err(|wrong| at(before + 1, wrong))?);
    }
    Ok(requests)
}

fn request(line: &[u8]) -> Result<Request<'_>, String> {
    let mut fixed = Fixed { rest: line };
    let address =
        fixed.take("an address of digits and dots", None, |byte| matches!(byte, b'0'..=b'9' | b'.'))?;
    fixed.skip(" - ")?;
    let user = fixed.take("a user without spaces", None, |byte| byte > b' ' && byte != 0x7f)?;
    fixed.skip(" [")?;
    fixed.take("a time", None, |byte| byte != b']')?;
    fixed.skip("] ")?;
    let status = fixed.digits("a status of three digits", Some(3))?;
    fixed.skip(" ")?;
    let bytes = fixed.digits("a size in bytes", None)?;
    fixed.skip(" ")?;
    let seconds = fixed.digits("a duration's seconds", None)?;
    fixed.skip(".")?;
    let millis = fixed.digits("a duration's three digits of milliseconds", Some(3))?;
    fixed.skip(" ")?;
    let id = fixed.take(
        "a request id of 32 hex digits",
        Some(32),
        |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    )?;
    fixed.skip(" \"")?;

    let Some(free) = fixed.rest.strip_suffix(b"\"") else {
        return Err(format!("expected a quote at the end of the line; found {}", end_of(line)));
    };
    let cut = format!("\" {} \"", ascii(&id[..8]));
    let parts = split(free, cut.as_bytes());
    let &[request_line, referrer, agent] = parts.as_slice() else {
        return Err(format!(
            "expected three fields (request, referrer, user agent) with `{cut}` between them; found {}",
            parts.len()
        ));
    };
    let (method, path) = method_and_path(request_line);
    Ok(Request {
        address: ascii(address),
        id: ascii(id),
        status: u16::try_from(status).unwrap_or_default(),
        bytes,
        duration: Duration::from_secs(seconds) + Duration::from_millis(millis),
        user: (!matches!(user, b"-" | b"?")).then_some(user),
        line: request_line,
        method,
        path,
        referrer: (!referrer.is_empty()).then_some(referrer),
        agent: (!agent.is_empty()).then_some(agent),
    })
}

/// The fields that a client's bytes are not in, from the left.
struct Fixed<'a> {
    rest: &'a [u8],
}

impl<'a> Fixed<'a> {
    /// Takes the bytes that belong to a field: at least one, or just so many.
    fn take(
        &mut self,
        what: &str,
        len: Option<usize>,
        belongs: impl Fn(u8) -> bool,
    ) -> Result<&'a [u8], String> {
        let end = self.rest.iter().position(|&byte| !belongs(byte)).unwrap_or(self.rest.len());
        if end == 0 || len.is_some_and(|len| len != end) {
            return Err(format!("expected {what}; found {}", start_of(self.rest)));
        }
        let (field, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(field)
    }

    fn digits(&mut self, what: &str, len: Option<usize>) -> Result<u64, String> {
        let digits = self.take(what, len, |byte| byte.is_ascii_digit())?;
        ascii(digits).parse().map_err(|error| format!("expected {what}; found {}: {error}", start_of(digits)))
    }

    fn skip(&mut self, separator: &str) -> Result<(), String> {
        let rest = self.rest.strip_prefix(separator.as_bytes());
        self.rest = rest.ok_or_else(|| format!("expected {separator:?}; found {}", start_of(self.rest)))?;
        Ok(())
    }
}

/// Takes bytes that have been seen to be ASCII.
fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn split<'a>(bytes: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::with_capacity(3);
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(separator) {
            parts.push(&bytes[start..at]);
            at += separator.len();
            start = at;
        } else {
            at += 1;
        }
    }
    parts.push(&bytes[start..]);
    parts
}

/// Takes `METHOD path HTTP/…` apart. A request line that is anything else, a
/// hostile one, has no method, and is its own path.
fn method_and_path(line: &[u8]) -> (Option<&str>, &[u8]) {
    let mut words = line.split(|&byte| byte == b' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(method), Some(path), Some(protocol), None)
            if !method.is_empty()
                && method.iter().all(u8::is_ascii_uppercase)
                && protocol.starts_with(b"HTTP/") =>
        {
            (Some(ascii(method)), path)
        }
        _ => (None, line),
    }
}

/// How much of a wrong line an error shows.
const SHOWN: usize = 40;

fn start_of(bytes: &[u8]) -> String {
    let more = if bytes.len() > SHOWN { "…" } else { "" };
    format!("`{}{more}`", bytes[..bytes.len().min(SHOWN)].escape_ascii())
}

fn end_of(bytes: &[u8]) -> String {
    let more = if bytes.len() > SHOWN { "…" } else { "" };
    format!("`{more}{}`", bytes[bytes.len().saturating_sub(SHOWN)..].escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "127.0.0.1 - - [2026-11-22T00:00:00+00:00] 400 150 1.050 527a2fa7527a2fa7527a2fa7527a2fa7 ";

    /// Request line, referrer, user agent.
    type Free = (Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>);

    fn read(rest: &[u8]) -> Result<Free, String> {
        let line = [HEAD.as_bytes(), rest].concat();
        let request = request(&line)?;
        Ok((request.line.to_vec(), request.referrer.map(Vec::from), request.agent.map(Vec::from)))
    }

    #[test]
    fn the_examples_of_the_description_are_read_as_it_says() {
        let forged = br#""GET / HTTP/1.1" 00000000 "ref" 00000000 "agent" 527a2fa7 "" 527a2fa7 """#;
        let line = br#"GET / HTTP/1.1" 00000000 "ref" 00000000 "agent"#.to_vec();
        assert_eq!(read(forged), Ok((line, None, None)));
        let quotes = br#""" "" """ 527a2fa7 "" 527a2fa7 """#;
        assert_eq!(read(quotes), Ok((br#"" "" """#.to_vec(), None, None)));
        let bytes = b"\"\x16\x03\0\" 527a2fa7 \"r\xff\" 527a2fa7 \"a\xc2\x85\"";
        assert_eq!(
            read(bytes),
            Ok((b"\x16\x03\0".to_vec(), Some(b"r\xff".to_vec()), Some(b"a\xc2\x85".to_vec())))
        );
    }

    #[test]
    fn a_line_without_exactly_one_reading_is_refused() {
        for rest in [
            &b""[..],
            b"\"",
            b"\"\"",
            b"\"GET / HTTP/1.1\" 527a2fa7 \"\"",
            b"\"GET / HTTP/1.1\" 527a2fa7 \"\" 527a2fa7 \"",
            b"\"a\" 527a2fa7 \"b\" 527a2fa7 \"c\" 527a2fa7 \"d\"",
            b"\"a\" 527a2fa8 \"b\" 527a2fa8 \"c\"",
            b"\"a\" 527a2fa7 \"b\" 527a2fa7 \"c\" ",
        ] {
            assert!(read(rest).is_err(), "{}", rest.escape_ascii());
        }
        let whole = format!("{HEAD}\"a\" 527a2fa7 \"b\" 527a2fa7 \"c\"\n");
        assert_eq!(requests(whole.as_bytes()).map(|requests| requests.len()).ok(), Some(1));
        for (from, to) in [
            ("127.0.0.1", "localhost"),
            (" - -", " -  -"),
            (" [", " "),
            (" 400 ", " 4000 "),
            (" 150 ", " -150 "),
            (" 150 ", " 99999999999999999999 "),
            (" 1.050 ", " 1.05 "),
            (" 1.050 ", " 1050 "),
            (" 527a2fa7527", " 527A2FA7527"),
            ("527a2fa7 ", "527a2fa70 "),
            ("\n", ""),
        ] {
            let wrong = requests(format!("{whole}{}", whole.replacen(from, to, 1)).as_bytes()).unwrap_err();
            assert!(wrong.to_string().starts_with("2: "), "{from:?} to {to:?}: {wrong}");
        }
        assert!(requests(b"").is_err());
    }

    #[test]
    fn only_a_well_formed_request_line_has_a_method() {
        assert_eq!(method_and_path(b"GET /a?b HTTP/1.1"), (Some("GET"), &b"/a?b"[..]));
        for line in [&b""[..], b"GET /", b"get / HTTP/1.1", b"GET / x HTTP/1.1", b" / HTTP/1.1", b"\x16\x03"]
        {
            assert_eq!(method_and_path(line), (None, line));
        }
    }

    #[test]
    fn durations_keep_their_milliseconds() {
        let line = format!("{HEAD}\"a\" 527a2fa7 \"b\" 527a2fa7 \"c\"");
        assert_eq!(request(line.as_bytes()).unwrap().duration, Duration::from_millis(1050));
    }
}
