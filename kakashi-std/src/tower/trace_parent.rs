//! The header `traceparent` of W3C Trace Context (level 1, section 3.2).

use http::{HeaderMap, HeaderName};

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The ids of a trace, and of the caller's span in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TraceParent<'a> {
    pub(super) trace_id: &'a str,
    pub(super) span_id: &'a str,
}

impl<'a> TraceParent<'a> {
    /// Reads the header; none where there is none, more than one, or one that is not valid.
    pub(super) fn of(headers: &'a HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(&TRACEPARENT).iter();
        let value = values.next()?.to_str().ok()?;
        if values.next().is_some() { None } else { Self::parse(value) }
    }

    fn parse(value: &'a str) -> Option<Self> {
        let mut parts = value.trim().split('-');
        let mut part = |len| parts.next().filter(|part| is_lower_hex(part, len));
        let (version, trace_id, span_id) = (part(2)?, part(32)?, part(16)?);
        part(2)?;
        // A later version may have more; of this one there is no more.
        let is_whole = version != "00" || parts.next().is_none();
        let is_id = |id: &str| id.bytes().any(|digit| digit != b'0');
        (is_whole && version != "ff" && is_id(trace_id) && is_id(span_id))
            .then_some(Self { trace_id, span_id })
    }
}

fn is_lower_hex(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_valid_header_gives_both_ids() {
        let ids = TraceParent { trace_id: "0af7651916cd43dd8448eb211c80319c", span_id: "b7ad6b7169203331" };
        assert_eq!(TraceParent::parse(VALID), Some(ids));
        assert_eq!(TraceParent::parse(&VALID.replacen("00", "cc", 1)), Some(ids));
        assert_eq!(TraceParent::parse(&(VALID.replacen("00", "cc", 1) + "-later")), Some(ids));
    }

    #[test]
    fn a_header_that_is_not_valid_gives_none() {
        let zeros = |len| "0".repeat(len);
        let wrong = [
            String::new(),
            VALID.replacen("00", "ff", 1),
            VALID.to_uppercase(),
            VALID[..54].into(),
            format!("{VALID}-more"),
            VALID.replace("0af7651916cd43dd8448eb211c80319c", &zeros(32)),
            VALID.replace("b7ad6b7169203331", &zeros(16)),
            VALID.replace("b7ad6b7169203331", "b7ad6b71692033"),
            VALID.replace('-', "_"),
        ];
        for text in &wrong {
            assert_eq!(TraceParent::parse(text), None, "{text}");
        }
        let mut headers = HeaderMap::new();
        assert_eq!(TraceParent::of(&headers), None);
        headers.append("traceparent", VALID.parse().unwrap());
        assert!(TraceParent::of(&headers).is_some());
        headers.append("traceparent", VALID.parse().unwrap());
        assert_eq!(TraceParent::of(&headers), None, "which one counts is not known");
    }
}
