//! The call sites that a program for a device left in its ELF file.

use alloc::vec::Vec;

use super::BUILD_ID_LEN;
use super::read_record::ResolvedSite;
use crate::codec::Malformed;
use crate::record::Name;
use crate::site::{InSection, in_section};
use crate::util::id_map::IdMap;

/// Resolves the site and name ids in a device's records.
///
/// Its bytes come from the program's ELF file: those of the section `kakashi_sites`,
/// and of the build id in the note `NT_GNU_BUILD_ID`. Given to a
/// [`Reader`](super::Reader::with_sites), it explains the blocks of this very build.
#[derive(Debug)]
pub struct SiteTable<'a> {
    build_id: Vec<u8>,
    sites: IdMap<ResolvedSite<'a>>,
    names: IdMap<Name<'a>>,
    len: usize,
}

impl<'a> SiteTable<'a> {
    /// Reads the section, and keeps the build id.
    ///
    /// # Errors
    /// [`Malformed`] where the bytes are no such section.
    pub fn new(section: &'a [u8], build_id: &[u8]) -> Result<Self, Malformed> {
        let (mut sites, mut names, mut len) = (IdMap::default(), IdMap::default(), 0);
        let mut rest = section;
        while let [first, after @ ..] = rest {
            if *first == 0 {
                rest = after;
                continue;
            }
            let id = (section.len() - rest.len()) as u64;
            let (found, after) = in_section(rest)?;
            match found {
                InSection::Site(body) => {
                    let site = ResolvedSite::read(body)?;
                    site.check_keys()?;
                    sites.insert(id, site);
                    len += 1;
                }
                InSection::Name(name) => {
                    names.insert(id, Name::new(core::str::from_utf8(name).map_err(|_| Malformed)?));
                }
            }
            rest = after;
        }
        Ok(Self { build_id: build_id.to_vec(), sites, names, len })
    }

    /// Returns the number of sites.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there is no site.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the build id.
    pub fn build_id(&self) -> &[u8] {
        &self.build_id
    }

    /// Tells whether an id in a block is this build's: the whole of it, or its front.
    pub(super) fn is_of(&self, id: &[u8]) -> bool {
        let front = &self.build_id[..self.build_id.len().min(BUILD_ID_LEN)];
        !id.is_empty() && (id == front || id == self.build_id)
    }

    pub(super) fn site(&self, id: u64) -> Option<&ResolvedSite<'a>> {
        self.sites.get(&id)
    }

    pub(super) fn name(&self, id: u64) -> Option<Name<'a>> {
        self.names.get(&id).copied()
    }
}
