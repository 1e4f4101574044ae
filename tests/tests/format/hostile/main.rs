//! Records that nobody should log, and somebody will: huge, empty, full of
//! escapes, endless. Each is one line, and each line parses.

mod common;
mod sizes;
mod values;
