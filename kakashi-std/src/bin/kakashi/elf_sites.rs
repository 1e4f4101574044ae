//! The call sites in the ELF file of a device's firmware.
//!
//! The linker script `kakashi.x` keeps messages, keys and logger names in a section of
//! this file that is never loaded. The device's blocks name its build id, and so does
//! the file: the user need not say which file belongs to which device. No byte of a
//! file is trusted, and nothing but that section is kept.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use kakashi_std::wire::SiteTable;
use object::elf::{ELF_NOTE_GNU, FileHeader32, NT_GNU_BUILD_ID, SHF_ALLOC};
use object::read::elf::NoteIterator;
use object::{Endianness, File, Object as _, ObjectSection as _, SectionFlags};

const SITES: &str = "kakashi_sites";
/// The sections of the note with the build id: with `kakashi.x`, and without.
const BUILD_IDS: [&str; 2] = ["kakashi_build", ".note.gnu.build-id"];

/// The first bytes of a build id, as many as blocks name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BuildId {
    bytes: [u8; Self::LEN],
    len: usize,
}

impl BuildId {
    const LEN: usize = 8;

    pub(crate) fn new(id: &[u8]) -> Self {
        let (mut bytes, len) = ([0; Self::LEN], id.len().min(Self::LEN));
        bytes[..len].copy_from_slice(&id[..len]);
        Self { bytes, len }
    }
}

impl fmt::Display for BuildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.len == 0 {
            return f.write_str("\"\"");
        }
        self.bytes[..self.len].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The section of call sites and the build id of one ELF file.
#[derive(Debug)]
pub(crate) struct FirmwareElf {
    path: PathBuf,
    section: Vec<u8>,
    /// None if the device has its sites in memory, and its blocks name no build.
    build_id: Option<Vec<u8>>,
}

impl FirmwareElf {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is no ELF file with call sites, or has no build id although blocks need it.
    pub(crate) fn read(path: &Path) -> Result<Self, ElfError> {
        let (section, build_id) = find(&fs::read(path).map_err(ElfError::Unreadable)?)?;
        Ok(Self { path: path.into(), section, build_id })
    }

    /// Returns the path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the sites; none if the device has them in memory.
    ///
    /// # Errors
    /// When the section is malformed.
    pub(crate) fn table(&self) -> Result<Option<SiteTable<'_>>, ElfError> {
        let table = |build_id: &Vec<u8>| {
            SiteTable::new(&self.section, build_id).map_err(|_| ElfError::Malformed(self.section.len()))
        };
        self.build_id.as_ref().map(table).transpose()
    }
}

impl fmt::Display for FirmwareElf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.build_id {
            Some(id) => write!(f, "{} (build {})", self.path.display(), BuildId::new(id)),
            None => write!(f, "{} (which has its sites in the device's memory)", self.path.display()),
        }
    }
}

/// The files given with `--sites`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GivenSites<'s> {
    pub(crate) tables: &'s [SiteTable<'s>],
    /// All files, those without a table too.
    pub(crate) given: &'s [FirmwareElf],
}

/// Reports why a file given with `--sites` can't be used.
#[derive(Debug)]
pub(crate) enum ElfError {
    /// It can't be read.
    Unreadable(io::Error),
    /// It is no ELF file.
    NoElf,
    /// It begins as an ELF file, but is malformed.
    Damaged(object::Error),
    /// It has no section of sites, or an empty one.
    NoSites,
    /// It has no build id, by which blocks are matched with it.
    NoBuildId,
    /// The section, of this length, holds something else than sites.
    Malformed(usize),
}

impl fmt::Display for ElfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "can't be read: {error}"),
            Self::NoElf => f.write_str(
                "is no ELF file; give --sites the file that the linker made, not a .bin, .hex or .uf2 of it",
            ),
            Self::Damaged(error) => write!(f, "is a damaged ELF file: {error}"),
            Self::NoSites => write!(
                f,
                "has no section {SITES}; give --sites the file of a firmware that logs with kakashi, \
                 as the linker made it"
            ),
            Self::NoBuildId => {
                f.write_str("has no build id; link it with --build-id as well as with -Tkakashi.x")
            }
            Self::Malformed(len) => write!(
                f,
                "has a section {SITES} whose {len} bytes are no call sites; was it cut, or linked with \
                 a kakashi newer than this command?"
            ),
        }
    }
}

/// Finds the section and the build id, which may be missing only if the sites are loaded
/// into the device.
fn find(file: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), ElfError> {
    if !file.starts_with(b"\x7fELF") {
        return Err(ElfError::NoElf);
    }
    let elf = File::parse(file).map_err(ElfError::Damaged)?;
    let sites = elf.section_by_name(SITES).ok_or(ElfError::NoSites)?;
    let section = sites.data().map_err(ElfError::Damaged)?;
    if section.is_empty() {
        return Err(ElfError::NoSites);
    }
    let build_id = build_id(&elf).map_err(ElfError::Damaged)?.filter(|id| !id.is_empty());
    let is_loaded =
        matches!(sites.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags.contains(SHF_ALLOC));
    if build_id.is_none() && !is_loaded {
        return Err(ElfError::NoBuildId);
    }
    Ok((section.to_vec(), build_id.map(<[u8]>::to_vec)))
}

fn build_id<'e>(elf: &File<'e>) -> object::Result<Option<&'e [u8]>> {
    for name in BUILD_IDS {
        let Some(section) = elf.section_by_name(name) else { continue };
        // Not by the section's type: linkers differ. Padding behind the note is no note.
        let mut notes = NoteIterator::<FileHeader32<Endianness>>::new(elf.endianness(), 4, section.data()?)?;
        while let Ok(Some(note)) = notes.next() {
            if note.name() == ELF_NOTE_GNU && note.n_type(elf.endianness()) == NT_GNU_BUILD_ID {
                return Ok(Some(note.desc()));
            }
        }
    }
    // In a section of another name; other notes may be malformed.
    Ok(elf.build_id().ok().flatten())
}
