//! Logging from within what makes the first logger, and when a thread's locals are gone:
//! no call hangs or recurs without end, and each record is written or counted.

#![cfg(unix)]

use kakashi_tests::harness::process::{TestFolder, run};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// Runs a scenario with sync and with async loggers; asserts that it ends well, that it
/// logged from inside, and that all of its records, `outer` of them not from inside, are
/// written or counted.
fn assert_ends_well(scenario: &str, outer: u64) {
    for prefix in ["", "async_"] {
        let folder = TestFolder::new();
        let file = folder.file("log");
        let scenario = format!("{prefix}{scenario}");
        let ended = run(CHILD, [scenario.as_ref(), file.as_os_str()]);
        assert!(ended.status.success(), "{scenario}: {ended:?}");
        let counts: Vec<u64> = ended.stdout.split_whitespace().filter_map(|part| part.parse().ok()).collect();
        let [inner, written, dropped, left] = counts[..] else { panic!("{scenario}: {ended:?}") };
        assert!(inner > 0, "{scenario}: {ended:?}");
        assert_eq!((written + dropped, left), (outer + inner, 0), "{scenario}: {ended:?}");
    }
}

#[test]
fn an_allocator_may_log_in_the_first_record_of_all() {
    assert_ends_well("first_in_an_allocator", 1);
}

#[test]
fn an_allocator_may_log_whatever_allocates() {
    assert_ends_well("allocator", 2000);
}

#[test]
fn a_clock_may_log() {
    assert_ends_well("first_in_a_clock", 1);
}

#[test]
fn a_display_may_log_in_the_first_record_of_all() {
    assert_ends_well("first_in_a_display", 1);
}

#[test]
fn a_display_may_configure_in_the_first_record_of_all() {
    assert_ends_well("first_in_a_display_that_configures", 1);
}

#[test]
fn enrichers_and_filters_may_log_in_the_first_record_of_all() {
    assert_ends_well("first_in_an_enricher", 1);
}

#[test]
fn a_sink_may_log_while_it_is_configured() {
    assert_ends_well("first_in_a_sink", 1);
}

#[test]
fn a_display_that_logs_itself_while_locals_are_destroyed_comes_to_an_end() {
    assert_ends_well("destructors", 0);
}
