//! The journal's native protocol, as a socket that reads it strictly gets it. The suite
//! `journald` has the same records go through systemd-journald itself.

#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

mod chosen;
mod delivery;
mod entries;
mod entry;
mod hostile;
mod receiver;
