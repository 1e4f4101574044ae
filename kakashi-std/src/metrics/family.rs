//! Metrics as Prometheus and OpenTelemetry have them: families of points with labels.

use kakashi_core::{DropReason, LogLevel};

use super::record_counts::RecordCounts;

/// A metric of one name.
pub(super) struct Family<'a> {
    /// Its words.
    pub(super) name: &'static [&'static str],
    pub(super) help: &'static str,
    pub(super) kind: MetricKind,
    pub(super) unit: MetricUnit,
    pub(super) points: Vec<Point<'a>>,
}

/// How a metric's value moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum MetricKind {
    /// It never goes back.
    Counter,
    Gauge,
}

/// What a metric's value counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum MetricUnit {
    Records,
    Calls,
    Bytes,
}

/// A value, and what it is of: up to three labels.
pub(super) struct Point<'a> {
    pub(super) labels: [Option<(&'static str, &'a str)>; 3],
    pub(super) value: usize,
}

impl<'a> Point<'a> {
    fn new<const N: usize>(labels: [(&'static str, &'a str); N], value: usize) -> Self {
        let mut all = [None; 3];
        for (place, label) in all.iter_mut().zip(labels) {
            *place = Some(label);
        }
        Self { labels: all, value }
    }
}

/// The names of [`LogLevel::ALL`] as labels have them.
const LEVELS: [(LogLevel, &str); LogLevel::ALL.len()] = [
    (LogLevel::Trace, "trace"),
    (LogLevel::Debug, "debug"),
    (LogLevel::Info, "info"),
    (LogLevel::Warning, "warning"),
    (LogLevel::Error, "error"),
    (LogLevel::Critical, "critical"),
];

impl RecordCounts {
    /// Returns the metrics.
    ///
    /// Of a destination all points are there from the beginning, also those of 0: the first drop
    /// is seen as an increase. Of loggers, of which there may be many, those with a count.
    pub(super) fn families(&self) -> Vec<Family<'_>> {
        let counter =
            |name, help, unit, points| Family { name, help, kind: MetricKind::Counter, unit, points };
        let loggers = || self.loggers.iter().flat_map(|logger| LEVELS.map(|level| (logger, level)));
        let destinations = || self.destinations.iter();
        let by_level = || destinations().flat_map(|destination| LEVELS.map(|level| (&destination.0, level)));
        let logged = loggers().map(|(logger, (level, name))| {
            Point::new([("logger", &logger.name), ("level", name)], logger.logged_of(level))
        });
        let queue_drops = loggers().map(|(logger, (level, name))| {
            Point::new([("logger", &logger.name), ("level", name)], logger.dropped.of_level(level))
        });
        let written = by_level().map(|(counts, (level, name))| {
            Point::new([("destination", &counts.name), ("level", name)], counts.written[level.index()])
        });
        let dropped = by_level().flat_map(|(counts, (level, name))| {
            DropReason::ALL.iter().map(move |reason| {
                let labels = [("destination", &*counts.name), ("level", name), ("reason", reason.name())];
                Point::new(labels, counts.stats.dropped.of(level, *reason))
            })
        });
        let bytes = destinations().map(|(counts, _)| (counts, counts.stats.bytes));
        let failures = destinations().map(|(counts, _)| (counts, counts.stats.failures));
        let waiting = destinations().map(|(counts, waiting)| (counts, *waiting));
        vec![
            counter(
                &["records", "logged"],
                "Records that went to a destination or several, once each.",
                MetricUnit::Records,
                logged.filter(|point| point.value > 0).collect(),
            ),
            counter(
                &["records", "written"],
                "Records that a destination took.",
                MetricUnit::Records,
                written.collect(),
            ),
            counter(
                &["records", "dropped"],
                "Records that were not written.",
                MetricUnit::Records,
                dropped.collect(),
            ),
            counter(
                &["queue", "drops"],
                "Records among the dropped ones whose async logger found its queue full.",
                MetricUnit::Records,
                queue_drops.filter(|point| point.value > 0).collect(),
            ),
            Family {
                name: &["records", "waiting"],
                help: "Records that wait for a destination now.",
                kind: MetricKind::Gauge,
                unit: MetricUnit::Records,
                points: of_destinations(waiting),
            },
            counter(
                &["records", "late"],
                "Records of ERROR and above whose destination had not taken them by their deadline.",
                MetricUnit::Records,
                vec![Point::new([], self.late)],
            ),
            counter(
                &["written", "bytes"],
                "Bytes that a destination took.",
                MetricUnit::Bytes,
                of_destinations(bytes),
            ),
            counter(
                &["sink", "failures"],
                "Calls of a sink that it failed.",
                MetricUnit::Calls,
                of_destinations(failures),
            ),
        ]
    }
}

fn of_destinations<'a>(
    values: impl Iterator<Item = (&'a crate::delivery::counters::NamedCounts, usize)>,
) -> Vec<Point<'a>> {
    values.map(|(counts, value)| Point::new([("destination", &*counts.name)], value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_its_name_in_small_letters() {
        assert_eq!(LEVELS.map(|(level, _)| level), LogLevel::ALL);
        assert!(LEVELS.iter().all(|(level, name)| level.name().to_lowercase() == *name));
    }
}
