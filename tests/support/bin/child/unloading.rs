//! A program that loads and unloads a library which has a kakashi of its own; the program
//! itself logs nothing.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::mem;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr;
use std::thread;
use std::time::Duration;

/// Longer than a flusher sleeps.
const LONGER_THAN_A_FLUSHER_SLEEPS: Duration = Duration::from_millis(500);

fn forks() {
    // SAFETY: the child does nothing but end at once.
    match unsafe { libc::fork() } {
        -1 => panic!("no process to be had"),
        // SAFETY: as above.
        0 => unsafe { libc::_exit(0) },
        pid => {
            let mut status = 0;
            // SAFETY: the status is a valid place for one.
            let waited = unsafe { libc::waitpid(pid, &mut status, 0) };
            assert_eq!((waited, status), (pid, 0), "the forked process ends well");
        }
    }
}

/// Calls the library on a thread that ends, unloads it, waits, forks, and returns from main.
pub(crate) fn loads_and_unloads(library: &Path) {
    let path = CString::new(library.as_os_str().as_bytes()).expect("no NUL in it");
    // SAFETY: the name is a valid text; the library's constructors are std's.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    assert_ne!(library, ptr::null_mut(), "the library is loaded");
    // SAFETY: the library is loaded, the name a valid text.
    let symbol = unsafe { libc::dlsym(library, c"plugin_log".as_ptr()) };
    assert_ne!(symbol, ptr::null_mut(), "the library has the function");
    // SAFETY: it is the function of this type in `support/bin/plugin.rs`.
    let log: extern "C" fn() = unsafe { mem::transmute(symbol) };
    // What a thread keeps of a library holds it until the thread ends.
    thread::spawn(move || log()).join().expect("no call panics");
    // SAFETY: the handle is the library's; nothing of it is used from here on.
    assert_eq!(unsafe { libc::dlclose(library) }, 0);
    println!("unloaded");
    thread::sleep(LONGER_THAN_A_FLUSHER_SLEEPS);
    forks();
    println!("forked");
}
