//! A RECORD's body into a record.
//!
//! The same body occurs in blocks, whose bytes may come from anywhere, and in the
//! rings inside a process, whose bytes this process wrote: [`IdResolver::is_trusted`] says which.

use super::flag;
use crate::clock::Timestamp;
use crate::codec::{Cursor, Malformed};
use crate::level::LogLevel;
use crate::record::record_keys::RecordKeys;
use crate::record::{ContextFields, Extra, LogRecord, Name, Values};
use crate::site::{Site, SiteFlags, SiteParts, SourceLocation, check_body};

/// Resolves the ids in records: which site, logger and context they name.
pub trait IdResolver<'a> {
    /// The bytes were written by this process: values are taken as they are.
    /// One that is malformed all the same ends its record's fields.
    fn is_trusted(&self) -> bool {
        false
    }

    /// Finds a site by its id.
    fn site(&self, id: u64) -> Option<&ResolvedSite<'a>>;
    /// Finds a logger's name by its id.
    fn logger(&self, id: u64) -> Option<Name<'a>>;
    /// Finds a context by its id.
    fn context(&self, id: u64) -> Option<ContextFields<'a>>;
}

/// A call site as an [`IdResolver`] finds it: what a record needs of it.
#[derive(Clone, Copy, Debug)]
pub struct ResolvedSite<'a> {
    level: LogLevel,
    flags: SiteFlags,
    mask: u64,
    parts: SiteParts<'a>,
    body: &'a [u8],
    /// 0: not of this program.
    address: usize,
}

impl From<Site<'static>> for ResolvedSite<'static> {
    fn from(site: Site<'static>) -> Self {
        Self {
            level: site.level(),
            flags: site.flags(),
            mask: site.mask(),
            parts: site.parts(),
            body: site.wire(),
            address: site.address(),
        }
    }
}

impl<'a> ResolvedSite<'a> {
    /// Checks the body of a SITE item after its id, for a site that the program
    /// makes while it runs; no other may have its address, which is not 0.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are none.
    pub fn of_program(body: &'a [u8], address: usize) -> Result<Self, Malformed> {
        Ok(Self { address, ..Self::read(body)? })
    }

    /// Returns the body of its SITE item after the id.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Checks the body of a SITE item after its id.
    pub(super) fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let (level, flags, mask) = check_body(body)?;
        Ok(Self { level, flags, mask, parts: SiteParts::read(body)?, body, address: 0 })
    }

    /// Refuses a site of which a key stands twice.
    pub(super) fn check_keys(&self) -> Result<(), Malformed> {
        check_each_once(self.mask, self.parts.key_count, self.parts, &[])
    }
}

/// So many texts take at most three bytes each; any other takes four or more.
const SHORT_TEXTS: usize = 1 + 128 + (128 * 128 + 1920);

/// Refuses `count` keys, of a site or in pairs, of which one stands twice: in a line each
/// stands once.
pub(super) fn check_each_once<'a>(
    mask: u64,
    count: usize,
    parts: SiteParts<'a>,
    pairs: &'a [u8],
) -> Result<(), Malformed> {
    // As many bits as keys: all differ, and no table is needed.
    if mask.count_ones() as usize == count {
        return Ok(());
    }
    // More keys than different ones would fit: four bytes for each would be too much memory.
    let too_many = count.saturating_sub(SHORT_TEXTS) > (parts.keys.len() + pairs.len()) / 4;
    if too_many || RecordKeys::own(parts, Extra::Wire(pairs)).has_twice() { Err(Malformed) } else { Ok(()) }
}

/// Reads a RECORD's body.
///
/// # Errors
/// [`Malformed`] when it is none, or an id is not known.
#[cfg_attr(not(target_family = "wasm"), inline(always))]
pub fn read_record<'a>(body: &'a [u8], ids: &impl IdResolver<'a>) -> Result<LogRecord<'a>, Malformed> {
    #[cfg(target_family = "wasm")]
    let ids: &dyn IdResolver<'a> = ids;
    read(body, ids)
}

#[cfg_attr(not(target_family = "wasm"), inline(always))]
fn read<'a, K: IdResolver<'a> + ?Sized>(body: &'a [u8], ids: &K) -> Result<LogRecord<'a>, Malformed> {
    let mut body = Cursor::new(body);
    let flags = body.byte()?;
    if flags & !flag::KNOWN != 0 {
        return Err(Malformed);
    }
    let has = |flag: u8| flags & flag != 0;
    let timestamp = read_time(&mut body)?;
    let mut site = None;
    let mut inline = (LogLevel::Info, "");
    let mut place = &[][..];
    if has(flag::SITE) {
        if has(flag::PLACE) {
            return Err(Malformed);
        }
        site = Some(ids.site(body.leb()?).ok_or(Malformed)?);
    } else {
        let level = LogLevel::from_number(body.byte()?).ok_or(Malformed)?;
        inline = (level, body.text()?);
        if has(flag::PLACE) {
            let before = body.rest();
            SourceLocation::read(&mut body)?;
            place = &before[..before.len() - body.rest().len()];
        }
    }
    let mut logger = const { Name::new("") };
    if has(flag::LOGGER) {
        logger = ids.logger(body.leb()?).ok_or(Malformed)?;
    }
    let mut context = ContextFields::default();
    if has(flag::CONTEXT) {
        context = ids.context(body.leb()?).ok_or(Malformed)?;
    }
    let sequence = if has(flag::SEQUENCE) { Some(body.leb()?) } else { None };
    let mut record = match site {
        None => {
            let mut record = LogRecord::new(timestamp, inline.0, logger, inline.1);
            record.set_place(place);
            record
        }
        Some(site) => {
            let before = body.rest();
            if !ids.is_trusted() || has(flag::EXTRA) {
                for _ in 0..site.parts.key_count {
                    body.check_value()?;
                }
            } else {
                body = Cursor::new(&[]);
            }
            let values = Values::Wire(&before[..before.len() - body.rest().len()]);
            let mut record =
                LogRecord::of_body(timestamp, site.level, logger, site.body, site.flags, site.mask, values);
            record.site_address = site.address;
            record
        }
    };
    record.sequence = sequence;
    record.set_context(context);
    if has(flag::EXTRA) {
        if !ids.is_trusted() {
            body.check_pairs()?;
        }
        record.set_extra(Extra::Wire(body.rest()));
    }
    Ok(record)
}

/// Reads when a RECORD's body was made; what comes before it is one byte.
///
/// # Errors
/// [`Malformed`] when the bytes are no RECORD's body.
#[inline]
pub fn read_record_time(body: &[u8]) -> Result<Timestamp, Malformed> {
    let mut body = Cursor::new(body);
    body.byte()?;
    read_time(&mut body)
}

#[inline]
pub(super) fn read_time(body: &mut Cursor<'_>) -> Result<Timestamp, Malformed> {
    let head = body.byte()?;
    let nanos = body.integer(head)?;
    match head & 0xf0 {
        0x00 => i64::try_from(nanos).map(Timestamp::Wall).map_err(|_| Malformed),
        0x10 => i64::try_from(nanos).map(|nanos| Timestamp::Wall(!nanos)).map_err(|_| Malformed),
        0x20 => Ok(Timestamp::Uptime(nanos)),
        _ => Err(Malformed),
    }
}
