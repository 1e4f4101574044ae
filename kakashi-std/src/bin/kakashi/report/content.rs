//! What an input is that is no log of kakashi's.

use std::fmt;

/// The kind of a file, by its first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Content {
    /// Compressed, by a program of this name.
    Compressed {
        by: &'static str,
        reader: &'static str,
    },
    Json,
    Text,
    Elf,
    Unknown,
}

/// How files begin that somebody may take for a log.
const MAGIC: [(&[u8], Content); 8] = [
    (b"\x1f\x8b", Content::Compressed { by: "gzip", reader: "gzip -dc" }),
    (b"\x28\xb5\x2f\xfd", Content::Compressed { by: "zstd", reader: "zstd -dc" }),
    (b"\xfd7zXZ\0", Content::Compressed { by: "xz", reader: "xz -dc" }),
    (b"BZh", Content::Compressed { by: "bzip2", reader: "bzip2 -dc" }),
    (b"\x04\x22\x4d\x18", Content::Compressed { by: "lz4", reader: "lz4 -dc" }),
    (b"PK\x03\x04", Content::Compressed { by: "zip", reader: "unzip -p" }),
    (b"\x7fELF", Content::Elf),
    // A JSON text may begin with one, and so may others.
    (b"\xef\xbb\xbf", Content::Text),
];

impl Content {
    /// How many of the first bytes decide.
    pub(crate) const LEN: usize = 256;

    /// Finds the kind.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let front = &bytes[..bytes.len().min(Self::LEN)];
        if let Some((_, content)) = MAGIC.iter().find(|(magic, _)| front.starts_with(magic)) {
            return *content;
        }
        // The last character may be cut.
        let text = match std::str::from_utf8(front) {
            Ok(text) => text,
            Err(error) if error.error_len().is_none() => {
                std::str::from_utf8(&front[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => return Self::Unknown,
        };
        if text.is_empty() || text.contains(|c: char| c.is_ascii_control() && !"\t\r\n\x1b\x08".contains(c)) {
            return Self::Unknown;
        }
        if text.trim_start().starts_with(['{', '[']) { Self::Json } else { Self::Text }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compressed { by, reader } => {
                write!(f, "it is compressed by {by}; decode what `{reader}` makes of it")
            }
            Self::Json => f.write_str("it is JSON already"),
            Self::Text => f.write_str("it is text already"),
            Self::Elf => f.write_str("it is an ELF file; give that of a firmware with --sites"),
            Self::Unknown => f.write_str("it is none that this command knows"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_for_what_it_is() {
        for (bytes, expected) in [
            (&b"\x1f\x8b\x08\0\0"[..], "it is compressed by gzip; decode what `gzip -dc` makes of it"),
            (b"\x28\xb5\x2f\xfd\0", "it is compressed by zstd; decode what `zstd -dc` makes of it"),
            (b" \n{\"level\":\"INFO\"}\n", "it is JSON already"),
            (b"[1,2]", "it is JSON already"),
            ("2026-11-22T10:12:00Z INFO app h\u{e9}".as_bytes(), "it is text already"),
            (b"\x1b[32mINFO\x1b[0m\r\n", "it is text already"),
            (b"\x7fELF\x01", "it is an ELF file; give that of a firmware with --sites"),
            (b"\0\x01\x02", "it is none that this command knows"),
            (b"caf\xe9 x", "it is none that this command knows"),
        ] {
            assert_eq!(Content::of(bytes).to_string(), expected);
        }
        let cut = format!("{}\u{e9}", "x".repeat(Content::LEN - 1));
        assert_eq!(Content::of(cut.as_bytes()), Content::Text);
    }
}
