//! What a device sent, as records.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use kakashi_core::wire::SiteTable;
use kakashi_core::{Encoder, EncoderCache, Json, LogRecord, Output, Text};
use object::elf::FileHeader32;
use object::read::elf::ElfFile;
use object::{Endianness, Object, ObjectSection};
use serde_json::Value;

/// Bytes of the build id's note before the id: three lengths and kinds, the name "GNU".
const NOTE_HEAD: usize = 16;
/// Where in the note the id's length stands, a little-endian word.
const NOTE_LEN_AT: usize = 4;

/// The call sites that firmware left in its ELF file.
#[derive(Clone, Debug)]
pub struct ExportedSites {
    section: Vec<u8>,
    build_id: Vec<u8>,
}

impl ExportedSites {
    /// Reads them.
    ///
    /// # Errors
    /// When the file can't be read, is no ELF file, or has not exported its sites.
    pub fn read(elf: &Path) -> Result<Self> {
        let bytes = fs::read(elf).with_context(|| format!("reading {}", elf.display()))?;
        let file = ElfFile::<FileHeader32<Endianness>>::parse(&*bytes)?;
        let section = |name: &str| -> Result<Vec<u8>> {
            let section = file.section_by_name(name).with_context(|| format!("no section {name}"))?;
            Ok(section.data()?.to_vec())
        };
        let note = section("kakashi_build")?;
        let len = note.get(NOTE_LEN_AT).copied().context("no build id: was --build-id given?")?;
        let build_id = note.get(NOTE_HEAD..NOTE_HEAD + usize::from(len)).context("a build id is whole")?;
        Ok(Self { section: section("kakashi_sites")?, build_id: build_id.to_vec() })
    }

    /// Makes the table that a reader takes.
    ///
    /// # Errors
    /// When the bytes are no sites.
    pub fn table(&self) -> Result<SiteTable<'_>> {
        SiteTable::new(&self.section, &self.build_id).map_err(|_| anyhow::anyhow!("these are no sites"))
    }
}

/// Returns a record as a line of text.
pub fn line(record: &LogRecord<'_>) -> String {
    encode(&Text, record)
}

/// Returns a record as JSON, to look its fields up.
///
/// # Errors
/// When it is none.
pub fn json(record: &LogRecord<'_>) -> Result<Value> {
    let line = encode(&Json::new(), record);
    serde_json::from_str(&line).with_context(|| format!("no JSON: {line}"))
}

fn encode(encoder: &impl Encoder, record: &LogRecord<'_>) -> String {
    let mut buffer = [0; 1024];
    let mut out = Output::new(&mut buffer);
    encoder.encode(record, &mut EncoderCache::new(), &mut out);
    String::from_utf8_lossy(out.written()).into_owned()
}
