//! Logging without a logger: functions over one named `root`, macros over one that has
//! their module's path as its name. They set themselves up at their first call.

use std::sync::OnceLock;

use kakashi_core::{Call, Event, Field};

use super::logger::{Logger, get_logger};
use crate::delivery::not_kept::NotKept;
use crate::dispatch::logger_registry::lock_making_root;
use crate::reentrancy::CriticalSection;

static ROOT: OnceLock<Logger> = OnceLock::new();
/// For an allocator that logs while such a logger is being made.
static UNREGISTERED: OnceLock<Logger> = OnceLock::new();

/// Returns the logger of the direct functions, named `root`.
#[inline]
pub fn root_logger() -> &'static Logger {
    logger_at(&ROOT, "root")
}

/// Returns the logger of a place, which is looked up at the first call.
#[doc(hidden)]
#[inline]
pub fn logger_at(place: &'static OnceLock<Logger>, name: &str) -> &'static Logger {
    match place.get() {
        Some(logger) => logger,
        None => make_logger(place, name),
    }
}

#[cold]
fn make_logger(place: &'static OnceLock<Logger>, name: &str) -> &'static Logger {
    // Made outside of the cell and of any lock: an allocator may log meanwhile.
    let logger = get_logger(name);
    if CriticalSection::is_active() {
        return UNREGISTERED.get_or_init(|| logger);
    }
    let _making = lock_making_root();
    place.get_or_init(|| logger)
}

kakashi_core::__root_functions! {
    root_logger;
    /// ```
    /// kakashi_std::metric("queue.depth", 17, kakashi_std::fields![unit = "jobs"]);
    /// ```
    metric;
}

/// Logs an entry of an audit trail as [`audit`] does, has it written to each destination that
/// takes it, and returns when it is as far there as the destination's
/// [`Durability`](crate::Durability) says, at least with the operating system.
///
/// ```
/// use kakashi_std::{Destination, Durability, Event, LogRecord, configure, fields, sinks, try_audit};
///
/// # let folder = std::env::temp_dir().join(format!("kakashi-audit-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("audit.log");
/// let trail = sinks::file(&path)?
///     .named("audit trail")
///     .filter(|record: &LogRecord<'_>| Event::is_audit(record) || Event::is_security(record))
///     .durability(Durability::Synced);
/// configure().destination(sinks::stderr()).destination(trail).apply();
///
/// fn delete_account(user: u64) -> Result<(), Box<dyn std::error::Error>> {
///     try_audit("delete", "account", fields![user])?;
///     // It may be deleted: who did it is on the disk.
///     Ok(())
/// }
/// delete_account(7)?;
/// assert!(std::fs::read_to_string(&path)?.contains("action=delete resource=account user=7"));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`NotKept`], of the first destination that does not have it.
///
/// # Blocking
/// As long as the destinations take, `urgent_timeout` (5 s) at most; and the
/// [`sync`](crate::Sink::sync) of a disk that has begun, as long as that takes.
pub fn try_audit(action: &str, resource: &str, fields: &[Field<'_>]) -> Result<(), NotKept> {
    keep_event(&Event::audit(action, resource), fields)
}

/// Logs a security event as [`security`] does, and returns as [`try_audit`] does.
///
/// # Errors
/// # Blocking
/// As [`try_audit`].
pub fn try_security(event_type: &str, severity: &str, fields: &[Field<'_>]) -> Result<(), NotKept> {
    keep_event(&Event::security(event_type, severity), fields)
}

fn keep_event(event: &Event<'_>, fields: &[Field<'_>]) -> Result<(), NotKept> {
    let root = root_logger();
    if !root.is_enabled(event.level) {
        return Err(NotKept::NoDestination);
    }
    event.with_fields(fields, |fields| root.submit_kept(&Call::literal(event.level, event.message, fields)))
}

macro_rules! root_macros {
    ($d:tt) => {
        kakashi_core::__root_macros! { $d $crate "kakashi_std" "```" }
    };
}
root_macros! { $ }
