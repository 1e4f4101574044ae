//! Counts of call sites: how many records came in a window, and how many were left out.
//!
//! A table of a fixed size: a site finds its place by its key, near where its hash leads, and
//! keeps it. Sites that find none share one place a level.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use kakashi_core::{CallSite, DropReason, LogLevel, Site};

/// Sites that are told apart.
const SITES: usize = 1024;
/// Places that a site looks at.
const PROBES: usize = 32;
/// Of words, as many bytes are kept for announcements.
const WORDS: usize = 200;

/// Why a sampler leaves records out.
pub(super) const REASONS: [DropReason; 2] = [DropReason::Sampled, DropReason::RateLimited];

/// The counts of all sites that a sampler was asked about.
#[derive(Debug)]
pub(super) struct SampledSites {
    sites: Box<[SiteCounts]>,
    /// For each level, those that found no place.
    others: [SiteCounts; LogLevel::ALL.len()],
}

/// The counts of one call site.
#[derive(Debug, Default)]
pub(super) struct SiteCounts {
    /// 0: nobody's. The level is the last byte.
    key: AtomicU64,
    /// The number of the window, and how many records came in it.
    window: AtomicU64,
    /// For each of [`REASONS`].
    left_out: [LeftOutCounts; REASONS.len()],
    origin: OnceLock<Box<SiteOrigin>>,
}

/// Records that were left out.
#[derive(Debug, Default)]
pub(super) struct LeftOutCounts {
    /// Those that no destination's counts have yet.
    uncounted: AtomicUsize,
    /// Of the others, those that the stream does not announce yet.
    unannounced: AtomicUsize,
}

/// What announcements say of a call site.
#[derive(Debug)]
pub(crate) struct SiteOrigin {
    /// The logger that asked first.
    pub(crate) logger: Box<str>,
    pub(crate) place: SitePlace,
}

/// Where a call site is.
#[derive(Debug)]
pub(crate) enum SitePlace {
    /// A macro's.
    Macro(Site<'static>),
    /// The words of a function's call, shortened.
    Words(Box<str>),
    /// File and line, of another crate's macro.
    Line(Box<str>, u32),
    /// Nobody said.
    Unknown,
}

impl SampledSites {
    pub(super) fn new() -> Self {
        let others = LogLevel::ALL.map(|level| {
            let key = AtomicU64::new(level.number().into());
            SiteCounts { key, ..SiteCounts::default() }
        });
        Self { sites: (0..SITES).map(|_| SiteCounts::default()).collect(), others }
    }

    /// Finds the counts of a site.
    pub(super) fn get(&self, logger: &str, level: LogLevel, site: &CallSite<'_>) -> &SiteCounts {
        let key = key_of(logger, level, site);
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        for probe in 0..PROBES {
            let Some(counts) = self.sites.get((mixed as usize + probe) % SITES) else { break };
            match counts.key.load(Ordering::Relaxed) {
                found if found == key => return counts,
                0 => match counts.key.compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => {
                        // Its allocations may log: the place is taken by now.
                        let _ = counts.origin.set(Box::new(SiteOrigin::of(logger, site)));
                        return counts;
                    }
                    Err(found) if found == key => return counts,
                    Err(_) => {}
                },
                _ => {}
            }
        }
        &self.others[level.index()]
    }

    /// Yields all counts.
    pub(super) fn all(&self) -> impl Iterator<Item = &SiteCounts> {
        self.sites.iter().filter(|counts| counts.key.load(Ordering::Relaxed) != 0).chain(&self.others)
    }
}

impl SiteCounts {
    /// Counts a record; returns how many came in this window, with it.
    pub(super) fn count(&self, window: u32) -> u32 {
        let now = u64::from(window) << 32;
        let before = self.window.load(Ordering::Relaxed);
        if before & !u64::from(u32::MAX) != now {
            // Whoever comes second counts on.
            let _ = self.window.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed);
        }
        (self.window.fetch_add(1, Ordering::Relaxed) as u32).wrapping_add(1)
    }

    /// Counts a record that is left out, for the reason at an index of [`REASONS`].
    pub(super) fn leave_out(&self, reason: usize) {
        self.left_out[reason].uncounted.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the level of its records.
    pub(super) fn level(&self) -> LogLevel {
        LogLevel::from_number(self.key.load(Ordering::Relaxed) as u8).unwrap_or(LogLevel::Info)
    }

    /// Returns where it is; none for those that share a place.
    pub(super) fn origin(&self) -> Option<&SiteOrigin> {
        self.origin.get().map(|origin| &**origin)
    }

    pub(super) fn left_out(&self) -> impl Iterator<Item = (DropReason, &LeftOutCounts)> {
        REASONS.into_iter().zip(&self.left_out)
    }
}

