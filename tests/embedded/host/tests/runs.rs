//! What is no success, and must not look like it.

mod common;

use std::time::Duration;

use common::build;
use host::{Machine, Program, RUN_TIMEOUT, Sites};

#[test]
fn a_panic_is_a_failed_run() {
    for machine in Machine::ALL {
        let elf = build(machine, Program::Bin("panics"), Sites::Described);
        let run = machine.run(&elf, RUN_TIMEOUT).expect("QEMU runs");
        assert!(!run.passed);
        assert!(run.complaints.contains("as it should"), "{run:?}");
    }
}

#[test]
fn firmware_that_does_not_end_is_stopped_and_an_error() {
    for machine in Machine::ALL {
        let elf = build(machine, Program::Bin("hangs"), Sites::Described);
        let error = machine.run(&elf, Duration::from_secs(2)).expect_err("it does not end");
        assert!(error.to_string().contains("has not ended within 2s"), "{error}");
    }
}
