//! Lines of one's own.

use kakashi_core::{Encoder as _, Field, LogLevel, LogRecord, Name, Text, Timestamp};
use kakashi_tests::harness::lines;
use kakashi_tests::model::strategies;
use kakashi_tests::oracle::json::is_control;
use proptest::prelude::*;

use crate::random::crowded;

fn line(pattern: &str, record: &LogRecord<'_>) -> String {
    lines::line(&Text::pattern(pattern).expect("a pattern"), record)
}

fn at(seconds: i64) -> LogRecord<'static> {
    LogRecord::new(Timestamp::Wall(seconds * 1_000_000_000), LogLevel::Info, Name::new("shop"), "Ready")
}

#[test]
fn a_line_has_what_its_pattern_says() {
    let fields = [Field::new("request", "r 7"), Field::new("id", &1042)];
    let record = LogRecord::new(
        Timestamp::Wall(1_795_342_320_123_456_789),
        LogLevel::Warning,
        Name::new("é"),
        "Stock is low",
    );
    let record = record.with_fields(&fields);
    assert_eq!(
        line("{time:%H:%M:%S%.3f} {level:5} {logger} {message} {fields}", &record),
        "10:12:00.123 WARNING é Stock is low request=\"r 7\" id=1042\n"
    );
    assert_eq!(line("{level:9}|{logger:3}|{logger:>3}|{level:<3}", &record), "WARNING  |é  |  é|WARNING\n");
    assert_eq!(line("{{{fields.request}}} {fields.none} {fields}", &record), "{\"r 7\"} - id=1042\n");
    assert_eq!(line("{file}:{line} {module}", &record), "-:- -\n");
    assert_eq!(line("{message} {fields}", &at(0)), "Ready\n");
    assert_eq!(line("{time:%T%.9f %6f %3f}", &record), "10:12:00.123456789 123456 123\n");
}

/// As GNU date writes them: `TZ=UTC LC_ALL=C date -d @… '+%Y %y …'`.
#[test]
fn times_are_those_of_strftime() {
    let pattern = "{time:%Y %y %m %b %d %e %j %a %F %H %I %p %M %S %T %s %z %:z %Z %%}";
    let expected = [
        (
            1_795_342_320,
            "2026 26 11 Nov 22 22 326 Sun 2026-11-22 10 10 AM 12 00 10:12:00 1795342320 +0000 +00:00 UTC %",
        ),
        (
            951_782_399,
            "2000 00 02 Feb 28 28 059 Mon 2000-02-28 23 11 PM 59 59 23:59:59 951782399 +0000 +00:00 UTC %",
        ),
        (-1, "1969 69 12 Dec 31 31 365 Wed 1969-12-31 23 11 PM 59 59 23:59:59 -1 +0000 +00:00 UTC %"),
        (
            1_735_689_599,
            "2024 24 12 Dec 31 31 366 Tue 2024-12-31 23 11 PM 59 59 23:59:59 1735689599 +0000 +00:00 UTC %",
        ),
        (
            1_704_067_200,
            "2024 24 01 Jan 01  1 001 Mon 2024-01-01 00 12 AM 00 00 00:00:00 1704067200 +0000 +00:00 UTC %",
        ),
    ];
    for (seconds, text) in expected {
        assert_eq!(line(pattern, &at(seconds)), format!("{text}\n"));
    }
    let uptime = LogRecord::new(Timestamp::Uptime(1_500_000_000), LogLevel::Info, Name::new("l"), "m");
    assert_eq!(line("{time:%H} {message}", &uptime), "+1.500000s m\n");
}

#[test]
fn a_wrong_pattern_is_told_where_and_what_would_be_right() {
    let cases = [
        (
            "{time} {mesage}",
            "character 9: unknown placeholder \"mesage\": use time, level, logger, message, module, file, line, \
             fields or fields.KEY",
        ),
        ("é {level", "character 3: a placeholder without an end: write } after it, or {{ for a brace"),
        ("{level} }", "character 9: a brace alone: write }} for a brace"),
        ("{level:x}", "character 8: \"x\" is no width: write 1 to 255, or >5 to pad on the left"),
        ("{level:256}", "character 8: \"256\" is no width: write 1 to 255, or >5 to pad on the left"),
        ("{fields:5}", "character 9: fields have no width: write {fields}"),
        ("{level}\n", "character 8: '\\n' may not stand in a line: leave it out"),
        ("{time:%H\u{1b}}", "character 9: this character may not stand in a line: leave it out"),
        (
            "{time:local:%H}",
            "character 7: times are in UTC here: leave `local` out, or use kakashi_std::local_pattern (feature local-time)",
        ),
    ];
    for (pattern, expected) in cases {
        assert_eq!(Text::pattern(pattern).expect_err("wrong").to_string(), expected, "{pattern:?}");
    }
    for (pattern, at, part) in [("{time:%H:%Q}", 10, "%Q"), ("{time:é%.4f}", 8, "%.4f"), ("{time:%}", 7, "%")]
    {
        let error = Text::pattern(pattern).expect_err("wrong");
        assert_eq!(error.position(), at);
        assert!(error.to_string().contains(&format!("unknown part of a time {part:?}: use %Y")), "{error}");
    }
}

