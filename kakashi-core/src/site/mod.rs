//! What is static about a call site, built by the compiler.
//!
//! A site is one run of bytes in read-only memory: no pointers, so no
//! relocations, and what follows its head is the wire's SITE item as it
//! stands. A plain `static` of `&str`s costs 277–423 bytes a call site, most
//! of it relocations; this costs the strings and about twenty bytes.
//!
//! ```text
//! head   0      flags: how the texts must be written, see `flags`
//!        1..9   the mask of the keys, 64 bits, little-endian
//! body   a SITE item's body after its id, see `wire`:
//!        level · message · number of keys · keys · line · module · file
//! ```
//!
//! A message here is a *template*: `{key}` is replaced by a field of the call,
//! `{{` and `}}` by a brace.
//!
//! On a device (`target_os = "none"`) flash is scarce: the head is one byte, the
//! mask is computed when it is needed, the body ends after the keys unless the
//! feature `location` is on, and all sites lie in one section (see `linked`).

mod build;
mod flags;
#[cfg(all(feature = "ring", feature = "alloc", not(target_os = "none")))]
pub(crate) mod interner;
#[cfg(target_os = "none")]
pub(crate) mod linked;
#[cfg(any(feature = "tracing", all(feature = "log", feature = "std")))]
pub(crate) mod made;
mod section;

pub use self::build::{
    PLAIN, QUOTED, Source, TEMPLATE, build, build_name, form, key, len, name_len, with_level,
};
pub(crate) use self::flags::SiteFlags;
#[cfg(any(feature = "alloc", all(feature = "ring", target_os = "none")))]
pub(crate) use self::section::{InSection, in_section};

use core::fmt;

use crate::codec::{Cursor, Malformed};
use crate::level::LogLevel;
use crate::util::char_class::as_text;
use crate::value::field::key_bit;

const ON_DEVICE: bool = cfg!(target_os = "none");

/// Bytes before the SITE item's body.
const HEAD: usize = if ON_DEVICE { 1 } else { 9 };

/// Whether the body says where in the source the site stands.
const LOCATION: bool = !ON_DEVICE || cfg!(feature = "location");

/// Points at where in the source a record was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceLocation<'a> {
    /// The module, as `module_path!()` gives it.
    pub module: &'a str,
    /// The file, as `file!()` gives it.
    pub file: &'a str,
    /// The line, from 1.
    pub line: u32,
}

impl<'a> SourceLocation<'a> {
    /// Reads a place as the wire has it.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let line = u32::try_from(cursor.leb()?).map_err(|_| Malformed)?;
        Ok(Self { line, module: cursor.text()?, file: cursor.text()? })
    }
}

/// Holds what is static about a call site; made by the macros.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    bytes: &'a [u8],
    /// The place in the section of sites.
    #[cfg(target_os = "none")]
    linked: Option<(u32, LogLevel)>,
}

impl<'a> Site<'a> {
    /// Wraps bytes that [`build`] made.
    #[doc(hidden)]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            #[cfg(target_os = "none")]
            linked: None,
        }
    }

    /// Returns the level.
    #[inline]
    pub fn level(&self) -> LogLevel {
        #[cfg(target_os = "none")]
        if let Some((_, level)) = self.linked {
            return level;
        }
        self.bytes.get(HEAD).and_then(|&number| LogLevel::from_number(number)).unwrap_or(LogLevel::Info)
    }

    /// Returns the level's number, without looking whether it is one.
    #[doc(hidden)]
    #[inline]
    pub fn level_number(&self) -> u8 {
        self.bytes.get(HEAD).copied().unwrap_or(0)
    }

    /// Returns the body of the wire's SITE item; it may end after the keys.
    pub fn wire(&self) -> &'a [u8] {
        let body = self.bytes.get(HEAD..).unwrap_or_default();
        if !ON_DEVICE {
            return body;
        }
        // Other sites follow it.
        let rest = SiteParts::read(body).and_then(|parts| parts.after(LOCATION)).unwrap_or(body);
        body.get(..body.len() - rest.len()).unwrap_or_default()
    }

    pub(crate) fn flags(&self) -> SiteFlags {
        SiteFlags(self.bytes.first().copied().unwrap_or(0))
    }

    /// Returns the mask of the keys.
    pub fn mask(&self) -> u64 {
        if ON_DEVICE {
            return self.parts().mask();
        }
        match self.bytes.get(1..HEAD).and_then(|mask| mask.try_into().ok()) {
            Some(mask) => u64::from_le_bytes(mask),
            None => 0,
        }
    }

    /// Reads the body.
    pub(crate) fn parts(&self) -> SiteParts<'a> {
        SiteParts::read(self.bytes.get(HEAD..).unwrap_or_default()).unwrap_or_default()
    }

    /// Returns the message template.
    pub fn message(&self) -> &'a str {
        self.parts().template()
    }

    /// Returns where the site stands.
    pub fn location(&self) -> SourceLocation<'a> {
        self.parts().location()
    }
}

