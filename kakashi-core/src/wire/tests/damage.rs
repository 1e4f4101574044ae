//! What damage costs, and how the blocks around it are found.

use super::*;

#[test]
fn a_malformed_item_costs_itself_alone() {
    for wrong in [
        "01 02 01 15",                   // a level that is none
        "01 08 01 14 01 ff 00 01 00 00", // a template that is not UTF-8
        "01 04 01 14 00 05",             // fewer keys than it says
        "02 02 01 05",                   // a name that ends early
        "03 03 01 01 6b",                // a key without a value
        "03 05 01 01 6b 81 ff",          // a value that is not UTF-8
        "04 00",                         // a record of nothing
        "04 05 00 00 15 01 6d",          // a level that is none
        "04 06 08 00 14 00 01 6b",       // an extra key without a value
        "04 06 10 00 14 00 80 80",       // a number that never ends
        "05 01 00",
    ] {
        let wrong = hex(&[wrong]);
        let items = [wrong.as_slice(), &hex(&["04 05 00 00 14 01 6d"])].concat();
        assert_eq!(read(&block(&items)), [format!("skipped {}", wrong.len()), plain_line("m")]);
    }
}

#[test]
fn an_item_that_leaves_its_block_makes_it_none() {
    for items in ["04 06 00 00 14 01 6d", "04", "04 80", "04 ffffffff ffffffff ff01"] {
        let stream = block(&hex(&[items]));
        assert_eq!(read(&stream), [format!("skipped {}", stream.len())]);
    }
}

#[test]
fn blocks_are_found_between_other_bytes() {
    let (a, b) = (plain("a"), golden());
    let stream = [b"junk\xf5".as_slice(), &a, b"\xf5kk\xfa\x01\x00", &b, &a, b"\xf5kk"].concat();
    let expected = [
        "skipped 5".to_owned(),
        plain_line("a"),
        "skipped 6".to_owned(),
        GOLDEN_TEXT.to_owned(),
        plain_line("a"),
        "skipped 3".to_owned(),
    ];
    assert_eq!(read(&stream), expected);
    assert_eq!(read(b""), [""; 0]);
    assert_eq!(read(&block(&[])), [""; 0]);
}

#[test]
fn a_stream_cut_anywhere_gives_the_whole_blocks_and_the_rest_as_skipped() {
    let blocks = [plain("a"), golden(), plain("c")];
    let lines = [plain_line("a"), GOLDEN_TEXT.to_owned(), plain_line("c")];
    let stream = blocks.concat();
    for cut in (0..=stream.len()).step_by(STEP) {
        let (mut whole, mut end) = (0, 0);
        while whole < blocks.len() && end + blocks[whole].len() <= cut {
            end += blocks[whole].len();
            whole += 1;
        }
        let mut expected = lines[..whole].to_vec();
        expected.extend((end < cut).then(|| format!("skipped {}", cut - end)));
        assert_eq!(read(&stream[..cut]), expected, "cut at {cut}");
        // Whoever waits for more keeps just the block that has begun.
        assert_eq!(Reader::new(&stream[..cut]).unfinished(), cut - end, "cut at {cut}");
    }
}

#[test]
fn every_changed_byte_costs_one_block() {
    let blocks = [plain("a"), golden(), plain("c")];
    let stream = blocks.concat();
    let hit = blocks[0].len()..blocks[0].len() + blocks[1].len();
    for at in hit.clone().step_by(STEP) {
        for bit in 0..8 {
            let mut damaged = stream.clone();
            damaged[at] ^= 1 << bit;
            let expected = [plain_line("a"), format!("skipped {}", hit.len()), plain_line("c")];
            assert_eq!(read(&damaged), expected, "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn what_is_unfinished_is_only_what_no_whole_block_follows() {
    assert_eq!(Reader::new(b"").unfinished(), 0);
    assert_eq!(Reader::new(b"text").unfinished(), 0);
    assert_eq!(Reader::new(b"text\xf5").unfinished(), 1);
    assert_eq!(Reader::new(b"\xf5kk").unfinished(), 3);
    assert_eq!(Reader::new(b"\xf5kk\xf5").unfinished(), 1);
    // A head that says there is much more to come: it may be damaged, it may not.
    let head = b"\xf5kk\xfa\x01\x00\x00\x00\x10\x00";
    assert_eq!(Reader::new(head).unfinished(), head.len());
    assert_eq!(Reader::new(&[head.as_slice(), b"text"].concat()).unfinished(), head.len() + 4);
    // Whole blocks behind it have been told as records: nobody may read them twice.
    let stream = [head.as_slice(), &plain("a")].concat();
    assert_eq!(read(&stream), ["skipped 10".to_owned(), plain_line("a")]);
    assert_eq!(Reader::new(&stream).unfinished(), 0);
    let stream = [head.as_slice(), &plain("a"), b"\xf5kk\xfa"].concat();
    assert_eq!(Reader::new(&stream).unfinished(), 4);
    // No block is that long.
    assert_eq!(Reader::new(b"\xf5kk\xfa\x01\x00\x01\x00\x00\x10").unfinished(), 0);
    assert_eq!(Reader::new(b"\xf5kk\xfa\x02\x00\x01\x00\x00\x00").unfinished(), 0);
}

#[test]
fn markers_in_markers_are_passed_over_in_time_and_the_block_after_them_is_found() {
    // Each is the head of a block up to the end of them all: read for each, these
    // would be a hundred thousand million bytes.
    const COUNT: usize = 40_000;
    let mut stream = Vec::new();
    for at in 0..COUNT {
        let rest = (COUNT - at) * 14 - 14;
        // What follows is one item, of a kind that nobody knows.
        stream.extend_from_slice(&SYNC);
        stream.extend_from_slice(&[1, 0]);
        stream.extend_from_slice(&(rest as u32).to_le_bytes());
        let body = rest.saturating_sub(4) as u32;
        stream.extend_from_slice(&[0x70, body as u8 | 0x80, (body >> 7) as u8 | 0x80, (body >> 14) as u8]);
    }
    let before = stream.len();
    stream.extend_from_slice(&plain("after"));
    assert_eq!(read(&stream), [format!("skipped {before}"), plain_line("after")]);
    assert_eq!(Reader::new(&stream).unfinished(), 0);
}
