//! Any bytes are safe as a section of sites, and its sites in any block.
//!
//!     cargo +nightly fuzz run --fuzz-dir tests/fuzz site_table -- -max_total_time=60
//!
//! The first two bytes say how many of the others are the section; the rest are the
//! items of a block that names its build.

#![no_main]

use kakashi_core::Text;
use kakashi_core::wire::{Item, Reader, SiteTable};
use kakashi_tests::harness::lines;
use kakashi_tests::oracle::block;
use kakashi_tests::oracle::text_line::ParsedLine;
use libfuzzer_sys::fuzz_target;

const BUILD: &[u8] = b"12345678";

fuzz_target!(|bytes: &[u8]| {
    let Some((len, rest)) = bytes.split_first_chunk::<2>() else { return };
    let len = usize::from(u16::from_le_bytes(*len)).min(rest.len());
    let (section, items) = rest.split_at(len);
    let Ok(sites) = SiteTable::new(section, BUILD) else { return };
    let items = [&[6, 8], BUILD, items].concat();
    let stream = block::of_items(&items);
    for item in Reader::new(&stream).with_sites(std::slice::from_ref(&sites)) {
        if let Item::Record(record) = item {
            let text = lines::line(&Text, &record);
            if let Err(error) = ParsedLine::read(&text) {
                panic!("{error}: {text:?}");
            }
        }
    }
});
