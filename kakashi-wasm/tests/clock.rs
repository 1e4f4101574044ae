//! The time that records carry.

mod fakes;

use fakes::sleep;
use kakashi_wasm::{Clock as _, SystemClock, Timestamp};
use wasm_bindgen_test::wasm_bindgen_test;

fn nanos() -> i64 {
    match SystemClock.now() {
        Timestamp::Wall(nanos) => nanos,
        other => panic!("no wall time: {other:?}"),
    }
}

/// Engines blur both clocks, by a tenth of a second at most that are used.
const BLUR_MILLIS: f64 = 100.0;

#[wasm_bindgen_test]
async fn it_keeps_step_with_the_wall_and_never_runs_back() {
    let mut last = i64::MIN;
    for _ in 0..15 {
        for _ in 0..1000 {
            let now = nanos();
            assert!(now >= last, "time ran back by {}", last - now);
            last = now;
        }
        let wall = js_sys::Date::now();
        assert!((nanos() as f64 / 1e6 - wall).abs() < BLUR_MILLIS);
        sleep(100).await;
    }
}
