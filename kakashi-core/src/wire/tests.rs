//! Blocks byte by byte. What holds of every record and every kind of damage
//! is in `tests/tests/properties.rs`.

use super::*;
use crate::clock::Timestamp;
use crate::codec::{put_pair, put_value};
use crate::encode::{Encoder, EncoderCache, Json, Text, Wire};
use crate::field::Field;
use crate::level::LogLevel;
use crate::output::Output;
use crate::record::{ContextFields, LogRecord, Name, Values};
use crate::stats::{DropReason, Dropped};
use crate::value::Value;

/// One record with everything it can have, written by hand. The writer's: its
/// record's length is padded.
const GOLDEN: &str = concat!(
    "f56b6bfa 01 00 41000000",
    // SITE 1: INFO, "Hi {n}", one key "n", line 300, module "m", file "f.rs"
    " 01 15 01 14 06 4869207b6e7d 01 01 6e ac02 01 6d 04 662e7273",
    // NAME 2: "app"
    " 02 05 02 03 617070",
    // CONTEXT 3: u = 7
    " 03 05 03 01 75 11 07",
    // RECORD: all flags, 1970-01-01T00:00:00.000001Z, 1, 2, 3, sequence 5, n = -2, k = "v"
    " 04 9c00 1f 02 e803 01 02 03 05 21 01 01 6b 81 76",
    // and an extra list of null and 1.5
    " 01 6c 09 0a000000 00 03 000000000000f83f".trim_ascii_const(),
    " 00000000",
);
