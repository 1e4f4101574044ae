//! The command `kakashi decode`, run as a user runs it.

#![cfg(unix)]
#![forbid(unsafe_code)]

mod bombs;
mod bounds;
mod command_line;
mod common;
mod ctrl_c;
mod elf_sites;
mod files;
mod follow;
#[cfg(target_os = "linux")]
mod serial;
#[cfg(target_os = "linux")]
mod stdout;
