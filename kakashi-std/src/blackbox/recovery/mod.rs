//! Recovery: brings the records that a dead process has left to their destinations.
//!
//! [`DeadProcess`](dead_process::DeadProcess) reads its file and its segments: a function of bytes, any
//! of which are safe; [`kept_records`] reads what its flight recorder had kept. [`search`](search::search) looks in the destination's file for what was being
//! written, [`DestinationReplay`](replay::DestinationReplay) writes what is not there, and
//! [`ProcessFolder`](process_folder::ProcessFolder) locks, marks and removes the process's directory.

mod announcement;
mod batch_writer;
pub(crate) mod block_matcher;
pub(crate) mod damage;
pub(crate) mod dead_process;
#[cfg(test)]
mod folder_tests;
pub(crate) mod kept_records;
#[cfg(test)]
mod kept_tests;
pub(crate) mod left_record;
mod line_matcher;
mod process_folder;
pub(crate) mod recover;
pub(crate) mod recovered_process;
pub(crate) mod recovery_error;
mod replay;
mod search;
pub(crate) mod segment_records;
pub(crate) mod slot_state;
#[cfg(test)]
mod test_box;
#[cfg(test)]
mod test_files;
#[cfg(test)]
mod tests;
mod written_files;
