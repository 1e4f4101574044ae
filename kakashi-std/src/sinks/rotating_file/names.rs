//! Names of files: they sort by time, and all that a restart must know is in them.
//!
//! `shop.log` becomes `shop.2026-11-30.000000.log` or `shop.00000042.log`; with the process's
//! id `shop.2026-11-30.000000-4711.log`. A next name sorts after the last one, whatever the
//! clock says.

use super::calendar::is_stamp;

/// Endings of compressed files.
pub(super) const COMPRESSED: [&str; 2] = [".gz", ".zst"];
const TEMPORARY: &str = ".tmp";

/// What tells a file from the others of its path; in order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(super) struct FileName {
    /// When it was begun; empty where names have numbers only.
    pub(super) stamp: String,
    /// Which one of that time.
    pub(super) number: u64,
    /// The process whose it is; 0 where it is not in the name.
    pub(super) pid: u32,
}

/// In which state a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FileState {
    /// As it was written.
    Plain,
    /// Compressed, whole.
    Compressed,
    /// A compressed one that is not whole.
    Temporary,
}

/// How files of a path are named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Naming {
    /// The path's file name without its last ending.
    pub(super) stem: String,
    /// That ending with its dot; may be empty.
    pub(super) ending: String,
    /// Whether names have a number only.
    pub(super) by_number: bool,
}

impl Naming {
    /// Names files after a path's file name.
    pub(super) fn of(file_name: &str, by_number: bool) -> Self {
        let at = file_name.rfind('.').filter(|&at| at > 0).unwrap_or(file_name.len());
        let (stem, ending) = file_name.split_at(at);
        Self { stem: stem.into(), ending: ending.into(), by_number }
    }

    /// Writes a name.
    pub(super) fn text(&self, name: &FileName) -> String {
        let Self { stem, ending, .. } = self;
        let pid = if name.pid == 0 { String::new() } else { format!("-{}", name.pid) };
        if self.by_number {
            format!("{stem}.{:08}{pid}{ending}", name.number)
        } else {
            format!("{stem}.{}.{:06}{pid}{ending}", name.stamp, name.number)
        }
    }

    /// Writes the name of a compressed file that is not whole.
    pub(super) fn temporary_text(compressed: &str) -> String {
        format!(".{compressed}{TEMPORARY}")
    }

    /// Reads a name; none if it is no file of this path.
    pub(super) fn parse(&self, text: &str) -> Option<(FileName, FileState)> {
        let temporary = text.strip_prefix('.').and_then(|text| text.strip_suffix(TEMPORARY));
        let visible = temporary.unwrap_or(text);
        let compressed = COMPRESSED.iter().find_map(|ending| visible.strip_suffix(ending));
        let state = match (temporary, compressed) {
            (Some(_), _) => FileState::Temporary,
            (None, Some(_)) => FileState::Compressed,
            (None, None) => FileState::Plain,
        };
        let rest = compressed.unwrap_or(visible).strip_prefix(&self.stem)?.strip_prefix('.')?;
        let rest = rest.strip_suffix(&self.ending)?;
        let (stamp, digits, numbered) =
            if self.by_number { ("", 8, rest) } else { rest.split_once('.').map(|(s, n)| (s, 6, n))? };
        let (number, pid) = match numbered.split_once('-') {
            Some((number, pid)) => (number, parsed_number(pid, 1).filter(|&pid| pid > 0)?),
            None => (numbered, 0),
        };
        if !self.by_number && !is_stamp(stamp) {
            return None;
        }
        let (number, pid) = (parsed_number(number, digits)?, u32::try_from(pid).ok()?);
        Some((FileName { stamp: stamp.into(), number, pid }, state))
    }

    /// Returns a name for a time that sorts after the last one, also where the clock was set
    /// back, or an hour comes twice.
    pub(super) fn after(&self, last: Option<&FileName>, stamp: String, pid: u32) -> FileName {
        match last {
            Some(last) if self.by_number => FileName { number: last.number + 1, pid, ..FileName::default() },
            None if self.by_number => FileName { pid, ..FileName::default() },
            Some(last) if last.stamp >= stamp => {
                FileName { stamp: last.stamp.clone(), number: last.number + 1, pid }
            }
            _ => FileName { stamp, number: 0, pid },
        }
    }
}

fn parsed_number(text: &str, digits: usize) -> Option<u64> {
    let is_number = text.len() >= digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(stamp: &str, number: u64, pid: u32) -> FileName {
        FileName { stamp: stamp.into(), number, pid }
    }

    #[test]
    fn a_name_is_read_back_and_sorts_as_it_was_begun() {
        for path in ["shop.log", "shop", ".hidden", "a.b.json", "üñí.log"] {
            for by_number in [false, true] {
                let naming = Naming::of(path, by_number);
                let stamp = if by_number { "" } else { "2026-11-30T15" };
                let mut last = name(stamp, 0, 0);
                let mut texts = vec![naming.text(&last)];
                for _ in 0..20 {
                    // The clock is set back.
                    last = naming.after(Some(&last), "2026-11-30T14".into(), 0);
                    texts.push(naming.text(&last));
                }
                if !by_number {
                    for stamp in ["2026-11-30T16", "2026-12-01T00", "2027-01-01T00"] {
                        last = naming.after(Some(&last), stamp.into(), 0);
                        assert_eq!(last, name(stamp, 0, 0));
                        texts.push(naming.text(&last));
                    }
                }
                assert!(texts.is_sorted_by(|one, next| one < next), "{texts:?}");
                let mut names: Vec<_> = texts.iter().map(|text| naming.parse(text).unwrap()).collect();
                assert!(names.is_sorted_by(|one, next| one.0 < next.0));
                for (text, (read, state)) in texts.iter().zip(&mut names) {
                    assert_eq!((&naming.text(read), *state), (text, FileState::Plain));
                    read.pid = 4711;
                    let text = naming.text(read);
                    for (text, state) in [
                        (text.clone(), FileState::Plain),
                        (format!("{text}.gz"), FileState::Compressed),
                        (format!("{text}.zst"), FileState::Compressed),
                        (Naming::temporary_text(&format!("{text}.gz")), FileState::Temporary),
                    ] {
                        assert_eq!(naming.parse(&text), Some((read.clone(), state)), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_file_of_the_path_is_left_alone() {
        let (by_time, by_number) = (Naming::of("shop.log", false), Naming::of("shop.log", true));
        for other in [
            "shop.log",
            "shop.log.1",
            "shop.2026-11-30.log",
            "shop.2026-11-30.00000.log",
            "shop.2026-11-3.000000.log",
            "shop.2026-11-30.000000.txt",
            "shop.2026-11-30.000000.log.bak",
            "shop.2026-11-30.000000-0.log",
            "shop.2026-11-30.000000-x.log",
            "shop.2026-11-30.000000-99999999999.log",
            "myshop.2026-11-30.000000.log",
            "shop.42.log",
            "shop.0000004x.log",
            ".shop.log.lock",
        ] {
            assert_eq!((by_time.parse(other), by_number.parse(other)), (None, None), "{other}");
        }
        assert_eq!(by_time.parse("shop.00000042.log"), None);
        assert_eq!(by_number.parse("shop.2026-11-30.000000.log"), None);
    }
}
