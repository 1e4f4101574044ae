//! The firmware's examples, on both chips.

mod common;

use std::slice;

use common::{build, run};
use host::{ExportedSites, Machine, Program, Sites, decode};
use kakashi_core::wire::{Item, Reader};

/// What each example logs.
const LINES: [&str; 2] =
    ["INFO sensors Sensor 17 read id=17 temp=23.5 ok=true", "WARNING sensors Battery low millivolts=2950"];

/// The examples that send the wire.
const WIRE: [Program<'_>; 2] = [Program::Example("uart_wire"), Program::Example("ring")];

#[test]
fn text_over_semihosting_is_the_lines() {
    for machine in Machine::ALL {
        assert_lines(&run(machine, Program::Example("semihosting"), Sites::Described).semihosting);
    }
}

#[test]
fn text_over_a_serial_line_is_the_lines() {
    for machine in Machine::ALL {
        let sent = run(machine, Program::Example("uart_text"), Sites::Described).serial;
        assert_lines(&String::from_utf8(sent).expect("text is UTF-8"));
    }
}

#[test]
fn the_wire_over_a_serial_line_reads_as_the_same_lines() {
    for program in WIRE {
        for machine in Machine::ALL {
            let sent = run(machine, program, Sites::Described).serial;
            assert_lines(&lines(Reader::new(&sent)));
        }
    }
}

#[test]
fn exported_sites_explain_the_wire_as_the_same_lines() {
    for program in WIRE {
        for machine in Machine::ALL {
            let sent = run(machine, program, Sites::Exported).serial;
            assert!(!sent.windows(7).any(|bytes| bytes == b"Battery"), "the words are in the ELF file only");
            let sites = ExportedSites::read(&build(machine, program, Sites::Exported)).expect("sites");
            let table = sites.table().expect("sites");
            assert_lines(&lines(Reader::new(&sent).with_sites(slice::from_ref(&table))));
        }
    }
}

#[test]
fn another_builds_sites_explain_nothing_and_say_so() {
    for machine in Machine::ALL {
        let [program, other] = WIRE;
        let sent = run(machine, program, Sites::Exported).serial;
        let sites = ExportedSites::read(&build(machine, other, Sites::Exported)).expect("sites");
        let table = sites.table().expect("sites");
        for reader in [Reader::new(&sent), Reader::new(&sent).with_sites(slice::from_ref(&table))] {
            let items: Vec<Item<'_>> = reader.collect();
            let needs = items.iter().filter(|item| matches!(item, Item::NeedsSites(_))).count();
            assert_eq!(needs, 2, "{items:?}");
            let other = |item: &Item<'_>| !matches!(item, Item::NeedsSites(_) | Item::Skipped(_));
            assert!(!items.iter().any(other), "a wrong line: {items:?}");
        }
    }
}

fn lines(reader: Reader<'_>) -> String {
    reader
        .map(|item| match item {
            Item::Record(record) => decode::line(&record),
            other => panic!("not a record: {other:?}"),
        })
        .collect()
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
