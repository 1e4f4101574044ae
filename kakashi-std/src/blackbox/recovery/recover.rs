//! The recovery of all that dead processes have left in one directory.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{self, Path, PathBuf};

use super::announcement::{Announcement, EndOfProcess};
use super::dead_process::{DeadProcess, LeftDestination, SegmentFile};
use super::kept_records::KeptFile;
use super::process_folder::{FoundFolder, ProcessFolder, open_box, processes_in, target_in};
use super::recovered_process::{RecoveredDestination, RecoveredProcess};
use super::recovery_error::RecoveryError;
use super::replay::{DestinationReplay, ReplayError, ReplayTarget, TakeRecord};
use crate::segment::layout::{DestinationKind, ProcessHeader, VERSION};
use crate::sinks::rotating_file;

/// Brings the records that dead processes have left in the directory of a black box to their
/// destinations.
///
/// `configure().black_box(…)` does it for the directory that it is given, and `kakashi recover` for
/// programs that are not started again; this is for a supervisor of one's own.
///
/// A process is dead when nobody holds its lock. Its records come between two lines of the logger
/// `kakashi`, in the form of their destination, merged in the order of their calls; those that stand
/// in the destination's file already are left out. A file is synced before what the process has left
/// is removed. If the recovery is killed, the next one goes on where it was; of two at once, each takes the
/// processes that the other has not.
///
/// ```no_run
/// use kakashi_std::Recovery;
///
/// for process in Recovery::new("/run/user/1000/kakashi").run()? {
///     println!("{process}");
/// }
/// # Ok::<(), kakashi_std::RecoveryError>(())
/// ```
///
/// # Platforms
/// Unix.
#[derive(Clone, Debug)]
pub struct Recovery {
    directory: PathBuf,
    to: Option<PathBuf>,
    any_user: bool,
}

impl Recovery {
    /// Recovers what lies in this directory.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), to: None, any_user: false }
    }

    /// Writes all records to this file, wherever they were for: lines as they are, what was in the
    /// binary form as lines of text. It is made if it is missing.
    #[must_use]
    pub fn to(mut self, file: impl Into<PathBuf>) -> Self {
        self.to = Some(file.into());
        self
    }

    /// Recovers another user's directory, too, which needs the right to read it. The paths in it are that user's
    /// words: it needs [`to`](Self::to).
    #[must_use]
    pub fn any_user(mut self, is_allowed: bool) -> Self {
        self.any_user = is_allowed;
        self
    }

    /// Recovers what processes have left that are dead now. What can't be brought to its destination
    /// stays, and is tried by the next call; the process's [`problem`](RecoveredProcess::problem) says why.
    ///
    /// # Errors
    /// When the directory can't be read, is another user's, or could be written by others.
    ///
    /// # Blocking
    /// As long as it takes to read and write; up to five seconds where a pipe takes nothing.
    pub fn run(&self) -> Result<Vec<RecoveredProcess>, RecoveryError> {
        self.run_with(None)
    }

    /// As [`run`](Self::run); what is for no file goes to `elsewhere`.
    pub(crate) fn run_with(
        &self,
        mut elsewhere: Option<TakeRecord<'_>>,
    ) -> Result<Vec<RecoveredProcess>, RecoveryError> {
        if self.any_user && self.to.is_none() {
            return Err(RecoveryError::NeedsFile { path: self.directory.clone() });
        }
        let to = match &self.to {
            Some(to) => Some(path::absolute(to).map_err(|error| RecoveryError::of(to, error))?),
            None => None,
        };
        let directory = open_box(&self.directory, self.any_user)?;
        let names = processes_in(&directory).map_err(|error| RecoveryError::of(&self.directory, error))?;
        let mut recovered = Vec::new();
        for name in names {
            match ProcessFolder::take(&directory, &self.directory, &name) {
                Ok(FoundFolder::Dead(folder)) => {
                    recovered.push(recover_process(folder, to.as_deref(), reborrow(&mut elsewhere)));
                }
                Ok(FoundFolder::InUse | FoundFolder::Nothing) => {}
                Err(error) => {
                    let mut process =
                        RecoveredProcess::new(self.directory.join(OsStr::from_bytes(name.to_bytes())));
                    process.problem = Some(error.to_string());
                    recovered.push(process);
                }
            }
        }
        Ok(recovered)
    }
}

