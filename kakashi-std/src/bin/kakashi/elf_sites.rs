//! What a program for a device has left of its call sites in its ELF file.
//!
//! The linker script `kakashi.x` keeps the words of call sites in a section of this
//! file that is never loaded. The device's blocks name its build id, and so does
//! the file: whoever reads the blocks need not say which file is for which device.
//! No byte of a file is trusted, and nothing is kept of it but that section.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use kakashi_std::wire::SiteTable;
use object::elf::{ELF_NOTE_GNU, FileHeader32, NT_GNU_BUILD_ID, SHF_ALLOC};
use object::read::elf::NoteIterator;
use object::{Endianness, File, Object as _, ObjectSection as _, SectionFlags};

const SITES: &str = "kakashi_sites";
/// Where the note with the build id is: with `kakashi.x`, and without.
const BUILD_IDS: [&str; 2] = ["kakashi_build", ".note.gnu.build-id"];

/// A build id as far as blocks name it.
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

/// What is needed of the ELF file of a program.
#[derive(Debug)]
pub(crate) struct Firmware {
    path: PathBuf,
    section: Vec<u8>,
    /// None if the device has its sites in memory and names no build.
    build_id: Option<Vec<u8>>,
}

impl Firmware {
    /// Reads the file.
    ///
    /// # Errors
    /// When nothing can be explained with it, and something had to be.
    pub(crate) fn read(path: &Path) -> Result<Self, WrongElf> {
        let (section, build_id) = find(&fs::read(path).map_err(WrongElf::Unreadable)?)?;
        Ok(Self { path: path.into(), section, build_id })
    }

    /// Returns its name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the sites, unless the device has them itself.
    ///
    /// # Errors
    /// When they make no sense.
    pub(crate) fn table(&self) -> Result<Option<SiteTable<'_>>, WrongElf> {
        let table = |build_id: &Vec<u8>| {
            SiteTable::new(&self.section, build_id).map_err(|_| WrongElf::Malformed(self.section.len()))
        };
        self.build_id.as_ref().map(table).transpose()
    }
}

impl fmt::Display for Firmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.build_id {
            Some(id) => write!(f, "{} (build {})", self.path.display(), BuildId::new(id)),
            None => write!(f, "{} (which has its sites in the device's memory)", self.path.display()),
        }
    }
}

/// What the command line gives to explain blocks with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sites<'s> {
    pub(crate) tables: &'s [SiteTable<'s>],
    /// What they are of, and what else was given.
    pub(crate) given: &'s [Firmware],
}

/// Says why an ELF file explains nothing.
#[derive(Debug)]
pub(crate) enum WrongElf {
    /// The system does not give it.
    Unreadable(io::Error),
    /// It is something else.
    NoElf,
    /// It is one, but can't be.
    Damaged(object::Error),
    /// It has no such section, or an empty one.
    NoSites,
    /// Nothing says which blocks it explains.
    NoBuildId,
    /// The section's bytes, so many, are no sites.
    Malformed(usize),
}

impl fmt::Display for WrongElf {
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

/// Finds the section and the build id; none of the latter is right only where the
/// sites are loaded into the device.
fn find(file: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), WrongElf> {
    if !file.starts_with(b"\x7fELF") {
        return Err(WrongElf::NoElf);
    }
    let elf = File::parse(file).map_err(WrongElf::Damaged)?;
    let sites = elf.section_by_name(SITES).ok_or(WrongElf::NoSites)?;
    let section = sites.data().map_err(WrongElf::Damaged)?;
    if section.is_empty() {
        return Err(WrongElf::NoSites);
    }
    let build_id = build_id(&elf).map_err(WrongElf::Damaged)?.filter(|id| !id.is_empty());
    let is_loaded =
        matches!(sites.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags.contains(SHF_ALLOC));
    if build_id.is_none() && !is_loaded {
        return Err(WrongElf::NoBuildId);
    }
    Ok((section.to_vec(), build_id.map(<[u8]>::to_vec)))
}

fn build_id<'e>(elf: &File<'e>) -> object::Result<Option<&'e [u8]>> {
    for name in BUILD_IDS {
        let Some(section) = elf.section_by_name(name) else { continue };
        // Whatever type the linker gave it. Behind the note may stand what is none.
        let mut notes = NoteIterator::<FileHeader32<Endianness>>::new(elf.endianness(), 4, section.data()?)?;
        while let Ok(Some(note)) = notes.next() {
            if note.name() == ELF_NOTE_GNU && note.n_type(elf.endianness()) == NT_GNU_BUILD_ID {
                return Ok(Some(note.desc()));
            }
        }
    }
    // In a section of another name; some other note that makes no sense is no matter.
    Ok(elf.build_id().ok().flatten())
}
