//! What stands behind lines on a terminal, and colours that can be read there.

use std::env;

use crate::level::LogLevel;

/// What a terminal shows behind text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Background {
    /// Light text on a dark ground.
    Dark,
    /// Dark text on a light ground.
    Light,
}

/// The beginning of a colour's escape sequence, `"\x1b[…m"`; empty for none.
pub(super) type Colour = &'static str;

/// The colours of one background.
pub(super) struct Palette {
    /// By level.
    levels: [Colour; 6],
    /// What is read last: times, loggers, signs.
    pub(super) dim: Colour,
    pub(super) key: Colour,
    pub(super) exception: Colour,
    pub(super) reset: Colour,
}

static DARK: Palette = Palette {
    levels: ["\x1b[2m", "\x1b[94m", "\x1b[32m", "\x1b[33m", "\x1b[91m", "\x1b[1;97;41m"],
    dim: "\x1b[2m",
    key: "\x1b[36m",
    exception: "\x1b[91m",
    reset: "\x1b[0m",
};

// Yellow and cyan of the sixteen colours can hardly be seen on white: browner and darker ones of
// the 256.
static LIGHT: Palette = Palette {
    levels: ["\x1b[38;5;244m", "\x1b[34m", "\x1b[38;5;28m", "\x1b[38;5;130m", "\x1b[31m", "\x1b[1;97;41m"],
    dim: "\x1b[38;5;242m",
    key: "\x1b[38;5;24m",
    exception: "\x1b[31m",
    reset: "\x1b[0m",
};

static NONE: Palette = Palette { levels: [""; 6], dim: "", key: "", exception: "", reset: "" };

impl Palette {
    pub(super) fn of(background: Background, colour: bool) -> &'static Self {
        match (colour, background) {
            (false, _) => &NONE,
            (true, Background::Light) => &LIGHT,
            (true, Background::Dark) => &DARK,
        }
    }

    pub(super) fn level(&self, level: LogLevel) -> Colour {
        self.levels[level.index()]
    }
}

impl Background {
    /// Reads `COLORFGBG`, which some terminals set: `15;0` is white on black. The terminal itself
    /// is not asked: it would answer on the program's stdin.
    pub fn of_environment() -> Option<Self> {
        decide(&env::var("COLORFGBG").ok()?)
    }
}

fn decide(text: &str) -> Option<Background> {
    // `15;default;0` is rxvt's with a picture behind.
    match text.rsplit(';').next()?.parse().ok()? {
        0..=6 | 8 => Some(Background::Dark),
        7 | 9..=15 => Some(Background::Light),
        16_u8.. => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_of_colorfgbg_is_the_ground() {
        for (text, expected) in [
            ("15;0", Some(Background::Dark)),
            ("0;15", Some(Background::Light)),
            ("0;7", Some(Background::Light)),
            ("12;8", Some(Background::Dark)),
            ("15;default;0", Some(Background::Dark)),
            ("0;default", None),
            ("", None),
            ("1;99", None),
        ] {
            assert_eq!(decide(text), expected, "{text}");
        }
    }
}
