//! Devices whose call sites are only in the ELF files of their firmware.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;

use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::oracle::block::{item, leb, of_items};
use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, SectionKind};

use crate::common::{Live, append, assert_ends, decode, said};

/// A build of a firmware, with one call site whose words stay in its ELF file.
struct Build {
    id: &'static [u8],
    message: &'static str,
}

const ONE: Build = Build { id: b"\x90\x06\x2c\x07 build one, and more", message: "Read {n}" };

const TWO: Build = Build { id: b"\xab\xcd\xef\x01 build two, and more", message: "Turned on" };

/// The first eight bytes of their ids as reports name them.
const ONE_ID: &str = "90062c0720627569";

const TWO_ID: &str = "abcdef0120627569";

impl Build {
    /// The section: nothing, the site with its key, the logger. And where the logger is.
    fn sites(&self) -> (Vec<u8>, usize) {
        let text = |text: &str| [leb(text.len() as u64), text.into()].concat();
        let site = [&[0, 0x10, 20], &text(self.message)[..], &[1], &text("n")].concat();
        let logger = site.len();
        ([site, [&[0x40], &text("board")[..]].concat()].concat(), logger)
    }

    /// What it sends for its call site, where its key has this value.
    fn block(&self, n: u8) -> Vec<u8> {
        let record = [&[3, 0x20, 1], &leb(self.sites().1 as u64)[..], &[0x11, n]].concat();
        of_items(&[item(6, &self.id[..8]), item(4, &record)].concat())
    }

    /// The line of it.
    fn line(&self, n: u8) -> String {
        format!("+0.000000s INFO board {} n={n}\n", self.message.replace("{n}", &n.to_string()))
    }

    /// Its ELF file, as the linker makes it with `kakashi.x`.
    fn elf(&self) -> Vec<u8> {
        let note = [&note(self.id, u32::to_le_bytes)[..], &[0; 4]].concat();
        elf(&[
            ("kakashi_build", SectionKind::ReadOnlyData, &note),
            ("kakashi_sites", SectionKind::Other, &self.sites().0),
        ])
    }
}

/// The note `NT_GNU_BUILD_ID`.
fn note(id: &[u8], word: fn(u32) -> [u8; 4]) -> Vec<u8> {
    [&[4, id.len() as u32, 3].map(word).concat()[..], b"GNU\0", id].concat()
}

/// An ELF file for a chip of 32 bits.
fn elf(sections: &[(&str, SectionKind, &[u8])]) -> Vec<u8> {
    elf_of(Architecture::Arm, Endianness::Little, sections)
}

fn elf_of(
    architecture: Architecture,
    endianness: Endianness,
    sections: &[(&str, SectionKind, &[u8])],
) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, architecture, endianness);
    for (name, kind, bytes) in sections {
        let section = object.add_section(vec![], (*name).into(), *kind);
        object.set_section_data(section, *bytes, 4);
    }
    object.write().expect("an ELF file")
}

/// Stores a file and returns its name.
fn store(folder: &TestFolder, name: &str, bytes: &[u8]) -> String {
    let path = folder.file(name);
    fs::write(&path, bytes).expect("the file can be written");
    path.to_str().expect("a name of text").into()
}

