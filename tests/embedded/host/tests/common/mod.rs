//! Firmware of this workspace, run, and what it sent over the wire.

#![allow(dead_code, reason = "each test is a crate of its own and needs a part")]

use std::path::PathBuf;
use std::slice;
use std::thread;

use host::{ExportedSites, Firmware, Machine, Program, RUN_TIMEOUT, Run, Sites, decode};
use kakashi_core::wire::{Item, Reader};
use serde_json::Value;

/// What a program sent.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Sent {
    /// A record, as JSON.
    Record(Value),
    /// How many of each level, lowest first, are missing here.
    Dropped([u64; 6]),
    /// So many bytes are no block.
    Skipped(usize),
}

/// Checks both machines with both kinds of sites, side by side.
pub(crate) fn everywhere(check: impl Fn(Machine, Sites) + Sync) {
    thread::scope(|scope| {
        for machine in Machine::ALL {
            for sites in Sites::ALL {
                let check = &check;
                scope.spawn(move || check(machine, sites));
            }
        }
    });
}

pub(crate) fn build(machine: Machine, program: Program<'_>, sites: Sites) -> PathBuf {
    Firmware::of(program).with_sites(sites).build(machine).expect("the firmware builds")
}

/// Runs a program, which must say that it went well.
pub(crate) fn run(machine: Machine, program: Program<'_>, sites: Sites) -> Run {
    let elf = build(machine, program, sites);
    let run = machine.run(&elf, RUN_TIMEOUT).expect("QEMU runs");
    assert!(run.passed, "{machine:?} {sites:?} {}{}", run.semihosting, run.complaints);
    run
}

/// Runs a program and decodes what it sent, which must be whole.
pub(crate) fn sent(machine: Machine, program: Program<'_>, sites: Sites) -> Vec<Sent> {
    let sent = sent_in_pieces(machine, program, sites);
    let skipped = sent.iter().find(|item| matches!(item, Sent::Skipped(_)));
    assert_eq!(skipped, None, "{machine:?} {sites:?}");
    sent
}

/// Runs a program and decodes what it sent.
pub(crate) fn sent_in_pieces(machine: Machine, program: Program<'_>, sites: Sites) -> Vec<Sent> {
    let bytes = run(machine, program, sites).serial;
    let exported = match sites {
        Sites::Described => None,
        Sites::Exported => {
            Some(ExportedSites::read(&build(machine, program, sites)).expect("the ELF file has the sites"))
        }
    };
    let table = exported.as_ref().map(|sites| sites.table().expect("they are sites"));
    let mut reader = Reader::new(&bytes);
    if let Some(table) = &table {
        reader = reader.with_sites(slice::from_ref(table));
    }
    reader
        .map(|item| match item {
            Item::Record(record) => Sent::Record(decode::json(&record).expect("a record is JSON")),
            Item::Dropped(report) => Sent::Dropped(report.by_level),
            Item::Skipped(bytes) => Sent::Skipped(bytes),
            other => panic!("{machine:?} {sites:?}: {other:?}"),
        })
        .collect()
}

pub(crate) fn number(record: &Value, key: &str) -> u64 {
    record[key].as_u64().unwrap_or_else(|| panic!("no number {key}: {record}"))
}

pub(crate) fn text<'r>(record: &'r Value, key: &str) -> &'r str {
    record[key].as_str().unwrap_or_else(|| panic!("no text {key}: {record}"))
}
