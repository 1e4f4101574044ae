//! The lines between which recovered records stand, by the logger `kakashi`.

use kakashi_core::wire::read_context;
use kakashi_core::{
    Clock as _, Encoder as _, EncoderCache, Field, LogLevel, LogRecord, Name, Output, Text, Timestamp, Value,
};

use super::damage::Damage;
use super::kept_records::KeptSummary;
use crate::clock::SystemClock;
use crate::segment::kept_entry;
use crate::segment::layout::ProcessHeader;

/// Where a process's records begin.
const BEGIN: &str = "Recovered from a process that ended before these records were written";
/// Where they end.
const END: &str = "End of the recovered records";

/// What the lines say.
#[derive(Debug)]
pub(crate) struct Announcement<'a> {
    pub(crate) process: Option<&'a ProcessHeader>,
    pub(crate) ended: EndOfProcess,
    /// How many records come.
    pub(crate) records: usize,
    /// How many of them may stand at the destination already.
    pub(crate) may_be_repeated: usize,
    pub(crate) damage: Damage,
}

/// How a process seems to have ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EndOfProcess {
    /// It had the time to write, and could not.
    ByItself,
    /// It had not.
    Killed,
    /// The machine was started after the process.
    WithMachine,
}

impl EndOfProcess {
    /// Judges by what its file says, and by when this machine was started, in seconds since 1970.
    pub(crate) fn judge(is_closed: bool, started: Option<i64>, machine_started: Option<i64>) -> Self {
        let is_older =
            |machine: i64| started.is_some_and(|started| started.div_euclid(1_000_000_000) < machine);
        match () {
            () if is_closed => Self::ByItself,
            () if machine_started.is_some_and(is_older) => Self::WithMachine,
            () => Self::Killed,
        }
    }

    /// Says it to a person.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::ByItself => "by itself, and could not write them",
            Self::Killed => "killed, or crashed",
            Self::WithMachine => "killed, crashed, or with the machine, which was started since",
        }
    }
}