impl LeftOutCounts {
    /// Takes what no destination's counts have.
    pub(super) fn take_uncounted(&self) -> usize {
        if self.uncounted.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        let records = self.uncounted.swap(0, Ordering::Relaxed);
        self.unannounced.fetch_add(records, Ordering::Relaxed);
        records
    }

    /// Takes what the stream does not announce.
    pub(super) fn take_unannounced(&self) -> usize {
        // Whoever finds nothing sees that another thread has begun to announce it.
        self.unannounced.swap(0, Ordering::AcqRel)
    }

    pub(super) fn is_announced(&self) -> bool {
        self.uncounted.load(Ordering::Relaxed) == 0 && self.unannounced.load(Ordering::Relaxed) == 0
    }
}

impl SiteOrigin {
    fn of(logger: &str, site: &CallSite<'_>) -> Self {
        let place = match site {
            CallSite::Macro(site) => SitePlace::Macro(*site),
            CallSite::Words(words) => SitePlace::Words(front(words).into()),
            CallSite::Place(Some(place)) => SitePlace::Line(place.file.into(), place.line),
            CallSite::Place(None) => SitePlace::Unknown,
        };
        Self { logger: logger.into(), place }
    }
}

/// Returns what is kept of words.
fn front(words: &str) -> &str {
    let end = (0..=WORDS.min(words.len())).rev().find(|&at| words.is_char_boundary(at));
    words.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Makes the key of a site: never 0, for no level's number is.
fn key_of(logger: &str, level: LogLevel, site: &CallSite<'_>) -> u64 {
    // An address, or a hash: of both the low bits tell most.
    let name = match site {
        CallSite::Macro(site) => site.address() as u64,
        CallSite::Words(words) => fnv(fnv(FNV, logger.as_bytes()), words.as_bytes()),
        CallSite::Place(Some(place)) => fnv(fnv(FNV, place.file.as_bytes()), &place.line.to_le_bytes()),
        CallSite::Place(None) => fnv(FNV, logger.as_bytes()),
    };
    name << 8 | u64::from(level.number())
}

const FNV: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Returns the number of the window that a moment is in.
pub(super) fn window_at(now: u64, window_nanos: &AtomicU64) -> Option<u32> {
    // A number that comes again after 2³² windows is a window of its own by then.
    Some(now.checked_div(window_nanos.load(Ordering::Relaxed))? as u32)
}

/// Tells whether the record that is the `count`-th in its window passes.
pub(super) fn passes(count: u32, first: &AtomicU32, every: &AtomicU32) -> bool {
    let (first, every) = (first.load(Ordering::Relaxed), every.load(Ordering::Relaxed));
    count <= first || (every > 0 && (count - first).is_multiple_of(every))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_window_pass_and_then_each_so_many_th() {
        let (first, every) = (AtomicU32::new(2), AtomicU32::new(3));
        let window = AtomicU64::new(100);
        let counts = SiteCounts::default();
        let passed = |now: u64| {
            let window = window_at(now, &window).unwrap();
            (0..9).filter(|_| passes(counts.count(window), &first, &every)).count()
        };
        assert_eq!([passed(100), passed(199), passed(200), passed(950)], [4, 3, 4, 4]);
        assert_eq!(passed(150), 4, "a clock that steps back begins a window");
        every.store(0, Ordering::Relaxed);
        assert_eq!(passed(7000), 2);
    }

    #[test]
    fn sites_are_told_apart_until_there_is_no_place_left() {
        let table = SampledSites::new();
        let words: Vec<String> = (0..5000).map(|n| format!("word {n}")).collect();
        for words in &words {
            let counts = table.get("a", LogLevel::Debug, &CallSite::Words(words));
            assert_eq!(counts.level(), LogLevel::Debug);
            counts.leave_out(0);
        }
        let others = &table.others[LogLevel::Debug.index()];
        let alone: Vec<_> = table.all().filter(|counts| counts.origin().is_some()).collect();
        assert!(alone.len() > SITES * 9 / 10, "{}", alone.len());
        assert!(alone.iter().all(|counts| counts.left_out[0].take_uncounted() == 1));
        assert_eq!(others.left_out[0].take_uncounted() + alone.len(), 5000);
        let again = table.get("a", LogLevel::Debug, &CallSite::Words(&words[0]));
        assert!(matches!(&again.origin().unwrap().place, SitePlace::Words(words) if **words == *"word 0"));
        let other = table.get("a", LogLevel::Info, &CallSite::Words(&words[0]));
        assert!(!std::ptr::eq(again, other));
    }
}
