//! A wrong setting is an error that says what would be right.

use std::fs;
use std::time::Duration;

use kakashi_std::config::LoggingConfig;
use kakashi_std::sinks::RotatingFile;
use kakashi_tests::harness::process::TestFolder;

#[test]
fn a_setting_that_makes_no_sense_is_an_error_that_says_what_would() {
    let folder = TestFolder::new();
    let path = folder.file("shop.log");
    fs::create_dir(folder.file("logs")).unwrap();
    fs::write(folder.file("plain.log"), "").unwrap();
    let files = || RotatingFile::new(&path);
    for (wrong, says) in [
        (files().max_bytes(0), "max_bytes is 0, which would begin a file for each record: give at least 1"),
        (
            files().keep_files(0),
            "keep_files is 0, which would remove each file that is closed: give at least 1",
        ),
        (files().keep_bytes(0), "keep_bytes is 0, which would remove each file"),
        (files().keep_for(Duration::from_millis(1)), "give a day or more"),
        (
            files().mode(0o4640),
            "mode is 0o4640: give permission bits by which the owner may write, such as 0o640",
        ),
        (files().mode(0o444), "mode is 0o444"),
        (files().link("current").pid_in_names(), "leave one of them out"),
        (files().link("plain.log"), "is there already and is no symbolic link"),
        (
            RotatingFile::new(folder.file("plain.log")),
            "rename what is there, or choose link(\"…\") or no_link()",
        ),
        (RotatingFile::new(folder.file("logs")), "is a folder: give the path of a file in it, such as"),
        (RotatingFile::new("logs/"), "\"logs/\" names no file: give a path such as \"logs/shop.log\""),
        (RotatingFile::new(""), "\"\" names no file"),
        (RotatingFile::new(folder.file("shop.log.gz")), "\".gz\", which compressed files get by themselves"),
    ] {
        let error = wrong.open().unwrap_err().to_string();
        assert!(error.contains(says), "{error}\n is not\n{says}");
    }
    assert!(!path.exists());
}

#[test]
fn the_link_lies_where_it_is_wanted() {
    let folder = TestFolder::new();
    let files = RotatingFile::new(folder.file("shop.log")).numbered();
    let _in_folder = files.clone().link("current").open().unwrap();
    assert_eq!(fs::read_link(folder.file("current")).unwrap().to_str(), Some("shop.00000000.log"));
    assert!(folder.file("shop.log").symlink_metadata().is_err());
    fs::create_dir(folder.file("links")).unwrap();
    let _elsewhere = files.link(folder.file("links/shop")).open().unwrap();
    assert_eq!(fs::read_link(folder.file("links/shop")).unwrap(), folder.file("shop.00000000.log"));
}

/// Reads settings and opens their files.
fn configured(folder: &TestFolder, keys: &str) -> Result<(), String> {
    let path = folder.file("shop.log");
    let text = format!("[[destinations]]\n{}", keys.replace("LOG", path.to_str().unwrap()));
    let config = LoggingConfig::from_toml(&text).map_err(|error| error.to_string())?;
    config.configure().map(drop).map_err(|error| error.to_string())
}

#[test]
fn a_file_of_settings_says_what_a_rotating_file_can_be() {
    let folder = TestFolder::new();
    let all = "every = 'hour', local_time = true, max_bytes = 1000, numbered = true, keep_files = 1, keep_days = 1, \
               keep_bytes = 1000, compress = 'gzip', remove_oldest_when_full = true, link = 'current', mode = '0600'";
    assert_eq!(configured(&folder, &format!("file = 'LOG'\nrotate = {{ {all} }}")), Ok(()));
    assert_eq!(fs::read_link(folder.file("current")).unwrap().to_str(), Some("shop.00000000.log"));
    let folder = TestFolder::new();
    let keys =
        "wire_file = 'LOG'\nrotate = { every = 'day', compress = 'zstd', link = false, pid_in_names = true }";
    assert_eq!(configured(&folder, keys), Ok(()));
    for (keys, says) in [
        ("file = 'LOG'\nrotate = { every = 'week' }", "unknown period \"week\": use hour or day"),
        ("file = 'LOG'\nrotate = { compress = 'xz' }", "unknown compression \"xz\": use gzip or zstd"),
        ("file = 'LOG'\nrotate = { mode = '9' }", "unknown mode \"9\": use octal digits, such as \"0640\""),
        ("file = 'LOG'\nrotate = { max_byte = 9 }", "unknown field `max_byte`"),
        (
            "file = 'LOG'\nrotate = { max_bytes = 0 }",
            "max_bytes is 0, which would begin a file for each record",
        ),
        ("stream = 'stderr'\nrotate = {}", "only files are rotated: rotate goes with file or wire_file"),
    ] {
        let error = configured(&folder, keys).unwrap_err();
        assert!(error.contains(says), "{error}\n is not\n{says}");
    }
}