#[test]
fn the_elf_file_of_a_firmware_explains_what_it_sends() {
    let folder = TestFolder::new();
    let (sites, stream) = (ONE.sites().0, [ONE.block(1), ONE.block(2)].concat());
    let [little, big] =
        [u32::to_le_bytes as fn(u32) -> [u8; 4], u32::to_be_bytes].map(|word| note(ONE.id, word));
    let other = [&little[..4], &[4, 0, 0, 0, 1, 0, 0, 0], b"GNU\0abcd", &little].concat();
    let unloaded = ("kakashi_sites", SectionKind::Other, &sites[..]);
    let lines = ONE.line(1) + &ONE.line(2);
    for elf in [
        ONE.elf(),
        elf(&[(".note.gnu.build-id", SectionKind::Note, &little), unloaded]),
        elf(&[("kakashi_build", SectionKind::Note, &little), unloaded]),
        elf(&[(".notes", SectionKind::Note, &other), unloaded]),
        elf(&[
            (".others", SectionKind::Note, &little[..9]),
            (".note.gnu.build-id", SectionKind::Note, &little),
            unloaded,
        ]),
        elf(&[unloaded, ("kakashi_build", SectionKind::ReadOnlyData, &other)]),
        elf(&[
            ("kakashi_build", SectionKind::ReadOnlyData, &[0; 4]),
            (".note.gnu.build-id", SectionKind::Note, &little),
            unloaded,
        ]),
        elf_of(
            Architecture::PowerPc64,
            Endianness::Big,
            &[("kakashi_build", SectionKind::ReadOnlyData, &[&big[..], &[0; 4]].concat()), unloaded],
        ),
        // Someone else's linker script puts the sites into flash, and names the build all the same.
        elf(&[
            ("kakashi_build", SectionKind::ReadOnlyData, &little),
            ("kakashi_sites", SectionKind::ReadOnlyData, &sites),
        ]),
    ] {
        let elf = store(&folder, "firmware.elf", &elf);
        assert_ends(&decode(&["--sites", &elf], &stream), 0, &lines, "");
    }
    let elf = store(&folder, "firmware.elf", &ONE.elf());
    let log = store(&folder, "device.klog", &stream);
    let mixed = [ONE.block(3), said("Host").0].concat();
    for (options, expected) in [
        (&["--field", "n=2", "--sites", &elf][..], ONE.line(2)),
        (&["--sites", &elf, "--logger", "boar"], String::new()),
        (&["--sites", &elf, "--level", "info", &log, "-"], lines + &ONE.line(3) + &said("Host").1 + "\n"),
    ] {
        assert_ends(&decode(options, if options.len() > 4 { &mixed } else { &stream }), 0, &expected, "");
    }
    let json = "{\"timestamp\":\"+0.000000s\",\"level\":\"INFO\",\"logger\":\"board\",\
                \"message\":\"Read 7\",\"n\":7}\n";
    assert_ends(&decode(&["-o", "json", "--sites", &elf], &ONE.block(7)), 0, json, "");
}

#[test]
fn several_builds_in_one_stream_are_explained_each_by_its_file() {
    let folder = TestFolder::new();
    let [one, two] =
        [("one.elf", ONE), ("two.elf", TWO)].map(|(name, build)| store(&folder, name, &build.elf()));
    let stream = [ONE.block(1), TWO.block(2), ONE.block(3), said("Host").0, TWO.block(4)].concat();
    let lines = [ONE.line(1), TWO.line(2), ONE.line(3), said("Host").1 + "\n", TWO.line(4)].concat();
    for (first, second) in [(&one, &two), (&two, &one)] {
        assert_ends(&decode(&["--sites", first, "--sites", second], &stream), 0, &lines, "");
    }
}

