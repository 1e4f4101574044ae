//! Every kind of call gives the same lines, with call sites in flash and in the ELF file.

mod common;

use std::slice;

use common::{build, run};
use host::{ExportedSites, Machine, Program, Sites, decode};
use kakashi_core::wire::{Item, Reader};

const CALLS: Program<'_> = Program::Bin("calls");
const ERROR: &str =
    r#"exception.type=core::fmt::Error exception.message="an error occurred when formatting an argument""#;

fn lines(reader: Reader<'_>) -> Vec<String> {
    reader
        .map(|item| match item {
            Item::Record(record) => {
                let line = decode::line(&record);
                line.split_once(' ').expect("a time and more").1.trim_end().to_owned()
            }
            other => panic!("not a record: {other:?}"),
        })
        .collect()
}

fn expected() -> [String; 5] {
    [
        "INFO calls Typed 1 a=1 b=x".to_owned(),
        "INFO calls Many 1 a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9".to_owned(),
        format!("ERROR calls Failed 7 id=7 {ERROR}"),
        "INFO calls Dynamic 9 a=9".to_owned(),
        "WARNING calls Words {as} they are k=7".to_owned(),
    ]
}

#[test]
fn each_kind_of_call_gives_the_same_line_with_sites_in_flash() {
    for machine in Machine::ALL {
        let sent = run(machine, CALLS, Sites::Described).serial;
        assert_eq!(lines(Reader::new(&sent)), expected());
    }
}

#[test]
fn each_kind_of_call_gives_the_same_line_with_sites_in_the_elf_file() {
    for machine in Machine::ALL {
        let sent = run(machine, CALLS, Sites::Exported).serial;
        let sites = ExportedSites::read(&build(machine, CALLS, Sites::Exported)).expect("sites");
        let table = sites.table().expect("sites");
        assert_eq!(lines(Reader::new(&sent).with_sites(slice::from_ref(&table))), expected());
    }
}
