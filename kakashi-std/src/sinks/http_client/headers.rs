//! Headers that a program gives; their values may be secrets.

use std::fmt;

use ureq::http::{HeaderName, HeaderValue};

/// Names and values, the values of which nobody prints.
#[derive(Clone, Default)]
pub(crate) struct Headers(Vec<(String, String)>);

/// What the client says itself, by the body that it sends.
const OF_THE_BODY: [&str; 3] = ["content-encoding", "content-length", "transfer-encoding"];

impl Headers {
    pub(crate) fn push(&mut self, name: String, value: String) {
        self.0.push((name, value));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// Finds a header that no request may have: with other characters, or about the body.
    pub(crate) fn refused(&self) -> Option<&str> {
        let is_refused = |&(name, value): &(&str, &str)| {
            HeaderName::from_bytes(name.as_bytes()).is_err()
                || HeaderValue::from_str(value).is_err()
                || OF_THE_BODY.iter().any(|own| own.eq_ignore_ascii_case(name))
        };
        self.iter().find(is_refused).map(|(name, _)| name)
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(name, _)| (name, "…"))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, value: &str) -> Headers {
        let mut headers = Headers::default();
        headers.push(name.to_owned(), value.to_owned());
        headers
    }

    #[test]
    fn a_header_that_no_request_may_have_is_named() {
        for (name, value) in [("a b", "1"), ("", "1"), ("a", "1\n2"), ("Content-Length", "1"), ("ä", "1")] {
            assert_eq!(of(name, value).refused(), Some(name));
        }
        assert_eq!(of("x-tenant", "blue").refused(), None);
    }

    #[test]
    fn values_are_not_printed() {
        let headers = of("authorization", "secret");
        assert_eq!(format!("{headers:?}"), r#"{"authorization": "…"}"#);
        assert!(headers.has("Authorization") && !headers.has("author"));
    }
}
