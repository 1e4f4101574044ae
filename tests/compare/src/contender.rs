//! What a logger has to offer to be compared.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};

use crate::cli::What;
use crate::form::Form;

/// The logger name (or target) every record carries.
pub const TARGET: &str = "app::orders";

/// One logger in one configuration.
///
/// The measuring loop is generic over this trait, so every method is a static
/// call that the compiler may inline, just as it may inline a call site in a
/// program. Nothing timed goes through a `dyn`.
pub trait Contender: Sized + Sync {
    /// The name on the command line and in the tables.
    const NAME: &'static str;

    /// Half a line on how it is configured, and what its line lacks.
    const NOTE: &'static str;

    /// Whether it serves requests, in place of records.
    const SERVES: bool = false;

    /// What it writes.
    const FORM: Form = Form::Text;

    /// Whether [`in_context`](Self::in_context) does anything.
    const HAS_CONTEXT: bool = false;

    /// Measures it has no part in; the note says why.
    const EXEMPT: &'static [What] = &[];

    /// On more threads than this it may not be used.
    const MOST_THREADS: u64 = u64::MAX;

    /// Whether it opens the very path it is given, so that this can lead to
    /// `/dev/null`.
    const OPENS_PATH: bool = true;

    /// Sets the logger up to append to `destination`, at level INFO.
    fn setup(destination: &Path) -> Result<Self>;

    /// One record, at INFO: "Order accepted" and three fields; or one request.
    fn log(&self, order_id: u64, symbol: &'static str, price: f64);

    /// The same record at DEBUG, which is below the threshold.
    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64);

    /// Runs `run` with the five fields of [`ContextFields`] inherited by
    /// every record that this thread logs to what `run` is given meanwhile.
    ///
    /// [`ContextFields`]: crate::workload::ContextFields
    fn in_context(&self, run: impl FnOnce(&Self)) {
        run(self);
    }

    /// What a thread has to do after its last record; almost always nothing.
    fn finish_thread(&self) {}

    /// Returns once every record is with the operating system.
    fn finish(self) -> Result<()>;

    /// How many records it dropped and knows of, once it is finished.
    fn dropped() -> u64 {
        0
    }
}

/// Opens a destination the way all contenders that want a `File` do.
pub fn open(destination: &Path) -> Result<File> {
    File::options()
        .create(true)
        .append(true)
        .open(destination)
        .with_context(|| format!("opening {}", destination.display()))
}