#[test]
fn local_times_have_their_zones_offset() {
    let kathmandu = |pattern: &str| Text::pattern_in_zone(pattern, |_| 20_700);
    let written = |pattern: &str| lines::line(&kathmandu(pattern).expect("a pattern"), &at(1_795_375_800));
    assert_eq!(
        written("{time} {time:local}"),
        "2026-11-22T19:30:00.000000Z 2026-11-23T01:15:00.000000+05:45\n"
    );
    assert_eq!(written("{time:local:%a %e %b %H:%M %z %s}"), "Mon 23 Nov 01:15 +0545 1795375800\n");
    assert_eq!(written("{time:%H:%M%:z} {time:local:%H:%M%:z}"), "19:30+00:00 01:15+05:45\n");
    let west = Text::pattern_in_zone("{time:local:%H:%M%:z}", |_| -12_600).expect("a pattern");
    assert_eq!(lines::line(&west, &at(0)), "20:30-03:30\n");
    let error = kathmandu("{time:local:%H %Z}").expect_err("no name");
    assert_eq!(error.to_string(), "character 16: the zone's name is not known: use %z or %:z");
}

/// In a process of its own, which has another zone: summer and winter, and the minute between.
#[test]
fn the_systems_zone_is_found() {
    const NAME: &str = "pattern::the_systems_zone_is_found";
    if std::env::var_os("KAKASHI_TEST_ZONE").is_some() {
        let pattern = kakashi_std::local_pattern("{time:local:%FT%T%:z}").expect("a pattern");
        // The clock goes back on 2026-10-25 at 01:00 UTC.
        let times = [1_792_889_999, 1_792_890_000, 1_795_342_320, 1_782_864_000];
        print!("{}", times.map(|seconds| lines::line(&pattern, &at(seconds))).concat());
        return;
    }
    let child = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", NAME, "--nocapture", "-q"])
        .env("KAKASHI_TEST_ZONE", "yes")
        .env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        .output()
        .expect("it runs");
    let output = String::from_utf8(child.stdout).expect("text");
    let expected = "2026-10-25T02:59:59+02:00\n2026-10-25T02:00:00+01:00\n2026-11-22T11:12:00+01:00\n2026-07-01T02:00:00+02:00\n";
    assert!(output.contains(expected), "{output}");
}

#[test]
fn only_one_pattern_and_its_clones_share_what_they_write() {
    let pattern = Text::pattern("{message}").expect("a pattern");
    let other = Text::pattern("{level}").expect("a pattern");
    assert_eq!(pattern.line_form(), pattern.clone().line_form());
    assert_ne!(pattern.line_form(), other.line_form());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_pattern_of_the_text_line_writes_the_text_line(record in prop_oneof![strategies::record(), crowded()]) {
        let prepared = record.prepare();
        let (text, own) = prepared.with(|borrowed| {
            (lines::line(&Text, borrowed), line("{time} {level} {logger} {message} {fields}", borrowed))
        });
        prop_assert_eq!(own, text);
    }

    #[test]
    fn one_record_stays_one_line(record in strategies::record()) {
        let patterns = [
            "{fields.a:>40}{fields}{message:>200}{file:>30}{module:>30} {logger:>255}|",
            "{time:%FT%T%.9f%:z} {message}",
        ];
        let prepared = record.prepare();
        for pattern in patterns {
            let line = prepared.with(|borrowed| line(pattern, borrowed));
            let body = line.strip_suffix('\n').expect("a line ends with LF");
            prop_assert!(!body.contains(is_control), "{line:?}");
        }
    }

    #[test]
    fn any_text_is_a_pattern_or_an_error_with_a_place_in_it(pattern in "[{}a-z.:<>% \u{e9}\n0-9]{0,30}|\\PC{0,20}") {
        match Text::pattern(&pattern) {
            Ok(encoder) => {
                let line = lines::line(&encoder, &at(0));
                prop_assert_eq!(line.matches('\n').count(), 1);
            }
            Err(error) => prop_assert!((1..=pattern.chars().count()).contains(&error.position()), "{}", error),
        }
    }
}
