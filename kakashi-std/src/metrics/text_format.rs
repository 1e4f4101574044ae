//! The text formats of Prometheus and OpenMetrics.

use std::fmt::Write as _;

use super::family::{Family, MetricKind, MetricUnit, Point};

/// A format in which metrics are read by a scraper.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum TextFormat {
    /// Prometheus's own, version 0.0.4: what everything reads.
    #[default]
    Prometheus,
    /// OpenMetrics 1.0: with units, and an end that shows that nothing is missing.
    OpenMetrics,
}

impl TextFormat {
    /// Returns the format that a request asks for, by its header `Accept`.
    ///
    /// ```
    /// use kakashi_std::metrics::TextFormat;
    ///
    /// let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
    /// assert_eq!(TextFormat::accepted_by(prometheus), TextFormat::OpenMetrics);
    /// assert_eq!(TextFormat::accepted_by("*/*"), TextFormat::Prometheus);
    /// ```
    pub fn accepted_by(accept: &str) -> Self {
        let (mut open_metrics, mut plain) = (0.0, 0.0_f32);
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let media_type = parts.next().unwrap_or_default();
            let (mut quality, mut is_version) = (1.0_f32, true);
            for (key, value) in parts.filter_map(|part| part.split_once('=')) {
                match key.trim() {
                    "q" => quality = value.trim().parse().unwrap_or(0.0),
                    "version" => is_version = value.trim().trim_matches('"') == "1.0.0",
                    _ => {}
                }
            }
            if media_type.eq_ignore_ascii_case("application/openmetrics-text") && is_version {
                open_metrics = quality.max(open_metrics);
            } else if media_type.eq_ignore_ascii_case("text/plain") {
                plain = quality.max(plain);
            }
        }
        if open_metrics > 0.0 && open_metrics >= plain { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// Returns the value of the answer's header `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// Writes metrics.
    pub(super) fn text(self, families: &[Family<'_>]) -> String {
        let points: usize = families.iter().map(|family| family.points.len()).sum();
        let mut out = String::with_capacity(256 * families.len() + 128 * points);
        for family in families.iter().filter(|family| !family.points.is_empty()) {
            self.put_family(family, &mut out);
        }
        if self == Self::OpenMetrics {
            out.push_str("# EOF\n");
        }
        out
    }

    fn put_family(self, family: &Family<'_>, out: &mut String) {
        let base = format!("kakashi_{}", family.name.join("_"));
        let (kind, suffix) = match family.kind {
            MetricKind::Counter => ("counter", "_total"),
            MetricKind::Gauge => ("gauge", ""),
        };
        // OpenMetrics names the family, Prometheus the samples.
        let name_end = if self == Self::OpenMetrics { "" } else { suffix };
        // Nothing has to be escaped in our texts. Memory takes everything.
        let _ = writeln!(out, "# HELP {base}{name_end} {}", family.help);
        let _ = writeln!(out, "# TYPE {base}{name_end} {kind}");
        if self == Self::OpenMetrics && family.unit == MetricUnit::Bytes {
            let _ = writeln!(out, "# UNIT {base} bytes");
        }
        for Point { labels, value } in &family.points {
            out.push_str(&base);
            out.push_str(suffix);
            let mut before = '{';
            for (label, text) in labels.iter().flatten() {
                let _ = write!(out, "{before}{label}=\"");
                put_escaped(text, out);
                out.push('"');
                before = ',';
            }
            if before == ',' {
                out.push('}');
            }
            let _ = writeln!(out, " {value}");
        }
    }
}

/// Appends a label's value as both formats have it: any characters but these three stand for
/// themselves.
fn put_escaped(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn families() -> Vec<Family<'static>> {
        let point = |name, value| Point { labels: [Some(("destination", name)), None, None], value };
        vec![
            Family {
                name: &["written", "bytes"],
                help: "Bytes.",
                kind: MetricKind::Counter,
                unit: MetricUnit::Bytes,
                points: vec![point("a\\b\"c\nd\u{e9}", 7), point("", 0)],
            },
            Family {
                name: &["records", "waiting"],
                help: "Records.",
                kind: MetricKind::Gauge,
                unit: MetricUnit::Records,
                points: vec![Point { labels: [None; 3], value: usize::MAX }],
            },
            Family {
                name: &["nothing"],
                help: "Not a point.",
                kind: MetricKind::Counter,
                unit: MetricUnit::Calls,
                points: Vec::new(),
            },
        ]
    }

    #[test]
    fn the_text_is_as_prometheus_writes_it() {
        let expected = "# HELP kakashi_written_bytes_total Bytes.\n\
            # TYPE kakashi_written_bytes_total counter\n\
            kakashi_written_bytes_total{destination=\"a\\\\b\\\"c\\nd\u{e9}\"} 7\n\
            kakashi_written_bytes_total{destination=\"\"} 0\n\
            # HELP kakashi_records_waiting Records.\n\
            # TYPE kakashi_records_waiting gauge\n";
        let text = TextFormat::Prometheus.text(&families());
        assert_eq!(text, format!("{expected}kakashi_records_waiting {}\n", usize::MAX));
    }

    #[test]
    fn the_text_is_as_open_metrics_has_it() {
        let text = TextFormat::OpenMetrics.text(&families());
        assert!(text.starts_with(
            "# HELP kakashi_written_bytes Bytes.\n\
             # TYPE kakashi_written_bytes counter\n\
             # UNIT kakashi_written_bytes bytes\n\
             kakashi_written_bytes_total{destination="
        ));
        assert!(text.ends_with("\n# EOF\n"));
    }

    #[test]
    fn a_request_gets_the_format_that_it_prefers() {
        use TextFormat::{OpenMetrics, Prometheus};
        for (accept, expected) in [
            ("", Prometheus),
            ("text/html, */*", Prometheus),
            ("application/openmetrics-text", OpenMetrics),
            ("Application/OpenMetrics-Text; version=\"1.0.0\"; charset=utf-8", OpenMetrics),
            ("application/openmetrics-text; version=0.0.1", Prometheus),
            ("application/openmetrics-text;version=1.0.0;q=0", Prometheus),
            ("application/openmetrics-text;version=1.0.0;q=0.2,text/plain;q=0.5", Prometheus),
            ("text/plain;q=0.2 , application/openmetrics-text ; version=1.0.0 ; q=0.5", OpenMetrics),
            (";;=,q=,,", Prometheus),
        ] {
            assert_eq!(TextFormat::accepted_by(accept), expected, "{accept}");
        }
    }
}
