//! Whether lines for people are coloured, by what is written to and the environment.

use std::env;
use std::ffi::OsString;

/// Tells whether what is written there should be coloured: a terminal, or, if `may_force`,
/// anything for which the environment forces colours.
///
/// The first variable that is set and not empty decides: `NO_COLOR` (no), `FORCE_COLOR`
/// (`0` and `false` no, else yes), `CLICOLOR_FORCE` (yes, unless `0`), `CLICOLOR` (`0` no),
/// `TERM` (`dumb` no).
///
/// Sources: <https://no-color.org>, <https://force-color.org>, <https://bixense.com/clicolors/>.
pub fn wants_colour(is_terminal: bool, may_force: bool) -> bool {
    decide(is_terminal, may_force, &|name| env::var_os(name))
}

fn decide(is_terminal: bool, may_force: bool, variable: &dyn Fn(&str) -> Option<OsString>) -> bool {
    let get = |name: &str| variable(name).filter(|value| !value.is_empty());
    let forced = |yes: bool| if may_force { yes } else { yes && is_terminal };
    if get("NO_COLOR").is_some() {
        return false;
    }
    if let Some(value) = get("FORCE_COLOR") {
        return forced(value != "0" && !value.eq_ignore_ascii_case("false"));
    }
    if get("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return forced(true);
    }
    is_terminal
        && get("CLICOLOR").is_none_or(|value| value != "0")
        && get("TERM").is_none_or(|value| value != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        // What is set; a terminal's colour, a pipe's, a file's.
        for (set, expected) in [
            (&[][..], [true, false, false]),
            (&[("NO_COLOR", "")], [true, false, false]),
            (&[("NO_COLOR", "1")], [false; 3]),
            (&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], [false; 3]),
            (&[("FORCE_COLOR", "1")], [true, true, false]),
            (&[("FORCE_COLOR", "")], [true, false, false]),
            (&[("FORCE_COLOR", "0")], [false; 3]),
            (&[("FORCE_COLOR", "false"), ("CLICOLOR_FORCE", "1")], [false; 3]),
            (&[("FORCE_COLOR", "3"), ("TERM", "dumb")], [true, true, false]),
            (&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb"), ("CLICOLOR", "0")], [true, true, false]),
            (&[("CLICOLOR_FORCE", "0")], [true, false, false]),
            (&[("CLICOLOR", "0")], [false; 3]),
            (&[("CLICOLOR", "1")], [true, false, false]),
            (&[("TERM", "dumb")], [false; 3]),
            (&[("TERM", "xterm")], [true, false, false]),
        ] {
            let variable = |name: &str| set.iter().find(|set| set.0 == name).map(|set| set.1.into());
            let found = [(true, true), (false, true), (false, false)]
                .map(|(is_terminal, may_force)| decide(is_terminal, may_force, &variable));
            assert_eq!(found, expected, "{set:?}");
        }
    }
}