fn recover_process(
    folder: ProcessFolder,
    to: Option<&Path>,
    mut elsewhere: Option<TakeRecord<'_>>,
) -> RecoveredProcess {
    let mut recovered = RecoveredProcess::new(folder.path.clone());
    let files = match folder.read() {
        Ok(files) => files,
        Err(error) => {
            recovered.problem = Some(format!("it can't be read: {error}"));
            return recovered;
        }
    };
    if let Some(version) = ProcessHeader::version(&files.process).filter(|version| *version != VERSION) {
        let text = format!("it was written in the version {version} of the layout, and this is {VERSION}");
        recovered.problem = Some(format!("{text}: recover it with the kakashi that it was written by"));
        return recovered;
    }
    let segments: Vec<_> =
        files.segments.iter().map(|(number, bytes)| SegmentFile { number: *number, bytes }).collect();
    let kept: Vec<_> = files.kept.iter().map(|bytes| KeptFile { bytes }).collect();
    let dead = DeadProcess::read(&files.process, &segments, &kept);
    recovered.set_process(dead.header.as_ref());
    let started = dead.header.as_ref().map(|header| header.started);
    let mut announcement = Announcement {
        process: dead.header.as_ref(),
        ended: EndOfProcess::judge(dead.is_closed, started, machine_started()),
        records: 0,
        may_be_repeated: 0,
        damage: dead.damage,
    };
    // Damage alone may be that of a file which was never finished.
    recovered.damage = dead.damage.is_any().then(|| dead.damage.to_string());
    let earlier = target_in(&files.process);
    if !dead.destinations.is_empty()
        && let Err(error) = folder.set_target(to.or(earlier.as_deref()))
    {
        recovered.problem = Some(format!("it can't be written to: {error}"));
        return recovered;
    }
    for left in &dead.destinations {
        let target = target_of(left, to, reborrow(&mut elsewhere));
        let (name, target) = match target {
            Ok(target) => target,
            Err(problem) => {
                recovered.problem = Some(problem);
                continue;
            }
        };
        let replay =
            DestinationReplay { folder: &folder, left, is_elsewhere: to.is_some(), earlier: earlier.clone() };
        let result = replay.run(target, &mut announcement);
        match result.and_then(|replayed| replay.finish().map(|()| replayed)) {
            Ok(replayed) => recovered.destinations.push(RecoveredDestination {
                name,
                records: replayed.records,
                replayed: replayed.kept,
                may_be_repeated: replayed.may_be_repeated,
            }),
            Err(error) => recovered.problem = Some(problem_of(&error)),
        }
    }
    if recovered.problem.is_none()
        && let Err(error) = folder.remove()
    {
        recovered.problem = Some(format!("what it has left can't be removed: {error}"));
    }
    recovered
}

fn reborrow<'t>(elsewhere: &'t mut Option<TakeRecord<'_>>) -> Option<TakeRecord<'t>> {
    match elsewhere {
        Some(take) => Some(&mut **take),
        None => None,
    }
}

fn problem_of(error: &ReplayError) -> String {
    format!("its records can't be written: {error}")
}

/// Finds where records go, and what that is called; or says why nowhere.
fn target_of<'t>(
    left: &LeftDestination<'_>,
    to: Option<&Path>,
    elsewhere: Option<TakeRecord<'t>>,
) -> Result<(String, ReplayTarget<'t>), String> {
    let file = |path: &Path| Ok((path.display().to_string(), ReplayTarget::File(path.into())));
    if let Some(to) = to {
        return file(to);
    }
    let path = left.path().map(|path| Path::new(OsStr::from_bytes(path)));
    match (left.slot.as_ref().map(|slot| slot.kind), path) {
        (Some(DestinationKind::File), Some(path)) => file(path),
        (Some(DestinationKind::RotatingFile), Some(path)) => match newest_file(path) {
            Some(path) => file(&path),
            None => Err(format!("{} can't be read", path.display())),
        },
        (Some(DestinationKind::Stdout), _) => Ok(("stdout".into(), ReplayTarget::Stdout)),
        (Some(DestinationKind::Stderr), _) => Ok(("stderr".into(), ReplayTarget::Stderr)),
        _ => match elsewhere {
            Some(take) => Ok(("the destinations of now".into(), ReplayTarget::Records(take))),
            None => Err(format!(
                "{} can't be reached by another process: say with --to FILE where its records go",
                left.name()
            )),
        },
    }
}

/// Returns the newest file of a path, or the first where there is none.
fn newest_file(path: &Path) -> Option<PathBuf> {
    let found = rotating_file::plain_files(path).unwrap_or_default();
    found.into_iter().next_back().or_else(|| rotating_file::first_file(path))
}

/// Tells when this machine was started, in seconds since 1970; known on Linux only.
fn machine_started() -> Option<i64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}
