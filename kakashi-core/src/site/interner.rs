//! Numbers of call sites and names where no linker gives them: firmware that is
//! tried on a host.
//!
//! They hold while the process runs, and each is looked for among all before it:
//! right for tests, too slow for a server, whose loggers don't come here.

use alloc::vec::Vec;

use spin::Mutex;

use crate::site::Site;

static SITES: Mutex<Vec<Site<'static>>> = Mutex::new(Vec::new());
static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

impl Site<'static> {
    /// Returns the number that stands for it in a ring.
    pub(crate) fn id(&self) -> Option<u32> {
        Some(of_site(*self))
    }
}

/// Numbers a site.
fn of_site(site: Site<'static>) -> u32 {
    number(&SITES, site, |other| other.address() == site.address())
}

/// Numbers a name.
pub(crate) fn of_name(name: &'static str) -> u32 {
    number(&NAMES, name, |other| *other == name)
}

/// Finds a site by its number.
pub(crate) fn site(id: u32) -> Option<Site<'static>> {
    SITES.lock().get(id as usize).copied()
}

/// Finds a name by its number.
pub(crate) fn name(id: u32) -> Option<&'static str> {
    NAMES.lock().get(id as usize).copied()
}

fn number<T>(all: &Mutex<Vec<T>>, new: T, is_same: impl Fn(&T) -> bool) -> u32 {
    let mut all = all.lock();
    let at = all.iter().position(is_same).unwrap_or_else(|| {
        all.push(new);
        all.len() - 1
    });
    at as u32
}
