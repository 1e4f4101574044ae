//! What goes over defmt's line: the numbers of interned strings, and values.
//!
//! The strings are in the ELF file of a device only; here each has the number of the
//! call that would intern it, counted from 0.

use super::*;
use crate::value::{List, ToValue};
use core::time::Duration;
use defmt::export;

/// Asserts what a value writes: `#n` is an interned string, `[bytes]` are bytes, `end`
/// ends what a `Format` writes.
macro_rules! assert_writes {
    ($value:expr => $($piece:tt)*) => {{
        let first = export::fetch_string_index();
        let mut expected = Vec::<u8>::new();
        pieces!(first expected $($piece)*);
        assert_eq!(written(&$value), expected);
    }};
}

macro_rules! pieces {
    ($first:ident $expected:ident) => {};
    ($first:ident $expected:ident # $number:literal $($rest:tt)*) => {
        $expected.extend(u16::to_le_bytes($first + $number));
        pieces!($first $expected $($rest)*);
    };
    ($first:ident $expected:ident [$bytes:expr] $($rest:tt)*) => {
        $expected.extend($bytes);
        pieces!($first $expected $($rest)*);
    };
    ($first:ident $expected:ident end $($rest:tt)*) => {
        $expected.extend([0, 0]);
        pieces!($first $expected $($rest)*);
    };
}

/// Writes a value as the argument of a record.
fn written(value: &impl Format) -> Vec<u8> {
    export::fmt(value);
    export::fetch_bytes()
}

/// Writes a string that is not interned.
fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

