//! Tasks, jobs and threads: whose context their records have.

mod inherited;
mod refused;
mod requests;
