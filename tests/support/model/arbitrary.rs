//! Records out of a fuzzer's bytes.

use std::collections::HashSet;

use arbitrary::{Arbitrary, Result, Unstructured};
use kakashi_core::{LogLevel, Timestamp};

use super::record::{Owned, Piece, Record, Words};

type Pairs = Vec<(String, Owned)>;

fn retain_first(pairs: &mut Pairs) {
    let mut seen = HashSet::new();
    pairs.retain(|(key, _)| seen.insert(key.clone()));
}

fn words(bytes: &mut Unstructured<'_>) -> Result<Words> {
    if bytes.arbitrary()? {
        return Ok(Words::Literal(bytes.arbitrary()?));
    }
    let mut fields: Pairs = bytes.arbitrary()?;
    retain_first(&mut fields);
    // A template can't name a key that looks like a brace.
    let named: Vec<usize> = (0..fields.len())
        .filter(|&at| !fields[at].0.contains('}') && !fields[at].0.starts_with('{'))
        .collect();
    let mut template = Vec::new();
    for text in bytes.arbitrary::<Vec<String>>()? {
        template.push(Piece::Text(text));
        if let [_, ..] = named[..] {
            template.push(Piece::Field(*bytes.choose(&named)?));
        }
    }
    let (module, file, line) = bytes.arbitrary()?;
    Ok(Words::Site { template, fields, module, file, line })
}

impl<'a> Arbitrary<'a> for Record {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let mut context: Pairs = bytes.arbitrary()?;
        retain_first(&mut context);
        Ok(Self {
            timestamp: if bytes.arbitrary()? {
                Timestamp::Wall(bytes.arbitrary()?)
            } else {
                Timestamp::Uptime(bytes.arbitrary()?)
            },
            level: *bytes.choose(&LogLevel::ALL)?,
            logger: bytes.arbitrary()?,
            words: words(bytes)?,
            extra: bytes.arbitrary()?,
            context,
            sequence: bytes.arbitrary()?,
        })
    }
}
