//! The call sites of a program for a device, which the linker lays out in one section.
//!
//! A site's id is its place in the section `kakashi_sites`, the same in every run
//! of one build. Without more the section lies in flash with other constants. With
//! the linker script `kakashi.x` it stays in the ELF file: addresses in it begin
//! at 0, nothing of it can be read here, and the host looks the ids up there.
//!
//! The one module of this crate with `unsafe`: the section's ends are symbols that
//! linkers make (`__start_…`, `__stop_…`) for each section whose name is an
//! identifier.

#![allow(unsafe_code)]

use core::arch::asm;
use core::ptr::{from_ref, with_exposed_provenance};
use core::slice::from_raw_parts;

use crate::level::LogLevel;
use crate::site::{self, Site, Source};

unsafe extern "C" {
    static __start_kakashi_sites: u8;
    static __stop_kakashi_sites: u8;
    static __start_kakashi_build: u8;
}

/// Stands behind the build id that `kakashi.x` puts into its section, or alone.
#[used]
#[unsafe(link_section = "kakashi_build")]
static BUILD_END: [u8; 4] = [0; 4];

/// Makes the section, in a program without call sites too.
#[used]
#[unsafe(link_section = "kakashi_sites")]
static NO_SITE: u8 = 0;

/// Takes the place of an exported site where its texts are needed.
static EXPORTED: [u8; site::len(&EXPORTED_SOURCE)] = site::build(&EXPORTED_SOURCE);
const EXPORTED_SOURCE: Source<'static> = Source {
    level: LogLevel::Warning,
    message: "(words are in the ELF file: use Wire)",
    keys: &[],
    module: "",
    file: "",
    line: 0,
};

impl Site<'_> {
    /// Sets its place in the section of sites, and its level, which can't be read where
    /// the section stays in the ELF file.
    const fn linked(mut self, id: u32, level: LogLevel) -> Self {
        self.linked = Some((id, level));
        self
    }

    /// Returns its id in a ring, if it has one.
    #[cfg(feature = "ring")]
    pub(crate) fn id(&self) -> Option<u32> {
        self.linked.map(|linked| linked.0)
    }

    /// Returns an address that no other site has while the program runs.
    pub fn address(&self) -> usize {
        if let (Some((id, _)), true) = (self.linked, is_exported()) {
            return id as usize;
        }
        self.bytes.as_ptr() as usize
    }
}

/// Points at a call site or a name in the section.
#[derive(Clone, Copy, Debug)]
pub struct Linked(&'static u8);

impl Linked {
    /// Takes the first byte of what a macro put into the section.
    pub const fn new(first: &'static u8) -> Self {
        Self(first)
    }

    /// Returns the place in the section.
    #[inline]
    pub(crate) fn id(self) -> u32 {
        (from_ref(self.0) as usize).wrapping_sub(&raw const __start_kakashi_sites as usize) as u32
    }

    /// Returns the site; an exported one has no texts here.
    #[inline]
    pub fn site(self, level: LogLevel) -> Site<'static> {
        site(self.id(), level)
    }
}

/// Finds a site by its id; an exported one has no texts here.
pub(crate) fn site(id: u32, level: LogLevel) -> Site<'static> {
    let site = if is_exported() { Site::new(&EXPORTED) } else { site_in_memory(id) };
    site.linked(id, level)
}

/// Returns the id of an exported site, from a record's address and body of it.
pub(crate) fn exported_id(address: usize, body: &[u8]) -> Option<u32> {
    let is_placeholder = core::ptr::eq(body.as_ptr(), Site::new(&EXPORTED).wire().as_ptr());
    is_placeholder.then_some(address as u32)
}

/// Finds a site by its id where sites are not exported.
pub(crate) fn site_in_memory(id: u32) -> Site<'static> {
    debug_assert!(!is_exported());
    Site::new(section_in_memory().get(id as usize..).unwrap_or_default())
}

/// Returns all sites and names, where they are not exported.
fn section_in_memory() -> &'static [u8] {
    // SAFETY: not exported: constant bytes in memory.
    unsafe { between(&raw const __start_kakashi_sites, &raw const __stop_kakashi_sites) }
}

/// Returns what lies between two symbols.
///
/// # Safety
/// Between them, at the ends of a section, are constant bytes in memory.
unsafe fn between(start: *const u8, stop: *const u8) -> &'static [u8] {
    let start = hidden(start);
    // SAFETY: as the caller says.
    unsafe { from_raw_parts(start, stop as usize - start as usize) }
}

/// Returns an address of which the compiler knows nothing any more: it must not
/// conclude that a symbol declared as one byte has no other behind it.
#[inline(always)]
fn hidden(symbol: *const u8) -> *const u8 {
    let mut address = symbol.expose_provenance();
    // SAFETY: it does nothing.
    unsafe { asm!("/* {0} */", inout(reg) address, options(pure, nomem, nostack, preserves_flags)) };
    with_exposed_provenance(address)
}

/// Finds the entry of an id where sites are not exported: a site or a name.
#[cfg(feature = "ring")]
pub(crate) fn in_memory(id: u32) -> Option<site::InSection<'static>> {
    site::in_section(section_in_memory().get(id as usize..)?).ok().map(|found| found.0)
}

/// Returns a number that other builds have not, if their sites differ.
#[cfg(feature = "ring")]
pub(crate) fn mark() -> u32 {
    if let Some(build) = exported_build() {
        return crate::util::crc::crc32(build);
    }
    crate::util::crc::crc32(section_in_memory())
}

/// Returns the ELF file's build id (the linker's `--build-id`) if the sites stay there.
pub(crate) fn exported_build() -> Option<&'static [u8]> {
    // The note's head: three words and the owner's name, "GNU".
    const HEAD: usize = 16;
    // SAFETY: both lie in one section of constant bytes, the first at its start.
    let note = unsafe { between(&raw const __start_kakashi_build, from_ref(&BUILD_END).cast()) };
    note.get(HEAD..)
}

/// Tells whether the sites stay in the ELF file.
#[inline]
pub(crate) fn is_exported() -> bool {
    exported_build().is_some()
}
