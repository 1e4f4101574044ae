//! Lines of one's own with the time of day that the machine's clock on the wall shows.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use kakashi_core::{PatternError, Text, TextPattern};

use crate::clock::system_zone;

/// Compiles lines of one's own, as [`Text::pattern`] does, with `{time:local}` (RFC 3339 with
/// the offset) and `{time:local:%H:%M:%S}` in the system's time zone: that of `TZ`, else the system's own.
///
/// A zone that changes while the program runs is found within some minutes.
///
/// ```
/// use kakashi_std::{configure, local_pattern, sinks};
///
/// let lines = local_pattern("{time:local:%F %T%.3f %:z} {level:5} {logger} {message} {fields}")?;
/// configure().destination(sinks::stdout().encoder(lines)).apply();
/// // 2026-11-22 11:12:00.123 +01:00 INFO  shop::orders Order accepted id=1042
/// # Ok::<(), kakashi_std::PatternError>(())
/// ```
///
/// # Errors
/// [`PatternError`], with the position and what would be right.
pub fn local_pattern(pattern: &str) -> Result<TextPattern, PatternError> {
    let last = AtomicI64::new(NONE);
    Text::pattern_in_zone(pattern, move |second| remembered_offset(&last, second))
}

/// Tells how many seconds east of UTC the system's time zone is at a second since 1970, for
/// [`TerminalPretty::zone`](crate::TerminalPretty::zone) and the like.
///
/// A zone that changes while the program runs is found within some minutes.
///
/// ```
/// use kakashi_std::{Pretty, configure, local_offset};
///
/// configure().pretty(Pretty::terminal().zone(local_offset)).apply();
/// ```
pub fn local_offset(second: i64) -> i32 {
    static LAST: AtomicI64 = AtomicI64::new(NONE);
    remembered_offset(&LAST, second)
}

fn remembered_offset(last: &AtomicI64, second: i64) -> i32 {
    let minute = second.div_euclid(60);
    let known = last.load(Ordering::Relaxed);
    if known >> OFFSET_BITS == minute {
        return (known & OFFSET_MASK) as i32 - OFFSET_BIAS;
    }
    let offset = offset_at(second);
    last.store(minute << OFFSET_BITS | i64::from(offset + OFFSET_BIAS), Ordering::Relaxed);
    offset
}

/// A minute, and in its low bits the offset that holds in it: no offset changes within one.
const OFFSET_BITS: u32 = 20;
const OFFSET_MASK: i64 = (1 << OFFSET_BITS) - 1;
/// Makes offsets, of at most 26 hours, positive.
const OFFSET_BIAS: i32 = 1 << 19;
const NONE: i64 = i64::MIN;

fn offset_at(second: i64) -> i32 {
    Timestamp::from_second(second).map_or(0, |at| system_zone().to_offset(at).seconds())
}
