//! Resets, over which a ring keeps its records.

mod common;

use common::{Sent, build, everywhere, number, sent, sent_in_pieces, text};
use host::{Machine, Program};
use object::elf::FileHeader32;
use object::read::elf::ElfFile;
use object::{Endianness, Object, ObjectSection, ObjectSymbol};
use serde_json::{Value, json};

const BOOTS: u64 = 600;
const DAMAGE: &str = "Records in memory were damaged";

#[test]
fn a_ring_lies_in_ram_that_start_up_does_not_clear() {
    everywhere(|machine, sites| {
        let elf = std::fs::read(build(machine, Program::Bin("reset"), sites)).expect("the ELF file");
        let elf = ElfFile::<FileHeader32<Endianness>>::parse(&*elf).expect("an ELF file");
        let symbol = |name: &str| {
            let found = elf.symbols().find(|symbol| symbol.name().is_ok_and(|found| found.contains(name)));
            found.unwrap_or_else(|| panic!("no symbol {name}"))
        };
        let section = elf.section_by_name(".uninit").expect("a section");
        let place = section.address()..section.address() + section.size();
        let ring = symbol("4RING").address();
        assert!(place.contains(&ring) && place.end - ring >= 1024 + 152, "{ring:#x} in {place:x?}");
        assert!(place.start >= 0x2000_0000 && place.end < 0x2000_4000, "RAM: {place:x?}");
        assert!(section.file_range().is_none(), "it would be loaded");
        // What is cleared, and what is filled from flash, ends before it.
        let cleared = symbol("__sbss").address()..symbol("__ebss").address();
        let filled = symbol("__sdata").address()..symbol("__edata").address();
        for other in [cleared, filled] {
            assert!(other.start <= other.end && other.end <= place.start, "{other:x?} {place:x?}");
            assert!(other.start >= 0x2000_0000, "RAM: {other:x?}");
        }
    });
}

#[test]
fn a_reset_leaves_all_before_it_and_no_part_of_what_it_tore() {
    everywhere(|machine, sites| {
        let sent = sent(machine, Program::Bin("reset"), sites);
        let is_boot = |item: &Sent| matches!(item, Sent::Record(record) if text(record, "message") == "Boot");
        let boots: Vec<&[Sent]> = sent.split_inclusive(is_boot).collect();
        let [cold, panicked, boots @ ..] = &boots[..] else { panic!("no boots") };
        check_panic(cold, panicked);
        assert_eq!(boots.len() as u64, BOOTS);
        let mut all = Seen::default();
        for (boot, items) in (1..).zip(boots) {
            check_kept(items, boot, &mut all);
        }
        println!("{machine:?} {sites:?}: {BOOTS} resets: {all:?}");
        // The other board has no watchdog: a critical section holds its timer off.
        assert!(machine != Machine::Mps2An386 || all.torn > 0 && all.not_returned > 0, "{all:?}");
    });
}

/// Checks what a boot left that ended in a panic.
fn check_panic(cold: &[Sent], panicked: &[Sent]) {
    let [Sent::Record(first)] = cold else { panic!("a ring that was not empty: {cold:?}") };
    check_boot(first, 0, 0, 0, 0);
    let [steps @ .., Sent::Record(panic), Sent::Record(second)] = panicked else { panic!("{panicked:?}") };
    assert_eq!(steps.len(), 10);
    for (sequence, item) in (1..).zip(steps) {
        let Sent::Record(record) = item else { panic!("{item:?}") };
        assert_eq!(check_step(record, 0), sequence);
    }
    assert_eq!((text(panic, "level"), text(panic, "message")), ("CRITICAL", "Panic"));
    assert_eq!(text(panic, "reason"), "as it should");
    assert!(number(panic, "at_line") > 0);
    check_boot(second, 1, 11, 0, 0);
}

