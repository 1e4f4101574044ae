//! Blocks whose sites are in the ELF file of a build.

use super::*;

/// What a linker makes of two sites and a name: nothing at 0, a place for one of them.
fn section() -> Vec<u8> {
    let site = |mark: u8, level: u8, message: &str, key: &str| {
        let texts = [&[message.len() as u8], message.as_bytes(), &[1, key.len() as u8], key.as_bytes()];
        [vec![mark, level], texts.concat()].concat()
    };
    let located = [site(0x31, 40, "Stopped", "rpm"), vec![7, 1, b'm', 1, b'f']].concat();
    [vec![0, 0], site(0x10, 20, "Read {temp}", "temp"), vec![0x40, 3, b'c', b'a', b'n'], located].concat()
}

#[test]
fn a_builds_sites_explain_its_blocks_and_no_others() {
    let section = section();
    let (first, name) = (2_u8, 2 + 20_u8);
    let second = name + 5;
    assert_eq!(section[usize::from(second)], 0x31, "the offsets above are right");
    let builds = [&b"12345679"[..], b"12345678-and-more"]
        .map(|build_id| SiteTable::new(&section, build_id).expect("a section"));
    let sites = &builds[1];
    assert_eq!((sites.len(), sites.is_empty(), sites.build_id()), (2, false, &b"12345678-and-more"[..]));
    let item = |kind: u8, body: &[u8]| [&[kind, body.len() as u8], body].concat();
    let build = item(kind::BUILD, b"12345678");
    // Site and logger, uptime 0, the site, the logger, one value.
    let record = |site: u8, value: u8| item(kind::RECORD, &[3, 0x20, site, name, 0x11, value]);
    let stream =
        [block(&[build.clone(), record(first, 21), record(second, 9)].concat()), block(&record(first, 21))]
            .concat();
    let skipped = |record: &[u8]| format!("skipped {}", record.len());
    assert_eq!(
        all(Reader::new(&stream).with_sites(&builds)),
        [
            "+0.000000s INFO can Read 21 temp=21".into(),
            "+0.000000s ERROR can Stopped rpm=9".into(),
            // A block that names no build has ids of its own.
            skipped(&record(first, 21)),
        ]
    );
    for reader in [Reader::new(&stream), Reader::new(&stream).with_sites(&builds[..1])] {
        let told = all(reader);
        assert_eq!(told[0], format!("needs the sites of {:x?}", b"12345678"));
        assert_eq!(told[1..], [(); 3].map(|()| skipped(&record(first, 21))));
    }
}

#[test]
fn what_is_no_section_of_sites_is_refused() {
    let section = section();
    assert!(SiteTable::new(b"", b"").is_ok_and(|sites| sites.is_empty()));
    for len in [3, 5, 20, section.len() - 1] {
        assert!(SiteTable::new(&section[..len], b"").is_err(), "{len}");
    }
    // A mark that nobody knows, a name that is not UTF-8, a level that is none, a key twice.
    let twice = [0x10, 20, 1, b'm', 2, 1, b'k', 1, b'k'];
    for wrong in [&[0x08, 1][..], &[0x40, 2, 0xff, 0xff], &[0x10, 21, 0, 0], &twice] {
        assert!(SiteTable::new(wrong, b"").is_err(), "{wrong:x?}");
    }
}

#[test]
fn a_site_that_does_not_say_where_it_stands_is_read_and_written_again() {
    // SITE 1: INFO, "m", no keys; RECORD: of it, uptime 0.
    let stream = block(&[kind::SITE, 5, 1, 20, 1, b'm', 0, kind::RECORD, 3, 1, 0x20, 1]);
    let Some(Item::Record(record)) = Reader::new(&stream).next() else { panic!("no record") };
    assert_eq!(record.location(), None);
    assert_eq!(line(&Text, &record), r#"+0.000000s INFO "" m"#);
    let mut room = [0; 256];
    let (mut out, mut cache) = (Output::new(&mut room), EncoderCache::new());
    Wire.encode(&record, &mut cache, &mut out);
    Wire.finish(&mut cache, &mut out);
    assert_eq!(read(out.written()), [r#"+0.000000s INFO "" m"#]);
}
