//! What holds of every record, whatever it says.
//!
//! `PROPTEST_CASES=100000 cargo test -p kakashi-tests --release --test properties`
//! looks longer.

mod cases;
mod random;
