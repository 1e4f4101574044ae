//! What the compiler finds out about a message's text, so that no encoder looks at it again.

use crate::util::char_class::is_plain;

/// How a site's texts must be written, as far as the compiler knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct SiteFlags(pub(crate) u8);

impl SiteFlags {
    /// The message needs no quotes, no escapes, and has no braces.
    const MESSAGE_PLAIN: u8 = 1;

    pub(super) const fn of(scan: TextScan) -> Self {
        Self(if scan.plain { Self::MESSAGE_PLAIN } else { 0 })
    }

    pub(crate) const fn message_is_plain(self) -> bool {
        self.0 & Self::MESSAGE_PLAIN != 0
    }
}

/// How a message's bytes must be written.
#[derive(Clone, Copy)]
pub(super) struct TextScan {
    /// No quotes, no escapes.
    pub(super) plain: bool,
    pub(super) braces: bool,
}

/// Looks at each byte once, in few steps: the compiler does it for every call site.
pub(super) const fn scan(message: &[u8]) -> TextScan {
    let (mut found, mut twice) = (0, 0);
    // As if a space stood before the first byte and after the last: one at an
    // edge is then one of two.
    let mut before = SPACE;
    // One reference: the compiler would copy a constant table for each byte.
    let classes: &[u8; 256] = &CLASS;
    let mut rest = message;
    while let [byte, more @ ..] = rest {
        let class = classes[*byte as usize];
        found |= class;
        twice |= class & before;
        before = class;
        rest = more;
    }
    let spaced = (twice | before) & SPACE != 0;
    // Bytes above 0x7f depend on their neighbours.
    let plain = if found & LOOK != 0 { is_plain(message, true) } else { found & QUOTE == 0 && !spaced };
    let braces = found & BRACE != 0;
    TextScan { plain: plain && !braces, braces }
}

const BRACE: u8 = 1;
const QUOTE: u8 = 2;
const LOOK: u8 = 4;
const SPACE: u8 = 8;

const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte as u8 {
            b'{' | b'}' => BRACE,
            b'"' | b'=' | b'\\' | 0..=0x1f | 0x7f => QUOTE,
            0x80.. => LOOK,
            b' ' => SPACE,
            _ => 0,
        };
        byte += 1;
    }
    class
};
