//! Where the process's directives come from: a file that is watched, else the environment.
//!
//! What is not understood is reported on stderr, and the rest holds: a mistake of an
//! operator must not stop a program.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fs, io};

use kakashi_core::{DirectiveError, Directives};

use super::logger_registry::logger_registry;
use crate::delivery::report;

/// The variables; the first that is set and not empty counts.
const VARIABLES: [&str; 2] = ["KAKASHI_LOG", "RUST_LOG"];

/// The file in place of the variables.
static FILE: OnceLock<PathBuf> = OnceLock::new();

/// Takes the directives of the environment, before the first logger is made.
pub(crate) fn install() {
    if let Some((variable, text)) = environment() {
        take(&text, &format_args!("{variable}"));
    }
}

/// Reads the directives again where they come from: in the file of `watch_directives` (feature
/// `signals`), else in `KAKASHI_LOG`, else in `RUST_LOG`. They take the place of all that there
/// were, those of [`Configure::directives`](crate::Configure::directives) too, and are later than
/// every `level_of`.
///
/// What is not understood is reported on stderr, and the rest holds.
///
/// ```
/// use kakashi_std::{LogLevel, configure, get_logger, reload_directives};
///
/// configure().directives("shop=debug")?.apply();
/// assert_eq!(get_logger("shop").level(), LogLevel::Debug.into());
/// reload_directives()?;
/// # if std::env::var_os("RUST_LOG").is_none() {
/// assert_eq!(get_logger("shop").level(), LogLevel::Info.into());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the file can't be read; the directives that there were hold on.
pub fn reload_directives() -> io::Result<()> {
    match FILE.get() {
        Some(file) => take(&text_of(file)?, &format_args!("{file:?}")),
        None => match environment() {
            Some((variable, text)) => take(&text, &format_args!("{variable}")),
            None => take("", &format_args!("")),
        },
    }
    Ok(())
}

/// Reads a file, without the mark that some editors put before UTF-8.
fn text_of(file: &Path) -> io::Result<String> {
    let text = fs::read_to_string(file)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Returns the directives that hold when all settings are taken back.
pub(crate) fn original() -> Directives {
    let file = FILE.get().and_then(|file| text_of(file).ok());
    let text = file.or_else(|| environment().map(|(_, text)| text)).unwrap_or_default();
    // What is wrong has been reported.
    read(&text, &mut |_| ())
}

/// Tells whether the environment has directives.
#[cfg(feature = "config")]
pub(crate) fn are_in_environment() -> bool {
    environment().is_some()
}

/// Takes directives from this file from now on; fails where there is another.
#[cfg(feature = "signals")]
pub(crate) fn use_file(path: &Path) -> io::Result<()> {
    let path = std::path::absolute(path)?;
    let is_same = FILE.get_or_init(|| path.clone()) == &path;
    is_same.then_some(()).ok_or_else(|| io::ErrorKind::AlreadyExists.into())
}

fn environment() -> Option<(&'static str, String)> {
    VARIABLES.into_iter().find_map(|variable| {
        let text = env::var_os(variable).filter(|text| !text.is_empty())?;
        Some((variable, text.to_string_lossy().into_owned()))
    })
}

fn take(text: &str, source: &dyn std::fmt::Display) {
    let directives = read(text, &mut |error| report::print(format_args!("left out of {source}: {error}")));
    logger_registry().change_levels(|levels| levels.set_directives(&directives));
}

fn read(text: &str, report: &mut dyn FnMut(DirectiveError)) -> Directives {
    let directives = Directives::parse_valid(text, report);
    directives.without_effect().for_each(report);
    directives
}
