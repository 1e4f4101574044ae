//! A socket that takes entries as systemd-journald does, but refuses what that would ignore.

use std::cell::Cell;
use std::fs;
use std::fs::File;
use std::io::{self, ErrorKind, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use kakashi_std::sinks::Journald;
use kakashi_std::{Destination, FunctionalLogger, LevelFilter, LoggerConfig, create_custom_logger};
use kakashi_tests::harness::wait::TEST_TIMEOUT;
use rustix::fs::{SealFlags, fcntl_get_seals};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, recvmsg};

use crate::entry::JournalEntry;

/// What systemd's `journal_field_valid` takes of a client.
fn is_name(name: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=64).contains(&name.len()) && name.as_bytes()[0].is_ascii_uppercase() && name.bytes().all(is_known)
}

pub(crate) struct Receiver {
    path: PathBuf,
    socket: UnixDatagram,
    /// How many entries came in files.
    pub(crate) files: Cell<usize>,
}

impl Receiver {
    /// Listens at a path; another may have done so before.
    pub(crate) fn at(path: PathBuf) -> Self {
        let _ = fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(TEST_TIMEOUT)).unwrap();
        Self { path, socket, files: Cell::new(0) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a destination for it.
    pub(crate) fn destination(&self) -> Destination {
        Journald::new().socket(&self.path).identifier("till").destination().unwrap()
    }

    /// Makes a logger whose records go there.
    pub(crate) fn logger(&self, name: &str) -> FunctionalLogger {
        create_custom_logger(
            name,
            LoggerConfig::new().level(LevelFilter::ALL).destination(self.destination()),
        )
    }

    /// Takes the next entry.
    pub(crate) fn take(&self) -> JournalEntry {
        self.receive().expect("an entry comes")
    }

    /// Takes an entry that has come.
    pub(crate) fn take_now(&self) -> Option<JournalEntry> {
        self.socket.set_nonblocking(true).unwrap();
        let received = self.receive();
        self.socket.set_nonblocking(false).unwrap();
        match received {
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            received => Some(received.unwrap()),
        }
    }

    /// Tells whether nothing more has come.
    pub(crate) fn is_empty(&self) -> bool {
        self.take_now().is_none()
    }

    fn receive(&self) -> io::Result<JournalEntry> {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut room);
        let mut bytes = vec![0; 32 << 20];
        let received = recvmsg(
            &self.socket,
            &mut [IoSliceMut::new(&mut bytes)],
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        )?;
        assert!(!received.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC));
        let mut files: Vec<OwnedFd> = Vec::new();
        for message in ancillary.drain() {
            match message {
                RecvAncillaryMessage::ScmRights(sent) => files.extend(sent),
                _ => panic!("files come, and nothing else"),
            }
        }
        bytes.truncate(received.bytes);
        if let Some(file) = files.pop() {
            assert!(bytes.is_empty() && files.is_empty(), "one file, and nothing beside it");
            bytes = read_sealed(file);
            self.files.set(self.files.get() + 1);
        }
        Ok(strict(&bytes))
    }
}

/// Reads a file of memory as the journal does, which takes it as it is only if it is sealed.
fn read_sealed(file: OwnedFd) -> Vec<u8> {
    let wanted = SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL;
    assert_eq!(fcntl_get_seals(&file).unwrap(), wanted);
    let file = File::from(file);
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

/// Reads an entry of which the journal would keep every field.
fn strict(bytes: &[u8]) -> JournalEntry {
    assert_eq!(bytes.last(), Some(&b'\n'), "the last field ends");
    let (entry, rest) = JournalEntry::read(bytes);
    assert!(rest.is_empty(), "one entry a datagram");
    assert!(entry.fields.len() <= 1024, "{} fields", entry.fields.len());
    for (name, _) in &entry.fields {
        assert!(is_name(name), "{name:?}");
        assert!(entry.get(name).is_some(), "each name once");
    }
    assert!(matches!(entry.text("PRIORITY"), Some("7" | "6" | "4" | "3" | "2")));
    assert!(entry.get("MESSAGE").is_some());
    entry
}
