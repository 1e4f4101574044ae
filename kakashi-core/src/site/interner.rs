//! Ids of call sites and names where no linker assigns them: for firmware that is
//! tested on a host.
//!
//! They hold while the process runs, and each is searched for among all others: good
//! enough for tests, too slow for a server, whose loggers do not use this.

use alloc::vec::Vec;

use spin::Mutex;

use crate::site::Site;

static SITES: Mutex<Vec<Site<'static>>> = Mutex::new(Vec::new());
static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

impl Site<'static> {
    /// Returns its id in a ring.
    pub(crate) fn id(&self) -> Option<u32> {
        Some(of_site(*self))
    }
}

/// Returns the id of a site, a new one if it has none.
fn of_site(site: Site<'static>) -> u32 {
    number(&SITES, site, |other| other.address() == site.address())
}

/// Returns the id of a name, a new one if it has none.
pub(crate) fn of_name(name: &'static str) -> u32 {
    number(&NAMES, name, |other| *other == name)
}

/// Finds a site by its id.
pub(crate) fn site(id: u32) -> Option<Site<'static>> {
    SITES.lock().get(id as usize).copied()
}

/// Finds a name by its id.
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
