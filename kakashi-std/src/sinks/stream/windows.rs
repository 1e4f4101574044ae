//! The streams on Windows: the process's handles; a console gets UTF-16.

#![allow(unsafe_code, reason = "std writes to a console only through its lock and its line buffer")]

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::mem::ManuallyDrop;
use std::os::windows::io::FromRawHandle as _;
use std::ptr;

use kakashi_core::{Batch, SinkError, StandardStream};
use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Console::{
    GetConsoleMode, GetStdHandle, STD_ERROR_HANDLE, STD_OUTPUT_HANDLE, WriteConsoleW,
};

use crate::sinks::writer::write_bytes;

/// What is handed to a console at once: it refuses more than 64 KiB of UTF-16.
const CONSOLE_BYTES: usize = 8192;

fn handle(stream: StandardStream) -> io::Result<HANDLE> {
    let name = match stream {
        StandardStream::Stdout => STD_OUTPUT_HANDLE,
        StandardStream::Stderr => STD_ERROR_HANDLE,
    };
    // SAFETY: it takes any number, and returns a handle that is not to be closed.
    match unsafe { GetStdHandle(name) } {
        INVALID_HANDLE_VALUE => Err(io::Error::last_os_error()),
        handle if handle.is_null() => Err(ErrorKind::NotConnected.into()),
        handle => Ok(handle),
    }
}

/// Writes a batch.
pub(in crate::sinks) fn write(stream: StandardStream, batch: &Batch<'_>) -> Result<(), SinkError> {
    write_bytes(&mut |bytes| write_some(stream, bytes), batch.bytes())
}

/// Writes some bytes.
pub(super) fn write_some(stream: StandardStream, bytes: &[u8]) -> io::Result<usize> {
    let handle = handle(stream)?;
    let mut mode = 0;
    // SAFETY: the mode is a place for one; a handle that is no console's is refused.
    if unsafe { GetConsoleMode(handle, &mut mode) } != 0 {
        return write_to_console(handle, bytes);
    }
    // SAFETY: the handle is open, or the write reports that it is not; it is never closed here.
    let file = ManuallyDrop::new(unsafe { File::from_raw_handle(handle) });
    (&*file).write(bytes)
}

fn write_to_console(handle: HANDLE, bytes: &[u8]) -> io::Result<usize> {
    let bytes = &bytes[..bytes.len().min(CONSOLE_BYTES)];
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    };
    let (text, wild) = if text.is_empty() && !bytes.is_empty() { ("\u{fffd}", true) } else { (text, false) };
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut written = 0;
    // SAFETY: the units are as many as said, and `written` is a place for a number.
    let done =
        unsafe { WriteConsoleW(handle, units.as_ptr(), units.len() as u32, &mut written, ptr::null_mut()) };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    if wild {
        return Ok(written.min(1) as usize);
    }
    let mut left = written as usize;
    let taken = text.chars().take_while(|character| {
        let fits = left > 0;
        left = left.saturating_sub(character.len_utf16());
        fits
    });
    Ok(taken.map(char::len_utf8).sum())
}
