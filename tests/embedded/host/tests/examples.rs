//! The firmware's examples, on both chips.

use std::time::Duration;

use host::{Firmware, Machine, Program, Run};
use kakashi_core::wire::{Item, Reader};
use kakashi_core::{Encoder, EncoderCache, Output, Text};

/// What each example logs.
const LINES: [&str; 2] =
    ["INFO sensors Sensor 17 read id=17 temp=23.5 ok=true", "WARNING sensors Battery low millivolts=2950"];

#[test]
fn text_over_semihosting_is_the_lines() {
    for machine in Machine::ALL {
        assert_lines(&run(machine, Program::Example("semihosting")).semihosting);
    }
}

#[test]
fn text_over_a_serial_line_is_the_lines() {
    for machine in Machine::ALL {
        let sent = run(machine, Program::Example("uart_text")).serial;
        assert_lines(&String::from_utf8(sent).expect("text is UTF-8"));
    }
}

#[test]
fn the_wire_over_a_serial_line_reads_as_the_same_lines() {
    for machine in Machine::ALL {
        let sent = run(machine, Program::Example("uart_wire")).serial;
        let lines: Vec<String> = Reader::new(&sent).map(|item| line(&item)).collect();
        assert_lines(&lines.concat());
    }
}

#[test]
fn a_panic_is_a_failed_run() {
    for machine in Machine::ALL {
        let elf = Firmware::of(Program::Bin("panics")).build(machine).expect("the firmware builds");
        let run = machine.run(&elf, Duration::from_secs(60)).expect("QEMU runs");
        assert!(!run.passed);
        assert!(run.complaints.contains("as it should"), "{run:?}");
    }
}

fn run(machine: Machine, program: Program<'_>) -> Run {
    let elf = Firmware::of(program).build(machine).expect("the firmware builds");
    let run = machine.run(&elf, Duration::from_secs(60)).expect("QEMU runs");
    assert!(run.passed, "{}{}", run.semihosting, run.complaints);
    run
}

fn line(item: &Item<'_>) -> String {
    let Item::Record(record) = item else { panic!("not a record: {item:?}") };
    let mut room = [0; 256];
    let mut out = Output::new(&mut room);
    Text.encode(record, &mut EncoderCache::new(), &mut out);
    String::from_utf8(out.written().to_vec()).expect("text is UTF-8")
}

/// Compares lines without their times, which must be those of a chip that has just
/// started, and must not go back.
fn assert_lines(sent: &str) {
    let (times, lines): (Vec<&str>, Vec<&str>) =
        sent.lines().map(|line| line.split_once(' ').expect("a time and more")).unzip();
    assert_eq!(lines, LINES);
    assert!(times.is_sorted());
    for time in times {
        let seconds = time.strip_prefix('+').and_then(|time| time.strip_suffix('s')).expect("an uptime");
        assert!((0.0..0.1).contains(&seconds.parse::<f64>().expect("seconds")), "{time}");
    }
}
