//! Files of settings that name a receiver.

use std::fs;

use kakashi_std::config::LoggingConfig;
use kakashi_std::{configure, configure_from};

use super::process::TestFolder;

/// Sets up what a file says of destinations, in which `URL` is the receiver's; nothing `secret` of it is printed.
///
/// # Panics
/// If it makes no sense, or is printed.
pub fn set_up(url: &str, destination: &str) {
    let text = format!("level = 'all'\n[[destinations]]\n{}", destination.replace("URL", url));
    let config = LoggingConfig::from_toml(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let debug = format!("{config:?}");
    assert!(!debug.contains("secret"), "{debug}");
    configure().reset().apply();
    config.configure().unwrap_or_else(|error| panic!("{error}: {text}")).apply();
}

/// Asserts of each destination that it is refused by an error that begins so, behind the file's name, and in
/// which nothing `secret` is.
///
/// # Panics
/// If it is not so.
pub fn assert_refused(cases: &[(&str, &str)]) {
    let folder = TestFolder::new();
    let file = folder.file("kakashi.toml");
    for (destination, error) in cases {
        fs::write(&file, format!("[[destinations]]\n{destination}")).expect("it can be written");
        let found = configure_from(&file).expect_err(destination).to_string();
        let found = found.replace(&format!("{}:", file.display()), "");
        assert!(found.starts_with(error) && !found.contains("secret"), "{destination}: {found}");
    }
}
