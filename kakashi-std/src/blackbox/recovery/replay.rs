//! Brings the records of one destination where they belong.
//!
//! What was being written is looked for in the destination's file, and in what an earlier
//! recovery has written, which was killed. Then the process's file is told from where on this one
//! writes; then it writes: so the next one finds what stands there.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use kakashi_core::{Clock as _, Field, FileEnd, LogRecord, Name, Sink, SinkError, Value};

use super::announcement::{Announcement, KeptAnnouncement};
use super::batch_writer::BatchWriter;
use super::block_matcher::with_record;
use super::dead_process::LeftDestination;
use super::left_record::{LeftRecord, RecordBody};
use super::process_folder::ProcessFolder;
use super::search::{TornEnd, search};
use super::slot_state::SlotState;
use super::written_files::{FileId, WrittenFiles};
use crate::clock::SystemClock;
use crate::segment::layout::{DestinationKind, WriteUnderWay, WrittenForm};
use crate::sinks::{FileSink, StderrSink, StdoutSink};

/// Takes records that are for no file.
pub(crate) type TakeRecord<'t> = &'t mut dyn FnMut(&LogRecord<'_>);

/// Where records go in the end.
pub(crate) enum ReplayTarget<'t> {
    File(PathBuf),
    Stdout,
    Stderr,
    Records(TakeRecord<'t>),
}

/// What was brought to a destination.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Replayed {
    /// How many records were written now.
    pub(crate) records: usize,
    /// How many of them the flight recorder had kept.
    pub(crate) kept: usize,
    /// How many of them may have stood there already.
    pub(crate) may_be_repeated: usize,
}

/// Why records are not brought to a destination.
#[derive(Debug)]
pub(crate) enum ReplayError {
    /// A file can't be opened or read.
    Io(PathBuf, io::Error),
    /// The destination takes nothing.
    Sink(String, SinkError),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Sink(name, error) => match error.os_code() {
                Some(code) => write!(f, "{name}: {}", io::Error::from_raw_os_error(code)),
                None => write!(f, "{name}: {error}"),
            },
        }
    }
}

/// One destination's records on their way.
pub(crate) struct DestinationReplay<'r, 'a> {
    pub(crate) folder: &'r ProcessFolder,
    pub(crate) left: &'r LeftDestination<'a>,
    /// Records go to a file that was named, in place of the destination's own.
    pub(crate) is_elsewhere: bool,
    /// The file that an earlier recovery was told to write to.
    pub(crate) earlier: Option<PathBuf>,
}

/// A record that was not found where it belongs.
#[derive(Clone, Copy)]
struct MissingRecord<'r, 'a> {
    record: &'r LeftRecord<'a>,
    may_be_repeated: bool,
}

