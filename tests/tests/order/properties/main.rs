//! Random programs of threads that wait for each other: what happened before stands before.
//!
//! `PROPTEST_CASES=10000 cargo test -p kakashi-tests --release --test order_properties`
//! looks longer.

mod program;
mod run;

use kakashi_std::Format;
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::wait::in_time;
use proptest::prelude::*;

use program::{Kind, Program, Step, program};

fn config() -> ProptestConfig {
    // The same program seldom gives the same interleaving: none are kept.
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

fn check(steps: &[Step], format: Format, workers: usize) -> Result<(), TestCaseError> {
    let _alone = alone();
    let program = Program::new(steps);
    let outcome = in_time(move || run::run(program, format, workers));
    outcome.map_err(TestCaseError::fail)
}

const FORMATS: [Format; 3] = [Format::Text, Format::Json, Format::Wire];

proptest! {
    #![proptest_config(config())]

    #[test]
    fn sync_loggers_write_what_happened_before_first(
        steps in program(&[Kind::Sync], false),
        format in prop::sample::select(&FORMATS),
    ) {
        check(&steps, format, 1)?;
    }

    #[test]
    fn async_loggers_write_what_happened_before_first(
        steps in program(&[Kind::Async], false),
        format in prop::sample::select(&FORMATS),
        workers in 1..4_usize,
    ) {
        check(&steps, format, workers)?;
    }

    #[test]
    fn all_kinds_of_loggers_write_what_happened_before_first(
        steps in program(&[Kind::Sync, Kind::Async, Kind::Performance, Kind::Custom], false),
        format in prop::sample::select(&FORMATS),
        workers in 1..4_usize,
    ) {
        check(&steps, format, workers)?;
    }

    #[test]
    fn what_happened_before_stands_first_while_settings_change(
        steps in program(&[Kind::Sync, Kind::Async, Kind::Performance, Kind::Custom], true),
        format in prop::sample::select(&FORMATS),
        workers in 1..4_usize,
    ) {
        check(&steps, format, workers)?;
    }
}
