//! Which records were seen, and what was wrong with them.

/// What was found in one contender's files.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Readback {
    pub bytes: u64,
    /// Records that are there.
    pub records: u64,
    /// Records that are not.
    pub missing: u64,
    /// Records that were there already.
    pub doubled: u64,
    /// Records after a later one of the same thread.
    pub disordered: u64,
    /// Lines (or stretches of bytes) that are no record as it was logged.
    pub foreign: u64,
    /// Records of which the file itself says that they were dropped.
    pub announced: u64,
}

/// Counts records as they are read.
pub struct Tally {
    found: Readback,
    seen: Vec<bool>,
    /// The least id that is in order, of each thread.
    next: Vec<u64>,
    /// Ids a thread.
    share: u64,
}

impl Tally {
    pub fn new(records: u64, threads: u64) -> Tally {
        Tally {
            found: Readback::default(),
            seen: vec![false; records as usize],
            next: vec![0; threads as usize],
            share: records / threads,
        }
    }

    pub fn bytes(&mut self, count: u64) {
        self.found.bytes += count;
    }

    /// A record whose fields are those of this id.
    pub fn record(&mut self, id: u64) {
        let Some(seen) = self.seen.get_mut(id as usize) else {
            return self.foreign();
        };
        if std::mem::replace(seen, true) {
            self.found.doubled += 1;
            return;
        }
        self.found.records += 1;
        let next = &mut self.next[(id / self.share) as usize];
        self.found.disordered += u64::from(id < *next);
        *next = id + 1;
    }

    pub fn foreign(&mut self) {
        self.found.foreign += 1;
    }

    pub fn announced(&mut self, count: u64) {
        self.found.announced += count;
    }

    pub fn finish(self) -> Readback {
        let missing = self.seen.iter().filter(|&&seen| !seen).count() as u64;
        Readback { missing, ..self.found }
    }
}
