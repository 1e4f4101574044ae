//! Whatever is written when, by whichever process: each line stands once, in order, over all
//! files, and no file is larger than it may be.

#![cfg(unix)]
#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use kakashi_std::sinks::{RotatingFile, reopen_files};
use kakashi_std::{Batch, Clock, LogLevel, RecordEnd, Sink as _, Timestamp};
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::rotated_files::{contents, names};
use kakashi_tests::harness::wait::eventually;
use proptest::collection::vec;
use proptest::prelude::*;

/// What happens to the files.
#[derive(Clone, Debug)]
enum Step {
    /// A batch of lines of these lengths; the sink takes so many bytes of it, then something
    /// else happens, then the rest.
    Write(Vec<usize>, usize, Between),
    /// Seconds go by, or the clock is set back.
    Wait(i64),
    /// Another process goes on.
    Restart,
    /// The settings are read again.
    OpenAgain,
    Reopen,
}

/// What happens between two parts of a record.
#[derive(Clone, Copy, Debug)]
enum Between {
    Nothing,
    AnHour,
    OpenAgain,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let between = prop_oneof![
        Just(Between::Nothing),
        Just(Between::AnHour),
        Just(Between::OpenAgain),
        Just(Between::Reopen)
    ];
    let step = prop_oneof![
        8 => (vec(1usize..40, 1..8), 0usize..400, between)
            .prop_map(|(lines, taken, between)| Step::Write(lines, taken, between)),
        2 => (-5000i64..90_000).prop_map(Step::Wait),
        1 => Just(Step::Restart),
        1 => Just(Step::OpenAgain),
        1 => Just(Step::Reopen),
    ];
    vec(step, 1..30)
}

fn files(folder: &TestFolder, kind: u8, max_bytes: u64, now: &Arc<AtomicI64>) -> RotatingFile {
    struct HandClock(Arc<AtomicI64>);
    impl Clock for HandClock {
        fn now(&self) -> Timestamp {
            Timestamp::Wall(self.0.load(Ordering::Relaxed) * 1_000_000_000)
        }
    }
    let files = RotatingFile::new(folder.file("a.log")).max_bytes(max_bytes).clock(HandClock(now.clone()));
    let files = if kind & 1 == 0 { files } else { files.numbered() };
    let files = if kind & 2 == 0 { files } else { files.hourly() };
    match kind >> 2 {
        0 => files,
        1 => files.gzip(),
        _ => files.zstd(),
    }
}

/// Each case has files that are compressed: fewer than of other properties.
fn config() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    ProptestConfig { cases: (config.cases / 4).min(500), ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn each_line_stands_once_in_order_over_all_files(kind in 0u8..12, max_bytes in 1u64..200, steps in steps()) {
        let folder = TestFolder::new();
        let now = Arc::new(AtomicI64::new(1_796_040_000));
        let open = || files(&folder, kind, max_bytes, &now).open().unwrap();
        let mut sink = open();
        let (mut expected, mut longest, mut n) = (String::new(), 0, 0);
        for step in steps {
            match step {
                Step::Write(lengths, cut, between) => {
                    let mut end = 0;
                    let mut bytes = String::new();
                    let ends: Vec<_> = lengths
                        .iter()
                        .map(|&len| {
                            n += 1;
                            let line = format!("{n}{}\n", "x".repeat(len));
                            longest = longest.max(line.len() as u64);
                            bytes.push_str(&line);
                            end += line.len();
                            RecordEnd { end, level: LogLevel::Info }
                        })
                        .collect();
                    expected.push_str(&bytes);
                    // As a queue does that hands over a batch in two parts.
                    let cut = cut.min(bytes.len());
                    let (first, mut rest): (Vec<RecordEnd>, Vec<RecordEnd>) =
                        ends.iter().partition(|record| record.end <= cut);
                    let begun_at = first.last().map_or(0, |last| last.end);
                    rest.iter_mut().for_each(|record| record.end -= cut);
                    let bytes = bytes.as_bytes();
                    if cut > 0 {
                        prop_assert_eq!(sink.write(&Batch::new(&bytes[..cut], &first)), Ok(()));
                    }
                    match between {
                        Between::Nothing => {}
                        Between::AnHour => _ = now.fetch_add(3600, Ordering::Relaxed),
                        Between::OpenAgain => sink = open(),
                        Between::Reopen => reopen_files(),
                    }
                    let rest = Batch::new(&bytes[cut..], &rest).continuing(&bytes[begun_at..cut]);
                    if !rest.is_empty() {
                        prop_assert_eq!(sink.write(&rest), Ok(()));
                    }
                }
                Step::Wait(seconds) => {
                    now.fetch_add(seconds, Ordering::Relaxed);
                }
                Step::Restart => {
                    drop(sink);
                    sink = open();
                }
                Step::OpenAgain => sink = open(),
                Step::Reopen => reopen_files(),
            }
        }
        // Nothing is compressed any more, and nothing stands there twice.
        let is_done = || {
            let names = names(&folder.file(""));
            let closed = &names[..names.len() - 1];
            kind >> 2 == 0 || closed.iter().all(|name| !name.ends_with(".log"))
        };
        prop_assert!(kind >> 2 == 0 || eventually(is_done));
        let files = contents(&folder.file(""));
        prop_assert_eq!(String::from_utf8(files.concat()).unwrap(), expected);
        for file in files {
            // Of a record that was begun the rest goes there, too.
            let limit = max_bytes + longest;
            prop_assert!(file.is_empty() || file.ends_with(b"\n"));
            prop_assert!(file.len() as u64 <= limit, "{} > {}", file.len(), limit);
        }
    }
}