#[test]
fn what_a_reset_stops_on_its_way_out_is_sent_again() {
    everywhere(|machine, sites| {
        let mut sent = sent_in_pieces(machine, Program::Bin("resend"), sites);
        let Some(Sent::Record(done)) = sent.pop() else { panic!("no records") };
        let (mut seen, mut again, mut stopped) = (0, 0, 0);
        for item in &sent {
            match item {
                Sent::Skipped(_) => stopped += 1,
                // One whose call had not returned: it was logged once more.
                Sent::Record(record) if text(record, "message") == DAMAGE => {}
                Sent::Record(record) => {
                    let sequence = check_next(record);
                    assert!(sequence <= seen + 1, "{seen} and then {record}");
                    again += u64::from(sequence <= seen);
                    seen = seen.max(sequence);
                }
                Sent::Dropped(_) => panic!("all fit: {item:?}"),
            }
        }
        assert_eq!(seen, number(&done, "last"));
        println!("{machine:?} {sites:?}: {seen} records, {again} again, {stopped} blocks stopped");
        assert!(seen > 5_000 && stopped > 15 && again > 0, "too few to tell");
    });
}

fn check_next(record: &Value) -> u64 {
    let sequence = number(record, "sequence");
    let should_be = json!({
        "timestamp": record["timestamp"], "level": "INFO", "logger": "main", "message": "Next",
        "sequence": sequence, "check": (sequence as u32).wrapping_mul(0x9e37_79b1),
    });
    assert_eq!(*record, should_be);
    sequence
}

#[derive(Default, Debug)]
struct Seen {
    records: u64,
    dropped: u64,
    /// Resets that left a slot without a whole record.
    torn: u64,
    /// Records that are whole although their call has not returned.
    not_returned: u64,
}

/// Checks what a boot left, as the next one found it.
fn check_kept(items: &[Sent], boot: u64, all: &mut Seen) {
    let [items @ .., Sent::Record(end)] = items else { panic!("{items:?}") };
    let (mut next, mut damaged, mut kept, mut dropped) = (None, 0, 0, 0);
    for item in items {
        match item {
            Sent::Dropped(counts) => {
                assert!(next.is_none(), "the oldest are dropped: {item:?}");
                assert_eq!(counts[4..], [0; 2]);
                dropped += counts.iter().sum::<u64>();
            }
            Sent::Record(record) if text(record, "message") == DAMAGE => {
                assert_eq!(damaged, 0, "one record can be torn");
                damaged = number(record, "bytes");
                // The longest body has 42 bytes.
                assert!((8..=64).contains(&damaged) && damaged.is_multiple_of(4), "{record}");
            }
            Sent::Record(record) => {
                assert_eq!(damaged, 0, "the last is torn, none before: {record}");
                let sequence = check_step(record, boot);
                assert_eq!(sequence, *next.get_or_insert(sequence), "boot {boot}: one is missing");
                next = Some(sequence + 1);
                kept += 1;
            }
            Sent::Skipped(_) => unreachable!("all is whole"),
        }
    }
    let next = next.expect("a ring keeps something");
    let returned = number(end, "returned");
    all.records += kept;
    all.dropped += dropped;
    all.torn += u64::from(damaged > 0);
    all.not_returned += u64::from(next - 1 > returned);
    assert!(returned < next, "boot {boot}: a record is lost whose call returned: {} of {returned}", next - 1);
    assert!(next - 1 <= returned + 1, "boot {boot}: {} of {returned}", next - 1);
    assert_eq!(kept + dropped, next - 1, "boot {boot}: kept and dropped");
    check_boot(end, boot + 1, kept, damaged, returned);
}

fn check_boot(record: &Value, boot: u64, found: u64, damaged: u64, returned: u64) {
    let should_be = json!({
        "timestamp": record["timestamp"], "level": "INFO", "logger": "main", "message": "Boot", "boot": boot,
        "found": found, "damaged": damaged, "returned": returned, "dropped": record["dropped"],
    });
    assert_eq!(*record, should_be);
}

fn check_step(record: &Value, boot: u64) -> u64 {
    let sequence = number(record, "sequence");
    let check = (sequence as u32).wrapping_mul(0x9e37_79b1) ^ boot as u32;
    let text = &"abcdefghijklmnopqrstuvwxyz"[..sequence as usize * 7 % 27];
    let should_be = if sequence.is_multiple_of(8) {
        json!({
            "timestamp": record["timestamp"], "level": "INFO", "logger": "main", "message": "Eight more",
            "boot": boot, "sequence": sequence, "check": check,
        })
    } else {
        json!({
            "timestamp": record["timestamp"], "level": "INFO", "logger": "main", "message": "Step",
            "boot": boot, "sequence": sequence, "check": check, "text": text,
        })
    };
    assert_eq!(*record, should_be);
    sequence
}
