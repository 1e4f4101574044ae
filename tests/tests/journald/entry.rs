//! A strict reader of the journal's native protocol and of its export format, which have the
//! same fields.

/// The fields of an entry, in their order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct JournalEntry {
    pub(crate) fields: Vec<(String, Vec<u8>)>,
}

impl JournalEntry {
    /// Reads one entry, up to an empty line or the end; returns what is left.
    pub(crate) fn read(mut bytes: &[u8]) -> (Self, &[u8]) {
        let mut entry = Self::default();
        while !bytes.is_empty() {
            let line_end = bytes.iter().position(|&byte| byte == b'\n').expect("a line ends");
            let (line, rest) = (&bytes[..line_end], &bytes[line_end + 1..]);
            if line.is_empty() {
                return (entry, rest);
            }
            let (name, value, rest) = match line.iter().position(|&byte| byte == b'=') {
                Some(at) => {
                    let value = &line[at + 1..];
                    assert!(std::str::from_utf8(value).is_ok(), "a line is text: {value:?}");
                    (&line[..at], value, rest)
                }
                None => {
                    let (length, rest) = rest.split_first_chunk().expect("a length of eight bytes");
                    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap();
                    assert_eq!(rest.get(length), Some(&b'\n'), "a value ends in a newline");
                    (line, &rest[..length], &rest[length + 1..])
                }
            };
            let name = std::str::from_utf8(name).expect("a name is ASCII").to_owned();
            entry.fields.push((name, value.to_vec()));
            bytes = rest;
        }
        (entry, bytes)
    }

    /// Finds the one value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        let mut found = self.fields.iter().filter(|(candidate, _)| candidate == name);
        let value = found.next().map(|(_, value)| &**value);
        assert!(found.next().is_none(), "{name} comes twice");
        value
    }

    /// Finds the one value of a name, which is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(|value| std::str::from_utf8(value).expect("text"))
    }
}
