//! kakashi as the backend of `log`, where there are threads.
//!
//! `log` asks one number before it makes a record, its maximum level: that is the lowest
//! threshold that any logger of kakashi may have, set anew after each change of kakashi's
//! levels. What passes is held against the threshold of the logger that the target names, before
//! anything is formatted. It does not change the five levels, nor what the features of `log`
//! leave out when it is compiled.

use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, Ordering};

use ::log::{Metadata, Record};

use super::plain_pairs::PlainPairs;
use super::{TakePairs, take_all};
use crate::bridges::foreign::{self, BridgedLogger};
use crate::bridges::foreign_record::ForeignRecord;
use crate::bridges::install_error::InstallError;
use crate::bridges::known_sites::Place;
use crate::level::LevelFilter;
use crate::record::call::Call;
use crate::site::SourceLocation;
use crate::value::Value;

/// Makes a platform's loggers the backend of `log`.
///
/// # Errors
/// [`InstallError`] if `log` has a backend.
#[doc(hidden)]
pub fn install_log<L: BridgedLogger>() -> Result<(), InstallError> {
    static IS_INSTALLED: AtomicBool = AtomicBool::new(false);
    let receiver: &'static Receiver<L> = &Receiver(PhantomData);
    if ::log::set_logger(receiver).is_err() {
        let by = IS_INSTALLED.load(Ordering::Relaxed).then_some("kakashi");
        return Err(InstallError::new("log", by));
    }
    IS_INSTALLED.store(true, Ordering::Relaxed);
    L::prepare();
    L::registry().on_level_change(follow::<L>);
    follow::<L>();
    Ok(())
}

/// Sets the maximum of `log` to the lowest threshold there may be.
fn follow<L: BridgedLogger>() {
    let lowest = || filter_of(L::registry().lowest_level());
    loop {
        let level = lowest();
        ::log::set_max_level(level);
        // Another thread may have changed it since, and have been faster.
        if level == lowest() {
            return;
        }
    }
}

/// Finds the level of `log` below which a threshold lets nothing pass.
fn filter_of(threshold: LevelFilter) -> ::log::LevelFilter {
    // `iter` begins with the most severe.
    ::log::Level::iter()
        .take_while(|level| threshold.enables((*level).into()))
        .last()
        .map_or(::log::LevelFilter::Off, |level| level.to_level_filter())
}

/// Takes the records of `log`.
struct Receiver<L>(PhantomData<fn() -> L>);

impl<L: BridgedLogger> ::log::Log for Receiver<L> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        foreign::is_enabled::<L>(metadata.target(), metadata.level().into())
    }

    fn log(&self, record: &Record<'_>) {
        let (level, place) = (record.level().into(), place_of(record));
        let Some(begun) = foreign::begin::<L>(record.target(), level, &place) else { return };
        let constant = record.args().as_str();
        let pairs = record.key_values();
        match (begun.known, constant) {
            (Some(site), Some(text)) if site.has_text(text) => {
                let mut plain = PlainPairs::new(site);
                let Some(()) = foreign::nested(|| plain.take_all(&pairs)) else {
                    return begun.logger.count_reentrant(level);
                };
                match plain.finish() {
                    Ok(values) => begun.logger.submit(&Call::of_site(site.site, values, &[])),
                    Err(record) => begun.submit(level, &place, record),
                }
            }
            _ => begun.log(level, &place, |out| {
                out.format_text(record.args());
                take_all(&pairs, out);
            }),
        }
    }

    fn flush(&self) {
        L::flush();
    }
}

impl TakePairs for ForeignRecord {
    fn take(&mut self, key: &str, value: &Value<'_>) {
        self.put(key, value);
    }
}

fn place_of<'a>(record: &Record<'a>) -> Place<'a> {
    let Some(line) = record.line() else { return Place::Unknown };
    if let (Some(module), Some(file)) = (record.module_path_static(), record.file_static()) {
        return Place::Constant(SourceLocation { module, file, line });
    }
    Place::Passing(SourceLocation {
        module: record.module_path().unwrap_or_default(),
        file: record.file().unwrap_or_default(),
        line,
    })
}
