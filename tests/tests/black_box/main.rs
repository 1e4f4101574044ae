//! The black box: programs that are killed, and what is recovered of them.

#![cfg(target_os = "linux")]

mod command;
mod destinations;
mod kept_records;
mod kill_loop;
mod logged;
mod memory;
mod next_process;