#[test]
fn names_are_interned() {
    for level in LogLevel::ALL {
        assert_writes!(level => #0 #1 end);
    }
    for reason in DropReason::ALL {
        assert_writes!(reason => #0 #1 end);
    }
    use SinkErrorKind::{Closed, Failed, Full, Partial, Retry};
    for kind in [Retry, Partial, Full, Closed, Failed] {
        assert_writes!(kind => #0 #1 end);
        assert_writes!(SinkError::new(kind) => #0 #1 end);
    }
    assert_writes!(LevelFilter::ALL => #0 #1 end);
    assert_writes!(LevelFilter::OFF => #0 #1 end);
}

#[test]
fn a_threshold_is_a_level_or_a_number() {
    assert_writes!(LevelFilter::from(LogLevel::Error) => #0 #1 #2 #3 end end);
    assert_writes!(LevelFilter::new(31) => #0 #1 [[31]] end);
}

#[test]
fn a_name_that_is_no_level_is_given_back() {
    assert_writes!(LogLevel::from_name("loud").unwrap_err() => #0 #1 [text("loud")] end);
}

#[test]
fn a_time_is_micros_since_start_or_millis_since_1970() {
    assert_writes!(Timestamp::Uptime(12_345_678_999) => #0 #1 [12_345_678_u64.to_le_bytes()] end);
    assert_writes!(Timestamp::Uptime(u64::MAX) => #0 #1 [(u64::MAX / 1_000).to_le_bytes()] end);
    assert_writes!(Timestamp::Wall(1_999_999) => #0 #1 [1_u64.to_le_bytes()] end);
}

#[test]
fn a_time_before_1970_has_all_its_nanoseconds() {
    for nanos in [-1, -999_999, -1_000_000, i64::MIN] {
        assert_writes!(Timestamp::Wall(nanos) => #0 #1 [nanos.to_le_bytes()] end);
    }
}

#[test]
fn an_error_of_a_sink_has_the_systems_number() {
    let error = SinkError::new(SinkErrorKind::Full).with_os_code(-28);
    assert_writes!(error => #0 #1 #2 [(-28_i32).to_le_bytes()] end);
}

#[test]
fn drops_are_told_by_level_and_reason() {
    let count = |count: u32| count.to_le_bytes();
    let mut dropped = Dropped::default();
    assert_writes!(dropped => #0 #1 [count(0)] end);

    dropped.add(LogLevel::Error, DropReason::TooLarge, 2);
    dropped.add(LogLevel::Info, DropReason::Reentrant, 1);
    assert_writes!(
        dropped => #0 #1 [count(3)]
            #3 #2 #4 #5 end #6 #7 end [count(1)]
            #9 #8 #10 #11 end #12 #13 end [count(2)]
            #14 end
    );
    let stats = Stats { written: 7, bytes: 8, failures: 9, late: 6, ..Stats::default() };
    assert_writes!(stats => #0 #1 [count(7)] [count(8)] [count(9)] [count(6)] #2 #3 [count(0)] end end);
}

#[test]
fn a_value_keeps_its_kind() {
    assert_writes!(Value::Null => #0 #1 end);
    assert_writes!(true.to_value() => #0 #1 [[1]] end);
    assert_writes!((-5_i8).to_value() => #0 #1 [(-5_i64).to_le_bytes()] end);
    assert_writes!(5_u8.to_value() => #0 #1 [5_u64.to_le_bytes()] end);
    assert_writes!(i128::MIN.to_value() => #0 #1 [i128::MIN.to_le_bytes()] end);
    assert_writes!(u128::MAX.to_value() => #0 #1 [u128::MAX.to_le_bytes()] end);
    assert_writes!(0.1_f32.to_value() => #0 #1 [0.1_f32.to_le_bytes()] end);
    assert_writes!(0.1_f64.to_value() => #0 #1 [0.1_f64.to_le_bytes()] end);
    assert_writes!('é'.to_value() => #0 #1 [text("é")] end);
    assert_writes!("7".to_value() => #0 #1 [text("7")] end);
    assert_writes!(Value::Bytes(b"\xff") => #0 #1 [[1, 0, 0, 0, 0xff]] end);
    assert_writes!(
        Duration::new(3, 1).to_value() => #0 #1 [3_u64.to_le_bytes()] [1_u32.to_le_bytes()] end
    );
    assert_writes!(Field::new("key", "v") => #0 #1 [text("key")] #2 #3 [text("v")] end end);
}

/// Gives up.
struct Fails;

impl fmt::Display for Fails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        Err(fmt::Error)
    }
}

#[test]
fn what_prints_itself_is_its_text_and_one_that_fails_says_so() {
    let printed = |text: &str| [text.as_bytes(), b"\xff"].concat();
    assert_writes!(Value::Display(&7) => #0 #1 #2 [printed("7")] end);
    assert_writes!(Value::Debug(&"x") => #0 #1 #2 [printed("\"x\"")] end);
    assert_writes!(Value::Display(&Fails) => #0 #1 #2 [printed("half…")] end);
    let error = "x".parse::<u8>().unwrap_err();
    assert_writes!(Value::error(&error) => #0 #1 #2 [printed("invalid digit found in string")] end);
}

#[test]
fn a_list_is_the_same_in_wire_form() {
    let item = |number: u64| number.to_le_bytes();
    let items = List([1_u8, 2]);
    for list in [items.to_value(), Value::List(&[0x11, 1, 0x11, 2])] {
        assert_writes!(
            list => #0 #1 #2 #3 #4 [item(1)] end #5 #6 #7 #8 [item(2)] end #9 end
        );
    }
    let map = Value::Map(&[1, b'k', 0x11, 9]);
    assert_writes!(map => #0 #1 #2 [text("k")] #3 #4 #5 [item(9)] end #6 end);
}

#[test]
fn a_list_that_nests_too_deep_has_an_end() {
    // A list in a list, 20 times.
    let wire = (0..20).fold(Vec::new(), |inner, _| {
        let len = (inner.len() as u32).to_le_bytes();
        [&[9], &len[..], &inner].concat()
    });
    let bytes = written(&Value::List(&wire));
    assert!(bytes.ends_with(&[0, 0]));
    assert!(bytes.windows(3).any(|bytes| bytes == "…".as_bytes()));
}

#[cfg(feature = "ring")]
#[test]
fn what_a_ring_recovers_is_two_counts() {
    let ring = crate::Ring::<512>::new();
    assert_writes!(ring.open() => #0 #1 [[0; 8]] end);
    assert_writes!(RingPolicy::DropNewest => #0 #1 end);
    assert_writes!(RingPolicy::DropOldest => #0 #1 end);
}