#[cfg(not(target_os = "none"))]
impl Site<'_> {
    /// Returns an address that no other site has while the program runs.
    pub fn address(&self) -> usize {
        self.bytes.as_ptr() as usize
    }
}

impl fmt::Debug for Site<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        f.debug_struct("Site")
            .field("level", &self.level())
            .field("message", &parts.template())
            .field("location", &parts.location())
            .finish()
    }
}

/// A SITE body, found but not yet checked for UTF-8.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SiteParts<'a> {
    /// The message template, UTF-8.
    pub(crate) message: &'a [u8],
    /// The keys, packed: each a `text`.
    pub(crate) keys: &'a [u8],
    pub(crate) key_count: usize,
}

impl<'a> SiteParts<'a> {
    /// Reads what every record needs of a body that the compiler made.
    #[inline]
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        cursor.byte()?;
        if ON_DEVICE {
            return Self::read_short(body);
        }
        let message_len = cursor.len()?;
        let message = cursor.bytes(message_len)?;
        let key_count = cursor.len()?;
        let keys = cursor.rest();
        // Keys lie before line, module and file: found by walking over them,
        // which the encoder does anyway.
        Ok(Self { message, keys, key_count })
    }

    /// As [`SiteParts::read`], in less code.
    fn read_short(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        cursor.byte()?;
        let (message, key_count) = (cursor.text_bytes()?, cursor.short_leb()?);
        Ok(Self { message, keys: cursor.rest(), key_count })
    }

    pub(crate) fn template(&self) -> &'a str {
        as_text(self.message).unwrap_or_default()
    }

    /// Counts the keys' mask.
    fn mask(&self) -> u64 {
        let mut keys = Cursor::new(self.keys);
        (0..self.key_count)
            .map_while(|_| keys.text().ok())
            .fold(0, |mask, key| mask | key_bit(key.as_bytes()))
    }

    /// Returns what follows the site's last byte.
    fn after(&self, located: bool) -> Result<&'a [u8], Malformed> {
        let mut rest = Cursor::new(self.keys);
        for _ in 0..self.key_count {
            rest.text_bytes()?;
        }
        if located {
            rest.leb()?;
            rest.text_bytes()?;
            rest.text_bytes()?;
        }
        Ok(rest.rest())
    }

    pub(crate) fn location(&self) -> SourceLocation<'a> {
        let read = || {
            let mut cursor = Cursor::new(self.keys);
            for _ in 0..self.key_count {
                cursor.text()?;
            }
            SourceLocation::read(&mut cursor)
        };
        read().unwrap_or(SourceLocation { module: "", file: "", line: 0 })
    }
}

/// Checks a SITE body that came from outside, and learns what the compiler
/// would have known of it.
#[cfg(feature = "alloc")]
pub(crate) fn check_body(body: &[u8]) -> Result<(LogLevel, SiteFlags, u64), Malformed> {
    let mut cursor = Cursor::new(body);
    let level = LogLevel::from_number(cursor.byte()?).ok_or(Malformed)?;
    let message = cursor.text()?;
    let key_count = cursor.len()?;
    let flags = SiteFlags::of(flags::scan(message.as_bytes()));
    let mut mask = 0;
    for _ in 0..key_count {
        mask |= key_bit(cursor.text()?.as_bytes());
    }
    // A device leaves its place in the source out.
    if !cursor.is_empty() {
        SourceLocation::read(&mut cursor)?;
    }
    Ok((level, flags, mask))
}
