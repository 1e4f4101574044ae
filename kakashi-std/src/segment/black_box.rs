//! The settings of the black box.

use std::path::{Path, PathBuf};

/// Says where the buffers lie that outlive the process, and how much they may take; for
/// `configure().black_box(…)`.
///
/// ```no_run
/// use kakashi_std::{BlackBox, configure};
///
/// configure().black_box(BlackBox::new("/run/shop/box").max_bytes(16 << 20)).apply();
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct BlackBox {
    pub(super) directory: Option<PathBuf>,
    pub(super) max_bytes: usize,
}

impl BlackBox {
    /// Without another: three quarters of what Docker gives `/dev/shm`.
    const MAX_BYTES: usize = 48 << 20;

    /// Begins with a directory, which is made if it is missing, with the mode 0700. Each process makes one of
    /// its own in it.
    ///
    /// It should be in memory (tmpfs: `/dev/shm`, `/run`): a store into a mapped file on a disk may wait for hundreds
    /// of milliseconds while the system writes it back, which is reported once. It must be this user's, and
    /// nobody else may write there. It must outlive what kills the process: of a container, a volume, and
    /// not its own `/dev/shm`.
    ///
    /// A relative path is made absolute now.
    pub fn new(directory: impl AsRef<Path>) -> Self {
        let directory = directory.as_ref();
        let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.into());
        Self { directory: Some(absolute), ..Self::in_memory() }
    }

    /// Begins with `$XDG_RUNTIME_DIR/kakashi-<user>-<program>`, or `/dev/shm/kakashi-<user>-<program>` where there is
    /// no such variable; `<user>` is the user's number.
    pub fn in_memory() -> Self {
        Self { directory: None, max_bytes: Self::MAX_BYTES }
    }

    /// Says how much memory this process may take there, 1 MiB to 1 TiB; at first 48 MiB (in a container,
    /// Docker's `/dev/shm` has 64). A thread takes about 100 KiB for each destination that it logs to, and what waits for
    /// destinations comes to that. What does not fit lies on the heap, as without a black box, which is
    /// reported once: see [`black_box_stats`](crate::black_box_stats).
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        let most = usize::try_from(1_u64 << 40).unwrap_or(usize::MAX);
        self.max_bytes = bytes.clamp(1 << 20, most);
        self
    }
}

/// By default it is [in memory](Self::in_memory).
impl Default for BlackBox {
    fn default() -> Self {
        Self::in_memory()
    }
}

/// Tells what lies in the black box; see [`black_box_stats`](crate::black_box_stats).
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct BlackBoxStats {
    /// Where this process's files are; none if it has no black box, or none could be made.
    pub directory: Option<PathBuf>,
    /// The bytes of memory that they take.
    pub bytes: usize,
    /// Records that were collected from the heap although there is a black box: it was full, or its directory
    /// read-only, missing or on another system than Linux. They would not have outlived the process. The same as
    /// [`Stats::on_heap`](crate::Stats::on_heap).
    pub on_heap: usize,
}
