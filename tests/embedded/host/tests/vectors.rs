//! The conformance vectors, encoded on a chip: see `tests/vectors/README.md`.

use std::collections::BTreeMap;

use host::{Firmware, Machine, Program, RUN_TIMEOUT};
use serde_json::Value;

/// What a chip sent: the bytes of each form of each vector.
type Sent = BTreeMap<(usize, u8), Vec<u8>>;

/// The forms' members in `records.json`, and their numbers on the line.
const FORMS: [(&str, u8); 4] = [("text", 1), ("json", 2), ("json_with_location", 3), ("wire_block_hex", 4)];

#[test]
fn a_cortex_m4_writes_what_every_vector_says() {
    assert_eq!(compare(Machine::Mps2An386), made_on_devices());
}

#[test]
fn a_cortex_m0_writes_what_the_vectors_say() {
    // Left out are those with more than 2 KB or 24 fields: the chip has 16 KB of RAM.
    assert!(compare(Machine::Microbit) * 100 >= made_on_devices() * 95);
}

/// Counts the vectors without words of another crate's macro, which a device has not.
fn made_on_devices() -> usize {
    let is_made = |vector: &Value| vector.get("template").is_some() || vector.get("location").is_none();
    vectors().into_iter().filter(is_made).count()
}

/// Compares all that the machine sends and returns how many vectors it knows.
fn compare(machine: Machine) -> usize {
    let mut sent = run(machine);
    let mut wrong = String::new();
    let mut count = 0;
    for (index, vector) in vectors().iter().enumerate() {
        let found = FORMS.map(|(form, kind)| (form, sent.remove(&(index, kind))));
        if found.iter().all(|(_, bytes)| bytes.is_none()) {
            continue;
        }
        count += 1;
        for (form, bytes) in found {
            if bytes != expected(vector, form) {
                let bytes = bytes.map_or("nothing".to_owned(), |bytes| bytes.escape_ascii().to_string());
                wrong +=
                    &format!("{}: {form}\n  vector {}\n  chip   {bytes}\n", vector["name"], vector[form]);
            }
        }
    }
    assert!(sent.is_empty(), "these are no vectors: {:?}", sent.keys());
    assert!(wrong.is_empty(), "\n{wrong}");
    println!("{machine:?}: {count} of {} vectors", vectors().len());
    count
}

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../vectors/records.json")).expect("records.json is JSON")
}

fn expected(vector: &Value, form: &str) -> Option<Vec<u8>> {
    let expected = vector.get(form)?.as_str()?;
    if !form.ends_with("hex") {
        return Some(format!("{expected}\n").into_bytes());
    }
    let byte = |at: usize| u8::from_str_radix(&expected[at..at + 2], 16).expect("hex digits");
    Some((0..expected.len()).step_by(2).map(byte).collect())
}

fn run(machine: Machine) -> Sent {
    let elf = Firmware::of(Program::Bin("vectors")).build(machine).expect("the firmware builds");
    let run = machine.run(&elf, RUN_TIMEOUT).expect("QEMU runs");
    assert!(run.passed, "{}{}", run.semihosting, run.complaints);
    let (mut sent, mut rest) = (Sent::new(), &run.serial[..]);
    // A frame: see `firmware/src/frame.rs`.
    while let [b'V', i0, i1, kind, l0, l1, l2, l3, more @ ..] = rest {
        let len = u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize;
        let (bytes, more) = more.split_at_checked(len).expect("a frame is whole");
        let index = usize::from(u16::from_le_bytes([*i0, *i1]));
        assert!(sent.insert((index, *kind), bytes.to_vec()).is_none(), "vector {index} came twice");
        rest = more;
    }
    assert!(rest.is_empty(), "these are no frames: {:?}", rest.escape_ascii().to_string());
    sent
}
