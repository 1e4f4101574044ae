//! The flight recorder in a file.

use std::collections::BTreeMap;

use kakashi_core::LogLevel;
use serde::Deserialize;

use super::values::{LoggerPrefix, Threshold, with};
use crate::flight_recorder::settings::{FlightRecorder, Trigger};

/// What is kept, and when it is written; or that nothing is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FlightRecorderTable {
    enabled: Option<bool>,
    level: Option<Threshold>,
    levels: BTreeMap<LoggerPrefix, Threshold>,
    bytes_per_thread: Option<usize>,
    bytes_per_scope: Option<usize>,
    bytes_in_all: Option<usize>,
    on: Vec<TriggerName>,
    dumps_per_minute: Option<u32>,
    on_death: Option<bool>,
}

impl FlightRecorderTable {
    /// Returns none if it is to be off.
    pub(super) fn recorder(self) -> Option<FlightRecorder> {
        if self.enabled == Some(false) {
            return None;
        }
        let mut recorder = FlightRecorder::new();
        recorder = with(recorder, self.level, |recorder, Threshold(level)| recorder.level(level));
        for (LoggerPrefix(prefix), Threshold(level)) in self.levels {
            recorder = recorder.level_of(&prefix, level);
        }
        recorder = with(recorder, self.bytes_per_thread, FlightRecorder::bytes_per_thread);
        recorder = with(recorder, self.bytes_per_scope, FlightRecorder::bytes_per_scope);
        recorder = with(recorder, self.bytes_in_all, FlightRecorder::bytes_in_all);
        recorder = with(recorder, self.dumps_per_minute, FlightRecorder::dumps_per_minute);
        recorder = with(recorder, self.on_death, FlightRecorder::on_death);
        Some(self.on.into_iter().fold(recorder, |recorder, TriggerName(trigger)| recorder.on(trigger)))
    }
}

/// A trigger's name: a level's, or one of the others'.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct TriggerName(Trigger);

impl TryFrom<String> for TriggerName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match &*text {
            "panic" => Ok(Self(Trigger::Panic)),
            "failed_scope" => Ok(Self(Trigger::FailedScope)),
            #[cfg(all(feature = "signals", unix))]
            "user_signal" => Ok(Self(Trigger::UserSignal)),
            _ => LogLevel::from_name(&text).map(|level| Self(Trigger::Record(level))).map_err(|_| {
                format!("{text:?} is no trigger: use panic, failed_scope, user_signal (feature `signals`, Unix) or a level's name")
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use kakashi_core::LevelFilter;

    use super::*;

    #[test]
    fn a_table_says_what_a_recorder_can_say() {
        let table: FlightRecorderTable = toml::from_str(
            "level = 'debug'\nlevels = { hyper = 'off' }\nbytes_per_thread = 4096\nbytes_per_scope = 2048\n\
             bytes_in_all = 65_536\non = ['warning', 'panic', 'failed_scope']\ndumps_per_minute = 7",
        )
        .unwrap();
        let expected = FlightRecorder::new()
            .level(LogLevel::Debug)
            .level_of("hyper", LevelFilter::OFF)
            .bytes_per_thread(4096)
            .bytes_per_scope(2048)
            .bytes_in_all(65_536)
            .on(Trigger::Record(LogLevel::Warning))
            .on(Trigger::Panic)
            .on(Trigger::FailedScope)
            .dumps_per_minute(7);
        assert_eq!(table.recorder(), Some(expected));
        assert_eq!(FlightRecorderTable::default().recorder(), Some(FlightRecorder::new()));
        assert_eq!(toml::from_str::<FlightRecorderTable>("enabled = false").unwrap().recorder(), None);
        for wrong in ["on = ['sometimes']", "bytes = 7", "levels = { 'a::*' = 'debug' }"] {
            assert!(toml::from_str::<FlightRecorderTable>(wrong).is_err(), "{wrong}");
        }
    }
}
