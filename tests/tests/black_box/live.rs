//! The black box of a process that lives, and what it leaves when it ends in the wrong way; read by
//! the layout alone.

#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use kakashi_std::__segment_layout as layout;
use kakashi_std::{BlackBox, SettingsError, configure};
use kakashi_tests::harness::process::{EndedChild, TestFolder, run, spawn};
use layout::{DestinationKind, DestinationSlot, ProcessHeader, SegmentEntry, SegmentHeader, SegmentMarks};

fn run_child(scenario: &str, folder: &TestFolder) -> EndedChild {
    run(env!("CARGO_BIN_EXE_child"), [format!("boxed_{scenario}"), folder.file("").display().to_string()])
}

/// Starts a child that says something and then waits.
fn start_child(scenario: &str, folder: &TestFolder) -> (Child, BufReader<impl std::io::Read>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_child"));
    command.arg(format!("boxed_{scenario}")).arg(folder.file(""));
    let mut child = spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
    let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    (child, stdout)
}

fn kill(mut child: Child) {
    child.kill().expect("it runs");
    child.wait().expect("it is ours");
}

/// Tells whether a process that has a directory holds its lock.
fn is_alive(process: &Path) -> bool {
    let lock = File::open(process.join(layout::LOCK_FILE)).expect("a lock");
    // SAFETY: the descriptor is open; the lock ends with it.
    #[allow(unsafe_code, reason = "std has no flock before Rust 1.89")]
    let locked = unsafe { libc::flock(lock.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
    locked != 0
}

/// The directories of the processes that have a box there.
fn processes(folder: &TestFolder) -> Vec<PathBuf> {
    let found = fs::read_dir(folder.file("box")).expect("the box's directory");
    found.map(|entry| entry.expect("an entry").path()).collect()
}

/// The ticks and numbers `n` of what a process has left and not written, in order.
fn left(process: &Path) -> Vec<u64> {
    let header = fs::read(process.join(layout::PROCESS_FILE)).expect("the process's file");
    let of_process = ProcessHeader::decode(&header).expect("a header");
    let mut records = Vec::new();
    for entry in fs::read_dir(process).expect("the process's directory") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("our names");
        let Some(number) = layout::number_of_segment(&name) else { continue };
        assert_eq!(entry.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
        let file = fs::read(entry.path()).expect("a segment");
        let marks = SegmentMarks::decode(&file).expect("marks");
        let header = SegmentHeader::decode(&file).expect("a header");
        assert_eq!((header.nonce, header.number), (of_process.nonce, number));
        assert_eq!(header.file_bytes(), file.len());
        let (unsettled, _) = marks.unsettled(&header).expect("marks of this segment");
        let end = |record: usize| match record.checked_sub(1) {
            Some(before) => SegmentEntry::decode(&file, before).expect("an entry").end as usize,
            None => 0,
        };
        for record in unsettled {
            let entry = SegmentEntry::decode(&file, record).expect("an entry");
            let bytes = &file[header.bytes_at() + end(record)..header.bytes_at() + end(record + 1)];
            let line = std::str::from_utf8(bytes).expect("a line").trim_end();
            records.push((entry.tick, number_of(line)));
        }
    }
    records.sort_unstable();
    records.into_iter().map(|(_, number)| number).collect()
}

fn number_of(line: &str) -> u64 {
    line.rsplit_once("n=").and_then(|(_, number)| number.parse().ok()).unwrap_or_else(|| panic!("{line}"))
}

fn written(folder: &TestFolder) -> Vec<u64> {
    fs::read_to_string(folder.file("log.txt")).unwrap_or_default().lines().map(number_of).collect()
}

/// Of a folder with one process: all that is written, then what is left.
fn all(folder: &TestFolder) -> Vec<u64> {
    let [process] = &processes(folder)[..] else { panic!("{:?}", processes(folder)) };
    assert!(!is_alive(process));
    let mut all = written(folder);
    all.extend(left(process));
    all
}

#[test]
fn whatever_ends_a_process_each_call_that_returned_has_its_record_there_once_and_in_order() {
    for how in ["abort", "_exit", "exec", "fault", "bus_error", "stack_overflow", "terminated"] {
        let folder = TestFolder::new();
        run_child(how, &folder);
        assert_eq!(all(&folder), (0..1000).collect::<Vec<_>>(), "{how}");
    }
    for scenario in ["kill", "thread_end"] {
        let folder = TestFolder::new();
        let (child, mut stdout) = start_child(scenario, &folder);
        stdout.read_line(&mut String::new()).expect("it says so");
        kill(child);
        let mut all = all(&folder);
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>(), "{scenario}");
    }
}

#[test]
fn a_process_that_ends_well_leaves_nothing() {
    let folder = TestFolder::new();
    let ended = run_child("return", &folder);
    assert!(ended.status.success(), "{}", ended.stderr);
    assert_eq!(written(&folder), (0..1000).collect::<Vec<_>>());
    assert_eq!(processes(&folder), Vec::<PathBuf>::new());
}

#[test]
fn the_process_s_file_says_who_it_was_and_where_its_records_were_to_go() {
    let folder = TestFolder::new();
    run_child("abort", &folder);
    let [process] = &processes(&folder)[..] else { panic!("one process") };
    assert_eq!(fs::metadata(process).expect("a directory").permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(folder.file("box")).expect("a directory").permissions().mode() & 0o777, 0o700);
    let file = fs::read(process.join(layout::PROCESS_FILE)).expect("the process's file");
    let header = ProcessHeader::decode(&file).expect("a header");
    assert_eq!(header.program, "child");
    assert!(!ProcessHeader::is_closed(&file) && header.started > 0);
    let slots =
        (0..layout::SLOTS).filter_map(|slot| DestinationSlot::decode(&file[DestinationSlot::at(slot)..]));
    let slots: Vec<_> = slots.map(|slot| (slot.kind, slot.path)).collect();
    let path = folder.file("log.txt").into_os_string().into_encoded_bytes();
    assert_eq!(slots, [(DestinationKind::File, Some(path))]);
}

#[test]
fn the_child_of_a_fork_has_a_directory_of_its_own_and_does_not_hold_its_parents_lock() {
    let folder = TestFolder::new();
    let (child, mut stdout) = start_child("fork", &folder);
    let mut said = String::new();
    stdout.read_line(&mut said).expect("it says something");
    assert_eq!(said, "a directory of its own\n");
    let pid = child.id();
    let processes = processes(&folder);
    assert_eq!(processes.len(), 2);
    let is_parents = |process: &&PathBuf| {
        let file = fs::read(process.join(layout::PROCESS_FILE)).expect("the process's file");
        ProcessHeader::decode(&file).expect("a header").pid == pid
    };
    let parents = processes.iter().find(is_parents).expect("the parent's");
    let childs = processes.iter().find(|process| !is_parents(process)).expect("the child's");
    assert!(is_alive(parents) && is_alive(childs));
    assert_eq!((left(parents), left(childs)), (vec![0], vec![1]));
    let mut child = child;
    let stdin = child.stdin.take();
    kill(child);
    assert!(!is_alive(parents) && is_alive(childs), "the parent alone is dead");
    drop(stdin);
    // It ends now: so its end of the pipe closes.
    let _ = stdout.read_line(&mut said);
    assert_eq!(left(childs), [1]);
}

#[test]
fn memory_returns_when_threads_have_ended_and_is_used_again() {
    let folder = TestFolder::new();
    let ended = run_child("threads", &folder);
    let bytes: Vec<usize> = ended.stdout.lines().map(|bytes| bytes.parse().expect("a number")).collect();
    assert_eq!(bytes.len(), 2, "{}", ended.stderr);
    // Sixteen threads, of which eight log at the same time.
    assert!(bytes[1] <= layout::PROCESS_FILE_BYTES + 10 * (128 << 10), "{bytes:?}");
}

#[test]
fn what_does_not_fit_lies_on_the_heap_which_is_said_once_and_counted() {
    for scenario in ["little_room", "no_directory"] {
        let folder = TestFolder::new();
        let ended = run_child(scenario, &folder);
        let on_heap: usize = ended.stdout.trim().parse().expect("a number");
        assert!(on_heap > 0, "{scenario}");
        let said = ended.stderr.lines().filter(|line| line.contains("would not outlive the process"));
        assert_eq!(said.count(), 1, "{scenario}: {}", ended.stderr);
        let lines = fs::read_to_string(folder.file("log.txt")).expect("the log").lines().count();
        assert!(lines >= 1000, "{scenario}: nothing is lost");
    }
}

/// Returns why a directory is refused.
fn refusal(path: &Path) -> String {
    match configure().black_box(BlackBox::new(path)).try_apply() {
        Err(SettingsError::BlackBox(why)) => why.into(),
        other => panic!("{}: {other:?}", path.display()),
    }
}

#[test]
fn a_directory_that_others_could_change_is_refused() {
    let folder = TestFolder::new();
    let writable = folder.file("writable");
    fs::create_dir(&writable).expect("a directory");
    for mode in [0o777, 0o720, 0o1702] {
        fs::set_permissions(&writable, fs::Permissions::from_mode(mode)).expect("a mode");
        let why = refusal(&writable);
        assert!(why.contains("others may write there") && why.contains("chmod 700"), "{why}");
    }
    let (own, link) = (folder.file("own"), folder.file("link"));
    fs::create_dir(&own).expect("a directory");
    symlink(&own, &link).expect("a link");
    assert!(refusal(&link).contains("symbolic link"));
    let file = folder.file("file");
    fs::write(&file, "").expect("a file");
    assert!(refusal(&file).contains("no directory"));
    let others = folder.file("others");
    fs::create_dir(&others).expect("a directory");
    fs::set_permissions(&others, fs::Permissions::from_mode(0o700)).expect("a mode");
    // Only root can give it away.
    if chown(&others, Some(65534), None).is_ok() {
        let why = refusal(&others);
        assert!(why.contains("belongs to user 65534"), "{why}");
    }
    assert_eq!(fs::read_dir(&own).expect("a directory").count(), 0, "nothing was made");
}
