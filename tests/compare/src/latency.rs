//! What a call costs its caller when no queue is full.
//!
//! Bursts of 20 calls, then 100 µs in which the caller spins: it stays on its
//! core, as a busy program's thread does. Even bursts have the counter read
//! around every call, which gives the percentiles and adds the counter's own
//! cost to each; odd ones only around the burst, which spreads that cost over
//! 20 calls. That is the figure to quote. The fields are made before a burst.

use std::hint::{black_box, spin_loop};
use std::time::{Duration, Instant};

use crate::contender::Contender;
use crate::outcome::Outcome;
use crate::stats::{Spread, percentile};
use crate::tsc::{Scale, ticks};
use crate::workload::fields;

/// Calls in one burst.
pub const BURST: u64 = 20;
/// Between two bursts.
const PAUSE: Duration = Duration::from_micros(100);
/// How long the counter is watched before it measures a pause.
const CALIBRATION: Duration = Duration::from_millis(5);

/// Logs `records`, a multiple of [`BURST`], from this thread.
pub fn measure<C: Contender>(contender: &C, records: u64) -> Outcome {
    let scale = Scale::start();
    let began = Instant::now();
    while began.elapsed() < CALIBRATION {
        spin_loop();
    }
    let pause = (PAUSE.as_nanos() as f64 / scale.nanos_a_tick()) as u64;

    let mut calls = Vec::with_capacity(records as usize);
    let mut bursts = Vec::with_capacity((records / BURST) as usize);
    for burst in 0..records / BURST {
        let mut batch: [_; BURST as usize] = std::array::from_fn(|i| fields(burst * BURST + i as u64));
        black_box(&mut batch);
        if burst % 2 == 0 {
            for (order_id, symbol, price) in batch {
                let before = ticks();
                contender.log(order_id, symbol, price);
                calls.push(ticks().wrapping_sub(before) as f64);
            }
        } else {
            let before = ticks();
            for (order_id, symbol, price) in batch {
                contender.log(order_id, symbol, price);
            }
            bursts.push(ticks().wrapping_sub(before) as f64 / BURST as f64);
        }
        let paused = ticks();
        while ticks().wrapping_sub(paused) < pause {
            spin_loop();
        }
    }

    let nanos = scale.nanos_a_tick();
    calls.sort_by(f64::total_cmp);
    let of_calls = |share| percentile(&calls, share) * nanos;
    Outcome {
        burst: Spread::of(&bursts).median * nanos,
        burst_mean: bursts.iter().sum::<f64>() / bursts.len() as f64 * nanos,
        p50: of_calls(0.5),
        p99: of_calls(0.99),
        p999: of_calls(0.999),
        ..Outcome::default()
    }
}