impl<'a> DestinationReplay<'_, 'a> {
    /// Writes what is not written; `announcement` has all but how many.
    pub(crate) fn run(
        &self,
        target: ReplayTarget<'_>,
        announcement: &mut Announcement<'_>,
    ) -> Result<Replayed, ReplayError> {
        let (missing, torn) = self.missing()?;
        self.in_folder(self.settle_before(&missing))?;
        let may_be_repeated = missing.iter().filter(|missing| missing.may_be_repeated).count();
        let mut records: Vec<_> = missing.iter().map(|missing| missing.record).collect();
        let kept = records.iter().filter(|record| record.is_kept).count();
        let replayed = Replayed { records: records.len(), kept, may_be_repeated };
        announcement.may_be_repeated = may_be_repeated;
        match target {
            _ if records.is_empty() => {}
            ReplayTarget::File(path) => self.write_file(&path, &mut records, torn, announcement)?,
            ReplayTarget::Stdout => {
                self.begin(StdoutSink.file_end().map(write_at))?;
                self.write(&mut StdoutSink, "stdout", &records, announcement)?;
            }
            ReplayTarget::Stderr => {
                self.begin(StderrSink.file_end().map(write_at))?;
                self.write(&mut StderrSink, "stderr", &records, announcement)?;
            }
            ReplayTarget::Records(take) => {
                self.set_state(SlotState::UnderWay(None))?;
                self.hand_over(take, &records, announcement);
            }
        }
        Ok(replayed)
    }

    /// Says that the destination lacks nothing any more.
    pub(crate) fn finish(&self) -> Result<(), ReplayError> {
        self.set_state(SlotState::Done)
    }

    /// Finds the records that stand nowhere, and whether the last file ends within one of them.
    fn missing(&self) -> Result<(Vec<MissingRecord<'_, 'a>>, Option<TornRest<'_, 'a>>), ReplayError> {
        let left = self.left;
        let mut missing: Vec<_> =
            left.records.iter().map(|record| MissingRecord { record, may_be_repeated: false }).collect();
        let own = |write: &WriteUnderWay| self.own_files(write);
        let mut torn = self.leave_out(
            &mut missing,
            |record| record.is_in_flight,
            left.write.as_ref().map(own),
            |form| form,
        )?;
        if let SlotState::UnderWay(write) = left.state {
            let files = write.as_ref().map(|write| match &self.earlier {
                Some(path) => WrittenFiles::find(write, DestinationKind::File, path),
                None => own(write),
            });
            let form = |form| if self.earlier.is_some() { form_in_named_file(form) } else { form };
            torn = self.leave_out(&mut missing, |_| true, files, form)?.or(torn);
        }
        let is_missing =
            |torn: &TornRest<'_, '_>| missing.iter().any(|missing| std::ptr::eq(missing.record, torn.record));
        let torn = torn.filter(is_missing);
        Ok((missing, torn))
    }

    /// Leaves out the records that stand in files, of those that may; without files, any of these may be
    /// repeated.
    fn leave_out<'r>(
        &self,
        missing: &mut Vec<MissingRecord<'r, 'a>>,
        may_stand: impl Fn(&LeftRecord<'_>) -> bool,
        files: Option<WrittenFiles>,
        form_of: impl Fn(WrittenForm) -> WrittenForm,
    ) -> Result<Option<TornRest<'r, 'a>>, ReplayError> {
        let places: Vec<usize> = (0..missing.len()).filter(|at| may_stand(missing[*at].record)).collect();
        if places.is_empty() {
            return Ok(None);
        }
        let Some(files) = files else {
            places.iter().for_each(|at| missing[*at].may_be_repeated = true);
            return Ok(None);
        };
        let records: Vec<_> = places.iter().map(|at| missing[*at].record).collect();
        let result = self.in_folder(search(&records, form_of, &files))?;
        places.iter().for_each(|at| missing[*at].may_be_repeated |= !result.is_certain);
        let torn = result.torn.map(|end| TornRest { record: records[end.record], end });
        let mut is_found = vec![false; missing.len()];
        places.iter().zip(&result.found).for_each(|(at, found)| is_found[*at] = *found);
        let mut is_found = is_found.into_iter();
        missing.retain(|_| !is_found.next().unwrap_or(false));
        Ok(torn)
    }

    /// Finds the files of the destination itself in which a write may stand.
    fn own_files(&self, write: &WriteUnderWay) -> WrittenFiles {
        let slot = self.left.slot.as_ref();
        match slot.map(|slot| slot.kind) {
            // Where this process's is the same file.
            Some(DestinationKind::Stdout) => WrittenFiles::only(write, Path::new("/proc/self/fd/1")),
            Some(DestinationKind::Stderr) => WrittenFiles::only(write, Path::new("/proc/self/fd/2")),
            Some(kind) => {
                let path = Path::new(OsStr::from_bytes(self.left.path().unwrap_or_default()));
                WrittenFiles::find(write, kind, path)
            }
            None => WrittenFiles::none(),
        }
    }

    /// Says in each segment which of its first records stand where they belong.
    fn settle_before(&self, missing: &[MissingRecord<'_, '_>]) -> io::Result<()> {
        if missing.len() == self.left.records.len() {
            return Ok(());
        }
        let mut settled = BTreeMap::new();
        // Those that were kept are looked for again.
        for record in self.left.records.iter().filter(|record| !record.is_kept) {
            settled.insert(record.place.segment, record.place.index + 1);
        }
        for MissingRecord { record, .. } in missing.iter().rev().filter(|missing| !missing.record.is_kept) {
            settled.insert(record.place.segment, record.place.index);
        }
        settled.iter().try_for_each(|(segment, records)| self.folder.settle(*segment, *records))
    }

    fn write_file(
        &self,
        path: &Path,
        records: &mut Vec<&LeftRecord<'_>>,
        torn: Option<TornRest<'_, '_>>,
        announcement: &mut Announcement<'_>,
    ) -> Result<(), ReplayError> {
        let failed = |error| ReplayError::Io(path.into(), error);
        let mut sink = FileSink::open(path).map_err(failed)?;
        let found = fs::metadata(path).map_err(failed)?;
        let id = FileId::of(&found);
        let begin = WriteUnderWay { device: id.device, inode: id.inode, position: found.len() };
        self.begin(found.is_file().then_some(begin))?;
        if let Some(TornRest { record, end }) = torn
            && end.file == id
            && end.end == found.len()
        {
            let mut file = OpenOptions::new().append(true).open(path).map_err(failed)?;
            file.write_all(&end.rest).map_err(failed)?;
            records.retain(|other| !std::ptr::eq(*other, record));
        }
        let name = path.display().to_string();
        if !records.is_empty() {
            self.write(&mut sink, &name, records, announcement)?;
        }
        match sink.sync() {
            Err(error) if found.is_file() => Err(ReplayError::Sink(name, error)),
            _ => Ok(()),
        }
    }

    /// Says from where on this recovery writes; none: to what has no position.
    fn begin(&self, write: Option<WriteUnderWay>) -> Result<(), ReplayError> {
        match (self.left.state, write) {
            // From there on an earlier one has written, and what it has not this one writes.
            (SlotState::UnderWay(Some(earlier)), Some(write))
                if FileId::of_write(&earlier) == FileId::of_write(&write) =>
            {
                Ok(())
            }
            _ => self.set_state(SlotState::UnderWay(write)),
        }
    }

    /// Writes records between the two lines.
    fn write(
        &self,
        sink: &mut dyn Sink,
        name: &str,
        records: &[&LeftRecord<'_>],
        announcement: &mut Announcement<'_>,
    ) -> Result<(), ReplayError> {
        announcement.records = records.len();
        let form_of = |form| if self.is_elsewhere { form_in_named_file(form) } else { form };
        let last = records.last().map_or(WrittenForm::Text, |record| record.form);
        let form = form_of(self.left.slot.as_ref().map_or(last, |slot| slot.form));
        let (logged, kept) = logged_and_kept(records);
        let lines = self.kept_announcement(kept, announcement);
        let mut out = BatchWriter::new(sink);
        let put_all = |out: &mut BatchWriter<'_>, records: &[&LeftRecord<'_>]| {
            records.iter().try_for_each(|LeftRecord { level, form, body, .. }| match body {
                RecordBody::Whole(bytes) => out.put_whole(form_of(*form), *level, bytes),
                RecordBody::Block(block) => {
                    with_record(block, |record| out.put(form_of(*form), record)).unwrap_or(Ok(()))
                }
            })
        };
        let write_all = || {
            announcement.begin(|record| out.put(form, record))?;
            put_all(&mut out, logged)?;
            if let Some(lines) = lines {
                lines.begin(|record| out.put(form, record))?;
                put_all(&mut out, kept)?;
                lines.end(|record| out.put(form, record))?;
            }
            announcement.end(|record| out.put(form, record))?;
            out.flush()
        };
        write_all().map_err(|error| ReplayError::Sink(name.into(), error))
    }

    /// Hands over records between those that say whose they are.
    fn hand_over(
        &self,
        take: TakeRecord<'_>,
        records: &[&LeftRecord<'_>],
        announcement: &mut Announcement<'_>,
    ) {
        announcement.records = records.len();
        announcement.begin(&mut *take);
        let (logged, kept) = logged_and_kept(records);
        logged.iter().for_each(|record| hand_over(record, &mut *take));
        if let Some(lines) = self.kept_announcement(kept, announcement) {
            lines.begin(&mut *take);
            kept.iter().for_each(|record| hand_over(record, &mut *take));
            lines.end(&mut *take);
        }
        announcement.end(&mut *take);
    }

    /// Returns what is said around records that were kept, if there are any.
    fn kept_announcement<'l>(
        &'l self,
        kept: &[&LeftRecord<'_>],
        announcement: &Announcement<'_>,
    ) -> Option<KeptAnnouncement<'l>> {
        let level = kept.iter().map(|record| record.level).max()?;
        let (summary, reason) = (self.left.kept.as_ref()?, announcement.ended.text());
        Some(KeptAnnouncement { level, reason, records: kept.len(), summary })
    }

    fn set_state(&self, state: SlotState) -> Result<(), ReplayError> {
        self.in_folder(self.folder.set_state(self.left.number, state))
    }

    fn in_folder<T>(&self, result: io::Result<T>) -> Result<T, ReplayError> {
        result.map_err(|error| ReplayError::Io(self.folder.path.clone(), error))
    }
}