#[test]
fn a_build_that_is_not_given_is_reported_once_with_those_that_are() {
    let folder = TestFolder::new();
    let log = store(&folder, "device.klog", &[TWO.block(1), TWO.block(2)].concat());
    let stream = [said("Host").0, TWO.block(1), ONE.block(2), TWO.block(3), TWO.block(4)].concat();
    let (host, offset) = (said("Host").1 + "\n", said("Host").0.len());
    let record = TWO.block(1).len() - of_items(&item(6, &TWO.id[..8])).len();
    let needs = |name: &str, offset: usize, id: &str, report: &str| {
        format!("kakashi: {name}: the block at offset {offset} needs the sites of build {id}{report}\n")
    };
    let passed = |name: &str, blocks: usize, id: &str| {
        let (bytes, s) = (blocks * record, if blocks == 1 { "" } else { "s" });
        format!(
            "kakashi: {name}: {bytes} bytes in {blocks} block{s} of build {id} were passed over for want of \
             its sites\n"
        )
    };
    let give = ": give its ELF file with --sites";
    let second = offset + TWO.block(1).len();
    let report = needs("stdin", offset, TWO_ID, give)
        + &needs("stdin", second, ONE_ID, give)
        + &passed("stdin", 3, TWO_ID)
        + &passed("stdin", 1, ONE_ID);
    assert_ends(&decode(&[], &stream), 1, &host, &report);
    let elf = store(&folder, "one.elf", &ONE.elf());
    let loaded = elf_with_sites_in_flash();
    let in_flash = store(&folder, "flash.elf", &loaded);
    let given = format!(
        ", and --sites gave {elf} (build {ONE_ID}), {in_flash} (which has its sites in the device's memory): \
         give the ELF file of that build"
    );
    let report = needs("stdin", offset, TWO_ID, &given)
        + &passed("stdin", 3, TWO_ID)
        + &needs(&log, 0, TWO_ID, &given)
        + &passed(&log, 2, TWO_ID);
    let options = ["--sites", &elf, "--sites", &in_flash, "-", &log];
    assert_ends(&decode(&options, &stream), 1, &(host + &ONE.line(2)), &report);
    let report = needs(
        "stdin",
        0,
        TWO_ID,
        &given.replace(&format!(", {in_flash} (which has its sites in the device's memory)"), ""),
    ) + &passed("stdin", 1, TWO_ID);
    assert_ends(&decode(&["--sites", &elf], &TWO.block(9)), 1, "", &report);
}

fn elf_with_sites_in_flash() -> Vec<u8> {
    elf(&[("kakashi_sites", SectionKind::ReadOnlyData, &ONE.sites().0)])
}

#[test]
fn a_block_that_needs_no_sites_is_shown_whatever_its_build() {
    // A record of a function call: it brings its words along.
    let record = [&[0, 0x20, 20, 4][..], b"Said"].concat();
    let block = of_items(&[item(6, &ONE.id[..8]), item(4, &record)].concat());
    let line = "+0.000000s INFO \"\" Said\n";
    assert_ends(&decode(&[], &block), 0, line, "");
    let folder = TestFolder::new();
    let elf = store(&folder, "flash.elf", &elf_with_sites_in_flash());
    assert_ends(&decode(&["--sites", &elf], &block), 0, line, "");
}

