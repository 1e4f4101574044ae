//! From records to lines: which records are shown, and how they are written.

mod field_condition;
mod filter;
mod line_budget;
mod printer;
mod shortened;
mod stdout_writer;

pub(crate) use field_condition::FieldCondition;
pub(crate) use filter::RecordFilter;
#[cfg(test)]
pub(crate) use filter::tests::filter;
pub(crate) use line_budget::{LineBudget, MAX_GROWTH, MAX_LINE};
pub(crate) use printer::Printer;
pub(crate) use stdout_writer::StdoutWriter;
