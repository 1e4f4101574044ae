//! systemd-journald itself, in a namespace of its own, and journalctl: they take every name and
//! value, by datagrams and by sealed files, from a program whose stderr is the journal.

#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

mod entry;

use std::fs;
use std::process::{Command, Stdio};

use entry::JournalEntry;
use kakashi_tests::harness::process::{TestFolder, read, start_command};

/// Runs the daemon, then a program, by systemd-cat as a service would be; reads what it logged.
const SCRIPT: &str = r#"
set -e
mount -t tmpfs none /run
mkdir -p /run/systemd/journal /run/log/journal
[ -s /etc/machine-id ] || systemd-machine-id-setup
/lib/systemd/systemd-journald 2>/dev/null &
daemon=$!
trap 'kill $daemon' EXIT
until [ -S /run/systemd/journal/socket ] && [ -S /run/systemd/journal/stdout ]; do sleep 0.02; done
systemd-cat sh -c 'JOURNAL_STREAM=$(stat -L -c %d:%i /dev/fd/2) exec "$@"' sh "$2" journal_pairs "$1/pairs"
journalctl --sync
read_back() { journalctl --directory /run/log/journal --output export "$@"; }
read_back --identifier child >"$1/all"
read_back --identifier child --priority err >"$1/errors"
read_back ID=42 "MESSAGE_TEMPLATE=Order {id} paid" >"$1/found"
"#;

fn entries(bytes: &[u8]) -> Vec<JournalEntry> {
    let (mut entries, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let (entry, after) = JournalEntry::read(rest);
        entries.push(entry);
        rest = after;
    }
    entries
}

fn message(entry: &JournalEntry) -> &str {
    entry.text("MESSAGE").expect("each has a message")
}

#[test]
fn systemd_journald_takes_every_name_and_value() {
    let long = "k".repeat(100);
    // A key, the name that it gets, and a value.
    let cases = [
        ("user.id", "USER_ID", "7"),
        ("message", "FIELD_MESSAGE", "not the message"),
        ("priority", "FIELD_PRIORITY", "0"),
        ("syslog_identifier", "FIELD_SYSLOG_IDENTIFIER", "sshd"),
        ("_pid", "FIELD__PID", "1"),
        ("object_pid", "FIELD_OBJECT_PID", "1"),
        ("2fa", "FIELD_2FA", "a=b"),
        ("", "FIELD_", "a\nMESSAGE=forged\n"),
        ("straße", "STRA_E", "\u{202e}ä€𝄞\t"),
        ("control", "CONTROL", "\0\u{1b}[2J\r\n\u{7f}"),
        (&long, &long.to_uppercase()[..64], "long"),
        ("empty", "EMPTY", ""),
    ];
    let folder = TestFolder::new();
    let pairs: Vec<_> = cases.iter().map(|(key, _, value)| (key, value)).collect();
    fs::write(folder.file("pairs"), serde_json::to_vec(&pairs).unwrap()).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", SCRIPT, "sh"]).arg(folder.file("")).arg(env!("CARGO_BIN_EXE_child"));
    let ended = start_command({
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    })
    .ends();
    assert!(
        ended.status.success(),
        "run as root with systemd installed, as tests/run journald does: {ended:?}"
    );

    let all = entries(&read(folder.file("all")));
    assert_eq!(all.len(), cases.len() + 4);
    for entry in &all {
        assert_eq!(entry.text("_TRANSPORT"), Some("journal"), "not by stderr");
        assert_eq!(entry.text("_COMM"), Some("child"));
    }
    for ((key, name, value), entry) in cases.iter().zip(&all) {
        assert_eq!(message(entry), *value, "{key:?}");
        assert_eq!(entry.text(name), Some(*value), "{key:?}");
        assert_eq!(entry.text("PRIORITY"), Some("6"), "{key:?}");
    }
    let [paid, slow, large, failed] = &all[cases.len()..] else { panic!("four more") };
    assert_eq!((message(paid), paid.text("MESSAGE_TEMPLATE")), ("Order 42 paid", Some("Order {id} paid")));
    assert_eq!(paid.get("RAW"), Some(&[0, 255, 10][..]));
    assert!(paid.text("CODE_FILE").is_some_and(|file| file.ends_with("journal.rs")));
    assert_eq!((message(slow), slow.text("PRIORITY")), ("Slow", Some("4")));
    assert!(large.text("LARGE") == Some(&"x".repeat(20 << 20)), "by a sealed file");
    assert_eq!(failed.text("EXCEPTION_MESSAGE"), Some("first line\nsecond line"));

    let messages = |file: &str| -> Vec<String> {
        entries(&read(folder.file(file))).iter().map(|entry| message(entry).to_owned()).collect()
    };
    assert_eq!(messages("errors"), ["Large", "Failed"]);
    assert_eq!(messages("found"), ["Order 42 paid"]);
}
