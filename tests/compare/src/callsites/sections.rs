//! What a binary consists of, and how much of that is text of its call sites.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Result;
use memchr::memmem;
use object::{Object as _, ObjectSection as _, SectionKind};

/// Code, data and relocations: everything a call site can add to.
///
/// Symbols, strings for the linker and notes are not among them.
pub const SECTIONS: [&str; 11] = [
    ".text",
    ".rodata",
    ".data.rel.ro",
    ".rela.dyn",
    ".relr.dyn",
    ".data",
    ".bss",
    ".got",
    ".eh_frame",
    ".eh_frame_hdr",
    ".gcc_except_table",
];

/// The sections of one binary.
pub struct Binary {
    pub sizes: BTreeMap<&'static str, u64>,
    /// The contents of all that has contents, for [`Binary::count`].
    contents: Vec<u8>,
}

impl Binary {
    pub fn read(path: &Path) -> Result<Binary> {
        let bytes = fs::read(path)?;
        let file = object::File::parse(&*bytes)?;
        let mut sizes = BTreeMap::new();
        let mut contents = Vec::new();
        for name in SECTIONS {
            let Some(section) = file.section_by_name(name) else {
                continue;
            };
            sizes.insert(name, section.size());
            if section.kind() != SectionKind::UninitializedData {
                contents.extend_from_slice(section.data()?);
            }
        }
        Ok(Binary { sizes, contents })
    }

    pub fn size(&self, section: &str) -> u64 {
        self.sizes.get(section).copied().unwrap_or(0)
    }

    pub fn total(&self) -> u64 {
        self.sizes.values().sum()
    }

    /// How often `text` is in there.
    pub fn count(&self, text: &str) -> u64 {
        memmem::find_iter(&self.contents, text).count() as u64
    }
}
