//! Any text is safe as `Retry-After`; a pause is never longer than a day and a tenth.
//!
//!     cargo +nightly fuzz run --fuzz-dir tests/fuzz retry_after -- -max_total_time=60

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;

#[path = "../../../kakashi-std/src/sinks/http_client/retry_after.rs"]
mod retry_after;

use retry_after::BusyPauses;

const LONGEST: Duration = Duration::from_secs(95_040);

fuzz_target!(|text: &str| {
    let mut pauses = BusyPauses::default();
    let pause = pauses.next(Some(text));
    assert!(pause <= LONGEST, "{text:?}: {pause:?}");
    if let Ok(seconds) = text.trim().parse::<u32>() {
        let asked = Duration::from_secs(seconds.into()).min(Duration::from_secs(86_400));
        assert!((asked..=asked.mul_f64(1.1001)).contains(&pause), "{text:?}: {pause:?}");
    }
    pauses.reset();
    assert!(pauses.next(None) <= Duration::from_millis(150));
});
