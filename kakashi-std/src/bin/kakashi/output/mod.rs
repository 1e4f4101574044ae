//! From records to lines: which records are shown, and how they are written.

mod field_condition;
mod filter;
mod printer;
mod stdout_writer;

pub(crate) use field_condition::FieldCondition;
pub(crate) use filter::RecordFilter;
#[cfg(test)]
pub(crate) use filter::tests::filter;
pub(crate) use printer::{Printer, TooLong};
pub(crate) use stdout_writer::StdoutWriter;
