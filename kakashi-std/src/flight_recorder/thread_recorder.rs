//! What a thread keeps records with: its ring, the ids of its call sites, and memory to encode in.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use kakashi_core::wire::{RecordIds, put_call, put_record};
use kakashi_core::{LogContext, LogRecord, Output, Site, Value};

use super::kept_ring::KeptRing;
use super::record_ring::RecordRing;
use super::scope_ring::ScopeRing;
use super::state::BYTES_PER_THREAD;
use super::{outliving, registry};
use crate::clock::Moment;
use crate::dispatch::logger_core::LoggerCore;
use crate::queue::interner::SiteIds;
use crate::segment::kept_entry::HEAD;
use crate::sync::fork_epoch::ForkEpoch;

/// Bytes for a record at first.
const SCRATCH_BYTES: usize = 512;
/// More is not kept.
const SCRATCH_KEPT: usize = 16 * 1024;

/// While these are the same, a record of plain values needs no look at the settings and no
/// new context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PlainKey {
    /// Of the root dispatch.
    pub(crate) generation: usize,
    /// The id of the current context.
    pub(crate) current: usize,
    /// The ids of the logger and of its context.
    pub(crate) logger: (usize, usize),
}

/// A thread's side of the recorder.
pub(crate) struct ThreadRecorder {
    ring: Arc<KeptRing>,
    epoch: ForkEpoch,
    sites: SiteIds,
    scratch: Vec<u8>,
    /// The context of the records of this key.
    plain: Option<(PlainKey, LogContext)>,
}

impl Default for ThreadRecorder {
    fn default() -> Self {
        Self::new()
    }
}

impl ThreadRecorder {
    fn new() -> Self {
        Self {
            ring: registry::take_ring(),
            epoch: ForkEpoch::current(),
            sites: SiteIds::new(),
            scratch: vec![0; SCRATCH_BYTES],
            plain: None,
        }
    }

    /// Tells whether it was made before a fork, and its ring belongs to the parent.
    pub(crate) fn is_inherited(&self) -> bool {
        self.epoch.is_past()
    }

    /// Returns the bytes of memory that it occupies beside its ring.
    pub(crate) fn memory(&self) -> usize {
        self.sites.memory() + self.scratch.capacity()
    }

    /// Keeps the next records of plain values with this key as [`keep_plain`](Self::keep_plain)
    /// does, or, without one, none.
    pub(crate) fn set_plain(&mut self, key: Option<PlainKey>, context: &LogContext) {
        match (key, &mut self.plain) {
            (Some(key), Some((plain, _))) if *plain == key => {}
            (key, plain) => *plain = key.map(|key| (key, context.clone())),
        }
    }

    /// Keeps the record of a macro call, if all is as at the last one and its values are plain.
    #[inline]
    pub(crate) fn keep_plain(
        &mut self,
        core: &LoggerCore,
        key: PlainKey,
        site: Site<'static>,
        values: &[Value<'_>],
        now: impl FnOnce() -> Moment,
    ) -> bool {
        let Self { ring, sites, scratch, plain, .. } = self;
        let Some((_, context)) = plain.as_ref().filter(|(plain, _)| *plain == key) else { return false };
        let now = now();
        let id = site_id(sites, site);
        let mut out = Output::resume(scratch, HEAD);
        let is_plain = put_call(&mut out, now.time, id, values);
        let len = out.position();
        if !is_plain || out.overflowed() {
            return false;
        }
        let level = site.level();
        put(ring, context, |ring, most| {
            ring.push(core, context, level, now.tick, &mut scratch[..len], most);
        });
        true
    }

    /// Keeps a record that runs no foreign code.
    pub(crate) fn keep(
        &mut self,
        core: &LoggerCore,
        site: Option<Site<'static>>,
        record: &LogRecord<'_>,
        tick: u64,
        context: &LogContext,
    ) {
        let Self { ring, sites, scratch, .. } = self;
        // The logger and the context stand beside the bytes.
        let ids = RecordIds { site: site.map(|site| site_id(sites, site)), logger: None, context: None };
        let len = loop {
            let mut out = Output::resume(scratch, HEAD);
            put_record(&mut out, record, ids);
            let len = out.position();
            if !out.overflowed() {
                break len;
            }
            scratch.resize(len.next_power_of_two(), 0);
        };
        put(ring, context, |ring, most| {
            ring.push(core, context, record.level, tick, &mut scratch[..len], most);
        });
        if scratch.len() > SCRATCH_KEPT {
            scratch.truncate(SCRATCH_KEPT);
            scratch.shrink_to_fit();
        }
    }
}

/// Returns the id of a site, which is known by it wherever its records are.
#[inline]
fn site_id(sites: &mut SiteIds, site: Site<'static>) -> u32 {
    let id = sites.get(site);
    outliving::note_site(id);
    id
}

/// Puts a record into the ring of its scope, or, if it is in none, of the thread.
#[inline]
fn put(ring: &KeptRing, context: &LogContext, put: impl FnOnce(&mut RecordRing, usize)) {
    match ScopeRing::of(context) {
        Some(scope) => scope.put(put),
        None => put(&mut ring.lock(), BYTES_PER_THREAD.load(Ordering::Relaxed)),
    }
}

impl Drop for ThreadRecorder {
    fn drop(&mut self) {
        if !self.is_inherited() {
            self.ring.leave();
        }
    }
}
