//! Where in the source a record was made: a macro's call has it in its site, the words of
//! another crate's macro bring it along as the wire has it.

use super::{Body, LogRecord};
use crate::codec::Cursor;
use crate::site::SourceLocation;

impl<'a> LogRecord<'a> {
    /// Returns where in the source the record was made, if known.
    pub fn location(&self) -> Option<SourceLocation<'a>> {
        let location = match self.body {
            Body::Words(_, place) => SourceLocation::read(&mut Cursor::new(place)).ok()?,
            Body::Site(_) => self.parts().location(),
        };
        (location.line > 0).then_some(location)
    }

    /// Says where in the source literal text stands, as the wire has it.
    #[cfg(feature = "alloc")]
    #[doc(hidden)]
    pub fn set_place(&mut self, place: &'a [u8]) {
        if let Body::Words(_, known) = &mut self.body {
            *known = place;
        }
    }

    /// Returns where in the source literal text stands, as the wire has it.
    pub(crate) fn place(&self) -> &'a [u8] {
        match self.body {
            Body::Words(_, place) => place,
            Body::Site(_) => &[],
        }
    }
}