impl Announcement<'_> {
    /// Hands over the record before the recovered ones.
    pub(crate) fn begin<R>(&self, then: impl FnOnce(&LogRecord<'_>) -> R) -> R {
        let records = self.records as u64;
        let mut fields = vec![
            Field { key: "ended", value: Value::Str(self.ended.text()) },
            Field { key: "records", value: Value::U64(records) },
        ];
        if self.may_be_repeated > 0 {
            fields.push(Field { key: "may_be_repeated", value: Value::U64(self.may_be_repeated as u64) });
        }
        self.record(LogLevel::Warning, BEGIN, &fields, then)
    }

    /// Hands over the record behind them.
    pub(crate) fn end<R>(&self, then: impl FnOnce(&LogRecord<'_>) -> R) -> R {
        let damage = self.damage.to_string();
        let mut fields = vec![Field { key: "records", value: Value::U64(self.records as u64) }];
        let mut level = LogLevel::Info;
        if self.damage.is_any() {
            fields.push(Field { key: "damaged", value: Value::Str(&damage) });
            level = LogLevel::Warning;
        }
        self.record(level, END, &fields, then)
    }

    fn record<R>(
        &self,
        level: LogLevel,
        message: &str,
        more: &[Field<'_>],
        then: impl FnOnce(&LogRecord<'_>) -> R,
    ) -> R {
        let started = self.process.map(|process| time_text(process.started));
        let mut fields = Vec::new();
        if let (Some(process), Some(started)) = (self.process, &started) {
            fields.push(Field { key: "program", value: Value::Str(&process.program) });
            fields.push(Field { key: "pid", value: Value::U64(process.pid.into()) });
            fields.push(Field { key: "started", value: Value::Str(started) });
        }
        fields.extend_from_slice(more);
        let record = LogRecord::new(SystemClock.now(), level, const { Name::new("kakashi") }, message);
        then(&record.with_fields(&fields))
    }
}

/// What the lines say between which those stand that the flight recorder had kept.
#[derive(Debug)]
pub(crate) struct KeptAnnouncement<'a> {
    /// The highest level of them.
    pub(crate) level: LogLevel,
    pub(crate) reason: &'a str,
    pub(crate) records: usize,
    pub(crate) summary: &'a KeptSummary,
}

impl KeptAnnouncement<'_> {
    /// Hands over the record before them, as the process would have written it.
    pub(crate) fn begin<R>(&self, then: impl FnOnce(&LogRecord<'_>) -> R) -> R {
        let since = self.summary.since.map(timestamp_text).unwrap_or_default();
        let fields = [
            Field { key: "reason", value: Value::Str(self.reason) },
            Field { key: "records", value: Value::U64(self.records as u64) },
            Field { key: "overwritten", value: Value::U64(self.summary.overwritten) },
            Field { key: "since", value: Value::Str(&since) },
        ];
        self.record(kept_entry::BEGIN, &fields, then)
    }

    /// Hands over the record behind them.
    pub(crate) fn end<R>(&self, then: impl FnOnce(&LogRecord<'_>) -> R) -> R {
        self.record(kept_entry::END, &[Field { key: "reason", value: Value::Str(self.reason) }], then)
    }

    fn record<R>(&self, message: &str, fields: &[Field<'_>], then: impl FnOnce(&LogRecord<'_>) -> R) -> R {
        let record = LogRecord::new(SystemClock.now(), self.level, const { Name::new("kakashi") }, message);
        // What is damaged is left out.
        let base = read_context(&self.summary.base).unwrap_or_default();
        then(&record.with_fields(fields).with_context(base))
    }
}

/// Writes nanoseconds since 1970 as records have their times.
pub(crate) fn time_text(nanos: i64) -> String {
    timestamp_text(Timestamp::Wall(nanos))
}

fn timestamp_text(time: Timestamp) -> String {
    let mut room = [0; 64];
    let mut out = Output::new(&mut room);
    let record = LogRecord::new(time, LogLevel::Info, const { Name::new("") }, "");
    Text.encode(&record, &mut EncoderCache::new(), &mut out);
    let line = String::from_utf8_lossy(out.written());
    line.split(' ').next().unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(record: &LogRecord<'_>) -> String {
        let mut room = [0; 1000];
        let mut out = Output::new(&mut room);
        Text.encode(record, &mut EncoderCache::new(), &mut out);
        let line = String::from_utf8_lossy(out.written()).into_owned();
        line.split_once(' ').map(|(_, rest)| rest.into()).unwrap_or_default()
    }

    #[test]
    fn the_lines_say_whose_records_stand_between_them_and_what_is_wrong_with_them() {
        let process = ProcessHeader {
            nonce: 1,
            pid: 4711,
            uid: 1000,
            started: 1_795_342_320_123_456_789,
            program: "shop".into(),
        };
        let mut announcement = Announcement {
            process: Some(&process),
            ended: EndOfProcess::Killed,
            records: 12,
            may_be_repeated: 0,
            damage: Damage::default(),
        };
        assert_eq!(
            announcement.begin(line),
            "WARNING kakashi Recovered from a process that ended before these records were written \
             program=shop pid=4711 started=2026-11-22T10:12:00.123456Z ended=\"killed, or crashed\" records=12\n"
        );
        assert_eq!(
            announcement.end(line),
            "INFO kakashi End of the recovered records program=shop pid=4711 \
             started=2026-11-22T10:12:00.123456Z records=12\n"
        );
        announcement.damage = Damage { segments: 1, records: 2, ..Damage::default() };
        (announcement.process, announcement.may_be_repeated) = (None, 3);
        assert_eq!(
            announcement.begin(line),
            "WARNING kakashi Recovered from a process that ended before these records were written \
             ended=\"killed, or crashed\" records=12 may_be_repeated=3\n"
        );
        assert_eq!(
            announcement.end(line),
            "WARNING kakashi End of the recovered records records=12 \
             damaged=\"1 segment can't be read; 2 records can't be read\"\n"
        );
    }

    #[test]
    fn how_a_process_ended_is_judged_by_what_it_has_left() {
        let second = 1_000_000_000;
        let judge = |is_closed, machine| EndOfProcess::judge(is_closed, Some(5 * second), machine);
        assert_eq!(judge(true, Some(9)), EndOfProcess::ByItself);
        assert_eq!(judge(false, Some(6)), EndOfProcess::WithMachine);
        assert_eq!(judge(false, Some(5)), EndOfProcess::Killed);
        assert_eq!(judge(false, None), EndOfProcess::Killed);
    }
}
