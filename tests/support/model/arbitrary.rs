//! Records out of a fuzzer's bytes.

use std::collections::HashSet;

use arbitrary::{Arbitrary, Result, Unstructured};
use kakashi_core::{LogLevel, Timestamp};

use super::record::{OwnedMessage, OwnedRecord, OwnedValue, TemplatePiece};

type Pairs = Vec<(String, OwnedValue)>;

fn retain_first(pairs: &mut Pairs) {
    let mut seen = HashSet::new();
    pairs.retain(|(key, _)| seen.insert(key.clone()));
}

fn message(bytes: &mut Unstructured<'_>) -> Result<OwnedMessage> {
    if bytes.arbitrary()? {
        return Ok(OwnedMessage::Literal(bytes.arbitrary()?));
    }
    let mut fields: Pairs = bytes.arbitrary()?;
    retain_first(&mut fields);
    // A template can't name a key that looks like a brace.
    let named: Vec<usize> = (0..fields.len())
        .filter(|&at| !fields[at].0.contains('}') && !fields[at].0.starts_with('{'))
        .collect();
    let mut template = Vec::new();
    for text in bytes.arbitrary::<Vec<String>>()? {
        template.push(TemplatePiece::Text(text));
        if let [_, ..] = named[..] {
            template.push(TemplatePiece::Field(*bytes.choose(&named)?));
        }
    }
    let (module, file, line) = bytes.arbitrary()?;
    Ok(OwnedMessage::Site { template, fields, module, file, line })
}

impl<'a> Arbitrary<'a> for OwnedRecord {
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
            message: message(bytes)?,
            extra: bytes.arbitrary()?,
            context,
            sequence: bytes.arbitrary()?,
        })
    }
}
