//! Which records are shown.

use kakashi_core::Levels;
use kakashi_std::{LevelFilter, LogLevel, LogRecord};

use super::field_condition::{Comparison, FieldCondition, FieldTest, WantedValue, has_part};

/// Tests records against the filters of the command line.
#[derive(Debug)]
pub(crate) struct RecordFilter {
    level: LevelFilter,
    /// Enables the loggers of `--logger`: names match as in a program's level directives.
    loggers: Levels,
    fields: Vec<KeyConditions>,
}

/// All conditions on the field of one key.
#[derive(Debug, Default)]
struct KeyConditions {
    key: String,
    /// Whether the field must exist.
    present: bool,
    /// The field must have one of these values, if there are any.
    any_of: Vec<WantedValue>,
    none_of: Vec<WantedValue>,
    /// All must hold.
    compared: Vec<(Comparison, WantedValue)>,
    /// The field's text must have all of these parts.
    parts: Vec<String>,
}

impl RecordFilter {
    /// Makes the filter; without loggers it shows all of them.
    pub(crate) fn new(level: LevelFilter, loggers: &[String], conditions: &[FieldCondition]) -> Self {
        let mut levels = Levels::default();
        levels.set_global(if loggers.is_empty() { LevelFilter::ALL } else { LevelFilter::OFF });
        loggers.iter().for_each(|logger| levels.set_prefix(logger, LevelFilter::ALL));
        let mut fields: Vec<KeyConditions> = Vec::new();
        for FieldCondition { key, test } in conditions {
            let at = fields.iter().position(|of_key| of_key.key == *key).unwrap_or(fields.len());
            if at == fields.len() {
                fields.push(KeyConditions { key: key.clone(), ..KeyConditions::default() });
            }
            let of_key = &mut fields[at];
            match test {
                FieldTest::Present => of_key.present = true,
                FieldTest::Is(wanted) => of_key.any_of.push(wanted.clone()),
                FieldTest::IsNot(wanted) => of_key.none_of.push(wanted.clone()),
                FieldTest::Compares(how, wanted) => of_key.compared.push((*how, wanted.clone())),
                FieldTest::Contains(part) => of_key.parts.push(part.clone()),
            }
        }
        Self { level, loggers: levels, fields }
    }

    /// Tells whether a record passes the filters of level and logger.
    pub(crate) fn may_show(&self, record: &LogRecord<'_>) -> bool {
        self.level.enables(record.level) && self.loggers.of(record.logger.text()).enables(record.level)
    }

    /// Tells whether a record passes the filters of fields.
    pub(crate) fn fields_hold(&self, record: &LogRecord<'_>) -> bool {
        self.fields.iter().all(|of_key| of_key.holds(record))
    }

    /// Tells whether announcements of dropped records are shown: by their level only,
    /// because any dropped record might have passed the other filters.
    pub(crate) fn shows_drops(&self) -> bool {
        self.level.enables(LogLevel::Warning)
    }
}

impl KeyConditions {
    fn holds(&self, record: &LogRecord<'_>) -> bool {
        match record.field(&self.key) {
            None => {
                !self.present && self.any_of.is_empty() && self.compared.is_empty() && self.parts.is_empty()
            }
            Some(value) => {
                (self.any_of.is_empty() || self.any_of.iter().any(|wanted| wanted.is(&value)))
                    && !self.none_of.iter().any(|wanted| wanted.is(&value))
                    && self.compared.iter().all(|(how, wanted)| {
                        wanted.ordering_of(&value).is_some_and(|ordering| how.holds(ordering))
                    })
                    && self.parts.iter().all(|part| has_part(&value, part))
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use kakashi_core::Name;
    use kakashi_std::{Timestamp, fields};

    use super::*;

    /// Makes a filter of what stands on a command line.
    pub(crate) fn filter(level: &str, loggers: &[&str], conditions: &[&str]) -> RecordFilter {
        let loggers: Vec<_> = loggers.iter().map(|&logger| logger.to_owned()).collect();
        let conditions: Vec<_> = conditions.iter().map(|text| text.parse().unwrap()).collect();
        RecordFilter::new(level.parse().unwrap(), &loggers, &conditions)
    }

    fn shown(filter: &RecordFilter, level: LogLevel, logger: &str) -> bool {
        let record = LogRecord::new(Timestamp::Wall(0), level, Name::new(logger), "Said");
        let fields = fields![user = 42, path = "/a b", ok = true];
        let record = record.with_fields(fields);
        filter.may_show(&record) && filter.fields_hold(&record)
    }

    #[test]
    fn a_level_is_the_lowest_that_is_shown() {
        for (text, lowest) in [("all", 0), ("warning", 3), ("WARN", 3), ("25", 3), ("50", 5), ("off", 6)] {
            let filter = filter(text, &[], &[]);
            for level in LogLevel::ALL {
                assert_eq!(shown(&filter, level, "any"), level.index() >= lowest, "{text} {level}");
            }
            assert_eq!(filter.shows_drops(), lowest <= LogLevel::Warning.index());
        }
    }

    #[test]
    fn a_logger_is_it_and_those_below_it_and_several_are_any_of_them() {
        let filter = filter("all", &["shop::orders", "db"], &[]);
        for (logger, passes) in [
            ("shop::orders", true),
            ("shop::orders::cart", true),
            ("shop::orders.cart", true),
            ("db.pool", true),
            ("shop", false),
            ("shop::orders2", false),
            ("other::db", false),
            ("", false),
        ] {
            assert_eq!(shown(&filter, LogLevel::Trace, logger), passes, "{logger}");
        }
        assert!(filter.shows_drops(), "one of them might have been dropped");
    }

    #[test]
    fn all_conditions_hold_and_of_one_key_any_value_does() {
        for (conditions, passes) in [
            (&["user=42"][..], true),
            (&["user=43"], false),
            (&["user=43", "user=42"], true),
            (&["user=42", "ok=false"], false),
            (&["user=42", "ok=true", "path=/a b"], true),
            (&["user!=43"], true),
            (&["user!=42"], false),
            (&["user!=41", "user!=42"], false),
            (&["user=42", "user!=42"], false),
            (&["user>41", "user<43"], true),
            (&["user>41", "user>42"], false),
            (&["user>=42", "user!=42"], false),
            (&["user=42", "user<40"], false),
            (&["path~/a", "path~b"], true),
            (&["path~/a", "path~c"], false),
            (&["path>=1"], false),
            (&["none<1"], false),
            (&["none~a"], false),
            (&["user"], true),
            (&["none"], false),
            (&["none=1"], false),
            (&["none!=1"], true),
            (&["none!=1", "none"], false),
            (&["level=INFO"], false),
            (&["message=Said"], false),
        ] {
            let filter = filter("all", &[], conditions);
            assert_eq!(shown(&filter, LogLevel::Info, "any"), passes, "{conditions:?}");
            assert!(filter.shows_drops(), "one of them might have been dropped");
        }
    }

    #[test]
    fn a_record_passes_all_kinds_of_filters() {
        let filter = filter("info", &["shop"], &["user=42"]);
        assert!(shown(&filter, LogLevel::Info, "shop::orders"));
        assert!(!shown(&filter, LogLevel::Debug, "shop::orders"));
        assert!(!shown(&filter, LogLevel::Info, "shipping"));
    }
}