/// Returns where a write begins that begins at a file's end.
fn write_at(FileEnd { file, position }: FileEnd) -> WriteUnderWay {
    WriteUnderWay { device: file.device, inode: file.file, position }
}

/// A record of which a file has the beginning.
struct TornRest<'r, 'a> {
    record: &'r LeftRecord<'a>,
    end: TornEnd,
}

/// Returns what records look like in a file that was named: lines, for it may take those of several destinations.
fn form_in_named_file(form: WrittenForm) -> WrittenForm {
    match form {
        WrittenForm::Json => WrittenForm::Json,
        _ => WrittenForm::Text,
    }
}

/// Splits records into those that were logged and those that were kept.
fn logged_and_kept<'r, 'a>(
    records: &'r [&'a LeftRecord<'a>],
) -> (&'r [&'a LeftRecord<'a>], &'r [&'a LeftRecord<'a>]) {
    records.split_at(records.partition_point(|record| !record.is_kept))
}

/// Hands over a record.
fn hand_over(record: &LeftRecord<'_>, take: TakeRecord<'_>) {
    match &record.body {
        RecordBody::Block(block) => _ = with_record(block, take),
        // What it says only its line knows.
        RecordBody::Whole(bytes) => {
            let line = String::from_utf8_lossy(bytes);
            let fields = [Field { key: "line", value: Value::Str(line.trim_end()) }];
            let logger = const { Name::new("kakashi") };
            let line = LogRecord::new(SystemClock.now(), record.level, logger, "A recovered line");
            take(&line.with_fields(&fields));
        }
    }
}
