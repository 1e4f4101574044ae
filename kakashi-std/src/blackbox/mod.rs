//! What outlives its process: the recovery of the records that one has left.

#[cfg(unix)]
pub(crate) mod recovery;
