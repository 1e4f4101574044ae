//! Blocks that were made to take a reader too long, or too much memory.

use kakashi_tests::oracle::block::{item, leb, of_items, text};

/// A block, named for what it tries.
pub(crate) struct Bomb {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Makes all of them, of about so many bytes each.
pub(crate) fn bombs(len: usize) -> Vec<Bomb> {
    let bomb = |name, bytes| Bomb { name, bytes };
    let keys: Vec<String> = (0..len / 32).map(|number| format!("{number:x}")).collect();
    let all_keys: String = keys.iter().map(|key| format!("{{{key}}}")).collect();
    let pairs = |suffix: &str| -> Vec<u8> {
        keys.iter().flat_map(|key| [text(&format!("{key}{suffix}")), vec![0]].concat()).collect()
    };
    let nested = "{a".repeat(40) + "}";
    let context = context(1, &[text("a"), long_value(len / 2)].concat());
    vec![
        bomb("braces that never close", message("{a", len / 2, "", &[])),
        bomb("braces that close once", message("{a", len / 2, "}", &[])),
        bomb("braces that close far away, with a long key", {
            message("{a", len / 4, "}", &[text(&"{a".repeat(len / 8)), vec![0]].concat())
        }),
        bomb("many that close, none a field", message("{b}", len / 4, "", &pairs(""))),
        bomb("many in many", message(&nested, len / nested.len(), "", &[])),
        bomb("many fields, all named", message(&all_keys, 1, "", &pairs(""))),
        bomb("a large field, named often", message("{a}", 2030, "", &[text("a"), long_value(len)].concat())),
        bomb(
            "a large context and ten records",
            of_items(&[&context[..], &said(4, &[1]).repeat(10)].concat()),
        ),
        bomb("a large context and very many records", {
            of_items(&[&context[..], &said(4, &[1]).repeat(len / 16)].concat())
        }),
        bomb("site, extra and context fields of the same keys", {
            let site_keys: Vec<u8> = keys.iter().flat_map(|key| text(key)).collect();
            let site = [&[1, 20][..], &text("m"), &leb(keys.len() as u64), &site_keys].concat();
            let fields = [&vec![0; keys.len()][..], &pairs("")].concat();
            let record = item(4, &[&[13, 0, 1, 1][..], &fields].concat());
            of_items(&[item(1, &site), self::context(1, &pairs("")), record].concat())
        }),
        bomb("keys that end alike", {
            let long = "x".repeat(200);
            let keys: Vec<String> = (0..len / 512).map(|number| format!("{number:04x}{long}")).collect();
            let pairs: Vec<u8> = keys.iter().flat_map(|key| [text(key), vec![0]].concat()).collect();
            message(&format!("{{{long}}}"), len / 512, "", &pairs)
        }),
        bomb("very many empty sites", of_items(&explained(1, len / 9, &[20, 0, 0]))),
        bomb("very many empty names", of_items(&explained(2, len / 7, &[0]))),
        bomb("very many empty contexts", of_items(&explained(3, len / 6, &[]))),
        bomb("very many sites, each used", {
            let sites = explained(1, len / 20, &[20, 0, 0]);
            let records =
                (0..len / 20).rev().flat_map(|id| item(4, &[&[1, 0][..], &leb(id as u64)].concat()));
            of_items(&[sites, records.collect()].concat())
        }),
        bomb("a site with one key very many times", {
            of_items(&item(1, &[&[1, 20, 0][..], &leb(len as u64), &vec![0; len]].concat()))
        }),
        bomb("very many reasons of drops", {
            let reasons = [&[1_u8, b'r', 1][..]].concat().repeat(len / 3);
            of_items(&item(5, &[&[0, 0, 0, 0, 0, 0, 0][..], &leb(len as u64 / 3), &reasons].concat()))
        }),
        bomb("markers in markers", heads(len, false)),
        bomb("markers in markers, with blocks between", heads(len, true)),
    ]
}

/// An ordinary log, in blocks of a hundred records.
pub(crate) fn ordinary(len: usize) -> Vec<u8> {
    let site = [&[1, 20][..], &text("Order {id} accepted"), &[2], &text("id"), &text("total")].concat();
    let items = [item(1, &site), item(2, &[&[1][..], &text("shop")].concat())].concat();
    let record = item(4, &[3, 2, 7, 9, 1, 1, 0x12, 7, 9, 0x11, 4]);
    of_items(&[items, record.repeat(100)].concat()).repeat(len / 1400)
}

fn long_value(len: usize) -> Vec<u8> {
    [&[6][..], &text(&"x".repeat(len))].concat()
}

fn context(id: u8, pairs: &[u8]) -> Vec<u8> {
    item(3, &[&[id], pairs].concat())
}

/// A record without a site that says nothing.
fn said(flags: u8, rest: &[u8]) -> Vec<u8> {
    item(4, &[&[flags, 0, 20, 0], rest].concat())
}

/// A block of a record with this template and these extra pairs.
fn message(part: &str, times: usize, end: &str, pairs: &[u8]) -> Vec<u8> {
    let site = item(1, &[&[1, 20][..], &text(&(part.repeat(times) + end)), &[0]].concat());
    of_items(&[site, item(4, &[&[9, 0, 1], pairs].concat())].concat())
}

fn explained(kind: u8, count: usize, rest: &[u8]) -> Vec<u8> {
    (0..count).flat_map(|id| item(kind, &[&leb(id as u64)[..], rest].concat())).collect()
}

/// Heads of blocks that seem to go on to the end.
fn heads(len: usize, with_blocks: bool) -> Vec<u8> {
    let between = if with_blocks { of_items(&[]) } else { Vec::new() };
    let step = 16 + between.len();
    let mut bytes = Vec::new();
    for at in 0..len / step {
        // One item fills each.
        let Some(body) = ((len / step - at) * step).checked_sub(14 + 6) else { break };
        bytes.extend([0xf5, b'k', b'k', 0xfa, 1, 0]);
        bytes.extend((body as u32 + 6).to_le_bytes());
        bytes.push(9);
        let digits: [u8; 5] = std::array::from_fn(|digit| (body >> (7 * digit)) as u8 & 0x7f | 0x80);
        bytes.extend(&digits[..4]);
        bytes.push(digits[4] & 0x7f);
        bytes.extend(&between);
    }
    bytes
}
