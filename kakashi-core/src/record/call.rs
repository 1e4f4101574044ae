//! A logging call before it is a record: what the caller passed, without the time
//! and the context, which are added where the record is made.

use crate::clock::Timestamp;
use crate::level::LogLevel;
#[cfg(feature = "std")]
use crate::record::Extra;
use crate::record::{ContextFields, LogRecord, Name, Values};
use crate::site::Site;
#[cfg(any(test, target_os = "none"))]
use crate::util::output::Output;
use crate::value::Value;
use crate::value::field::Field;

/// What a caller passed to a logging call.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    /// How much it matters.
    pub level: LogLevel,
    says: Says<'c>,
    fields: &'c [Field<'c>],
}

#[derive(Clone, Copy, Debug)]
enum Says<'c> {
    Site(Site<'static>, &'c [Value<'c>]),
    Literal(&'c str),
    /// Text, where in the source it stands, and fields, as the wire has both.
    #[cfg(feature = "std")]
    Foreign(&'c str, &'c [u8], &'c [u8]),
    /// A site, and the values of its keys as the wire has them.
    #[cfg(feature = "std")]
    Encoded(Site<'static>, &'c [u8]),
}

impl<'c> Call<'c> {
    /// Makes a call of a macro's site and values, and of fields beside them.
    #[inline(always)]
    pub fn of_site(site: Site<'static>, values: &'c [Value<'c>], fields: &'c [Field<'c>]) -> Self {
        Self { level: site.level(), says: Says::Site(site, values), fields }
    }

    /// Makes a call of text without placeholders.
    #[inline(always)]
    pub fn literal(level: LogLevel, text: &'c str, fields: &'c [Field<'c>]) -> Self {
        Self { level, says: Says::Literal(text), fields }
    }

    /// Makes a call of another crate's macro: text, where in the source it stands, and fields,
    /// as the wire has both.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    pub fn foreign(level: LogLevel, text: &'c str, place: &'c [u8], pairs: &'c [u8]) -> Self {
        Self { level, says: Says::Foreign(text, place, pairs), fields: &[] }
    }

    /// Makes a call of a site, and of its keys' values as the wire has them.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    pub fn encoded(site: Site<'static>, values: &'c [u8]) -> Self {
        Self { level: site.level(), says: Says::Encoded(site, values), fields: &[] }
    }

    /// Returns the call site, if the call has one.
    #[inline(always)]
    pub fn site(&self) -> Option<Site<'static>> {
        match self.says {
            Says::Site(site, _) => Some(site),
            Says::Literal(_) => None,
            #[cfg(feature = "std")]
            Says::Encoded(site, _) => Some(site),
            #[cfg(feature = "std")]
            Says::Foreign(..) => None,
        }
    }

    /// Returns the site and the values of a macro's call that has nothing beside them.
    #[doc(hidden)]
    #[inline]
    pub fn site_and_values(&self) -> Option<(Site<'static>, &'c [Value<'c>])> {
        match self.says {
            Says::Site(site, values) if self.fields.is_empty() => Some((site, values)),
            _ => None,
        }
    }

    /// Makes the record, in its place: it is too large to be passed around.
    #[inline(always)]
    pub fn record<'r>(
        &'r self,
        timestamp: Timestamp,
        logger: Name<'r>,
        context: ContextFields<'r>,
    ) -> LogRecord<'r> {
        let mut record = match self.says {
            Says::Site(site, values) => LogRecord::of_site(timestamp, logger, site, Values::Slice(values)),
            Says::Literal(text) => LogRecord::new(timestamp, self.level, logger, text),
            #[cfg(feature = "std")]
            Says::Encoded(site, values) => LogRecord::of_site(timestamp, logger, site, Values::Wire(values)),
            #[cfg(feature = "std")]
            Says::Foreign(text, place, pairs) => {
                let mut record = LogRecord::new(timestamp, self.level, logger, text);
                record.set_place(place);
                record.set_extra(Extra::Wire(pairs));
                record
            }
        };
        record.set_context(context);
        if !self.fields.is_empty() {
            return record.with_fields(self.fields);
        }
        record
    }
}

/// A function that writes a name in quotes. It is called by a pointer that is null for
/// all usual names, so that its code is linked only where a logger's name needs it.
#[cfg(any(test, target_os = "none"))]
pub(crate) type Quoting = fn(&[u8], &mut Output<'_>);

/// A call without its values.
#[cfg(any(test, target_os = "none"))]
#[derive(Clone, Copy, Debug)]
pub struct CallHead<'a> {
    pub(crate) timestamp: Timestamp,
    pub(crate) level: LogLevel,
    pub(crate) logger: &'a str,
    pub(crate) quoting: Option<Quoting>,
    /// The site's id in the program's section of sites.
    pub(crate) id: u32,
    #[cfg(not(target_os = "none"))]
    pub(crate) site: Site<'static>,
}

#[cfg(any(test, target_os = "none"))]
impl CallHead<'_> {
    /// Finds the site; an encoder that needs only its id does not call this.
    pub(crate) fn site(&self) -> Site<'static> {
        #[cfg(target_os = "none")]
        return crate::site::linked::site(self.id, self.level);
        #[cfg(not(target_os = "none"))]
        self.site
    }
}