#[test]
fn a_useless_elf_file_is_reported_before_anything_is_read() {
    let folder = TestFolder::new();
    let missing = folder.file("missing.elf").to_str().unwrap().to_owned();
    let itself = folder.file("").to_str().unwrap().to_owned();
    let (sites, whole) = (ONE.sites().0, ONE.elf());
    let [note, no_note] = [ONE.id, b""].map(|id| note(id, u32::to_le_bytes));
    let with = |sites: &[u8]| {
        elf(&[
            ("kakashi_build", SectionKind::ReadOnlyData, &note),
            ("kakashi_sites", SectionKind::Other, sites),
        ])
    };
    let no_elf = "is no ELF file; give --sites the file that the linker made, not a .bin, .hex or .uf2 of it";
    let no_sites = "has no section kakashi_sites; give --sites the file of a firmware that logs with kakashi, \
                    as the linker made it";
    let no_id = "has no build id; link it with --build-id as well as with -Tkakashi.x";
    let unloaded = ("kakashi_sites", SectionKind::Other, &sites[..]);
    let mut long_note = note.clone();
    long_note[4] = 200;
    let malformed = |len: usize| {
        format!(
            "has a section kakashi_sites whose {len} bytes are no call sites; was it cut, or linked with a \
             kakashi newer than this command?"
        )
    };
    let mut all = Vec::new();
    for (name, bytes, report) in [
        ("empty.elf", vec![], no_elf),
        ("garbage.elf", b"\x7fELV and so on".to_vec(), no_elf),
        ("firmware.hex", b":10010000214601360121470136007EFE09D2190140\n".to_vec(), no_elf),
        ("head.elf", whole[..8].to_vec(), "is a damaged ELF file: "),
        ("cut.elf", whole[..whole.len() - 1].to_vec(), "is a damaged ELF file: "),
        ("other.elf", elf(&[(".text", SectionKind::Text, b"code")]), no_sites),
        ("no-words.elf", with(b""), no_sites),
        ("no-id.elf", elf(&[unloaded]), no_id),
        ("zeros.elf", elf(&[unloaded, ("kakashi_build", SectionKind::ReadOnlyData, &[0; 4])]), no_id),
        ("empty-id.elf", elf(&[unloaded, ("kakashi_build", SectionKind::ReadOnlyData, &no_note)]), no_id),
        ("cut-id.elf", elf(&[unloaded, ("kakashi_build", SectionKind::ReadOnlyData, &note[..16])]), no_id),
        ("long-id.elf", elf(&[unloaded, ("kakashi_build", SectionKind::ReadOnlyData, &long_note)]), no_id),
        ("truncated.elf", with(&sites[..sites.len() - 1]), &malformed(sites.len() - 1)),
        ("text.elf", with(b"hello"), &malformed(5)),
    ] {
        let path = store(&folder, name, &bytes);
        let ended = decode(&["--sites", &path], &said("Host").0);
        assert_eq!((ended.status.code(), ended.stdout.as_str()), (Some(1), ""), "{name}");
        let line = format!("kakashi: {path}: {report}");
        assert!(ended.stderr.starts_with(&line) && ended.stderr.lines().count() == 1, "{}", ended.stderr);
        assert!(report.ends_with(": ") || ended.stderr == line.clone() + "\n", "{}", ended.stderr);
        all.push((path, ended.stderr));
    }
    for (path, report) in [
        (missing, "can't be read: No such file or directory (os error 2)"),
        (itself, "can't be read: Is a directory (os error 21)"),
    ] {
        let report = format!("kakashi: {path}: {report}\n");
        assert_ends(&decode(&["--sites", &path], &said("Host").0), 1, "", &report);
        all.insert(0, (path, report));
    }
    // The error of each file is reported.
    all.truncate(5);
    all.push((store(&folder, "good.elf", &whole), String::new()));
    let options: Vec<&str> = all.iter().flat_map(|(path, _)| ["--sites", path]).collect();
    let report: String = all.iter().map(|(_, report)| report.as_str()).collect();
    assert_ends(&decode(&options, &said("Host").0), 1, "", &report);
}

#[test]
fn every_byte_of_an_elf_file_may_be_wrong() {
    let folder = TestFolder::new();
    let whole = ONE.elf();
    for at in 0..whole.len() {
        let mut wrong = whole.clone();
        wrong[at] ^= 0x81;
        let path = store(&folder, "wrong.elf", &wrong);
        let ended = decode(&["--sites", &path], &ONE.block(1));
        let code = ended.status.code();
        // It says something, or all is well.
        assert!(code == Some(0) && ended.stderr.is_empty() || code == Some(1), "{at}: {ended:?}");
        assert_eq!(code == Some(1), !ended.stderr.is_empty(), "{at}: {ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{at}: {ended:?}");
        assert!(code == Some(1) || ended.stdout.lines().count() == 1, "{at}: {ended:?}");
    }
}

#[test]
fn a_followed_device_is_explained_and_a_missing_build_is_reported_once() {
    let folder = TestFolder::new();
    let path = folder.file("device.klog");
    let elf = store(&folder, "one.elf", &ONE.elf());
    append(&path, &ONE.block(1));
    let live = Live::decode(&["--follow", "--sites", &elf, path.to_str().unwrap()]);
    let line = |n: u8| ONE.line(n).trim_end().to_owned();
    assert_eq!(live.line(), line(1));
    append(&path, &TWO.block(2));
    let name = path.display();
    assert!(live.stderr_line().starts_with(&format!(
        "kakashi: {name}: the block at offset {} needs the sites of build {TWO_ID}, and --sites gave {elf}",
        ONE.block(1).len()
    )));
    append(&path, &[TWO.block(3), ONE.block(4)].concat());
    assert_eq!(live.line(), line(4));
    live.signal("INT");
    let report = live.stderr_line();
    assert!(
        report.ends_with(&format!("in 2 blocks of build {TWO_ID} were passed over for want of its sites"))
    );
    assert_eq!(live.ends().signal(), Some(2));
}
