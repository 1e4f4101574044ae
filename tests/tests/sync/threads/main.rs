//! Many threads at once: order within each is exact, nothing is lost, nothing
//! comes twice.
//!
//! `PROPTEST_CASES=10000 cargo test -p kakashi-tests --release --test threads`
//! looks longer.

mod common;
mod order;
mod properties;
