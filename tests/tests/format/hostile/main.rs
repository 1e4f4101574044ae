//! Records that no program should log, and some do: huge, empty, full of
//! escapes, endless. Each is one line, and each line parses.

mod common;
mod endless;
mod sizes;
mod values;
