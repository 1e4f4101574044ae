//! Names of a journal entry's fields, made of the keys of records.
//!
//! The journal knows ASCII capitals, digits and the underscore, at most 64 of them, and begins
//! no name with a digit; what begins with an underscore is its own. It ignores a field of any
//! other name without a word, so none is ever sent.

use std::collections::HashMap;

/// The longest name that the journal takes.
const MAX_LEN: usize = 64;
/// Stands before a name that the journal, or the entry itself, has for something else.
const PREFIX: &[u8] = b"FIELD_";

/// Names with a meaning of their own, from systemd.journal-fields(7), and those that each
/// entry has.
const TAKEN: [&str; 16] = [
    "CODE_FILE",
    "CODE_FUNC",
    "CODE_LINE",
    "DOCUMENTATION",
    "ERRNO",
    "INVOCATION_ID",
    "LEVEL",
    "LOGGER",
    "MESSAGE",
    "MESSAGE_ID",
    "MESSAGE_TEMPLATE",
    "PRIORITY",
    "TID",
    "UNIT",
    "USER_INVOCATION_ID",
    "USER_UNIT",
];
/// Beginnings of such names: journalctl takes what has them as said of another process.
const TAKEN_BEGINNINGS: [&str; 4] = ["COREDUMP_", "KAKASHI_", "OBJECT_", "SYSLOG_"];

/// A name that the journal takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct FieldName {
    bytes: [u8; MAX_LEN],
    len: u8,
}

impl FieldName {
    const EMPTY: Self = Self { bytes: [0; MAX_LEN], len: 0 };

    /// Makes a name of a key, whatever that is.
    pub(super) fn of(key: &str) -> Self {
        let mut name = Self::EMPTY;
        name.push_all(key.chars().map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' => character.to_ascii_uppercase() as u8,
            _ => b'_',
        }));
        if name.is_to_prefix() { name.prefixed() } else { name }
    }

    /// Makes a name of a key that stands for one of the journal's own.
    pub(super) fn well_known(name: &'static str) -> Self {
        let mut made = Self::EMPTY;
        made.push_all(name.bytes());
        made
    }

    fn push_all(&mut self, bytes: impl Iterator<Item = u8>) {
        for byte in bytes.take(MAX_LEN - usize::from(self.len)) {
            self.bytes[usize::from(self.len)] = byte;
            self.len += 1;
        }
    }

    fn is_to_prefix(&self) -> bool {
        let name = self.as_bytes();
        name.first().is_none_or(|first| !first.is_ascii_uppercase())
            || TAKEN.iter().any(|taken| taken.as_bytes() == name)
            || TAKEN_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning.as_bytes()))
    }

    fn prefixed(&self) -> Self {
        let mut name = Self::EMPTY;
        name.push_all(PREFIX.iter().chain(self.as_bytes()).copied());
        name
    }

    /// Puts a number at the end, in place of the last bytes where there is no room.
    fn numbered(&self, number: u32) -> Self {
        let ending = format!("_{number}");
        let mut name = *self;
        name.len = name.len.min((MAX_LEN - ending.len()) as u8);
        name.push_all(ending.bytes());
        name
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// The names of one entry: none comes twice.
#[derive(Debug, Default)]
pub(super) struct FieldNames {
    /// Each name, and the number that was last put behind it.
    used: HashMap<FieldName, u32>,
}

impl FieldNames {
    /// Begins another entry.
    pub(super) fn clear(&mut self) {
        self.used.clear();
    }

    /// Returns the name if the entry does not have it yet; else the name with the next number
    /// behind it.
    pub(super) fn claim(&mut self, name: FieldName) -> FieldName {
        let Some(&last) = self.used.get(&name) else {
            self.used.insert(name, 1);
            return name;
        };
        let mut number = last;
        loop {
            number += 1;
            let numbered = name.numbered(number);
            if !self.used.contains_key(&numbered) {
                self.used.insert(name, number);
                self.used.insert(numbered, 1);
                return numbered;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: FieldName) -> String {
        String::from_utf8(name.as_bytes().to_vec()).unwrap()
    }

    fn named(key: &str) -> String {
        text(FieldName::of(key))
    }

    #[test]
    fn keys_become_capitals_digits_and_underscores() {
        for (key, name) in [
            ("user_id", "USER_ID"),
            ("user.id", "USER_ID"),
            ("exception.type", "EXCEPTION_TYPE"),
            ("Straße", "STRA_E"),
            ("a=b\nc\0", "A_B_C_"),
        ] {
            assert_eq!(named(key), name);
        }
    }

    #[test]
    fn a_name_that_is_the_journals_or_the_entrys_own_gets_a_prefix() {
        for (key, name) in [
            ("message", "FIELD_MESSAGE"),
            ("priority", "FIELD_PRIORITY"),
            ("syslog.identifier", "FIELD_SYSLOG_IDENTIFIER"),
            ("object_pid", "FIELD_OBJECT_PID"),
            ("coredump_unit", "FIELD_COREDUMP_UNIT"),
            ("_pid", "FIELD__PID"),
            ("__REALTIME_TIMESTAMP", "FIELD___REALTIME_TIMESTAMP"),
            ("2fa", "FIELD_2FA"),
            ("名", "FIELD__"),
            ("", "FIELD_"),
        ] {
            assert_eq!(named(key), name);
        }
    }

    #[test]
    fn no_name_is_longer_than_64_bytes() {
        assert_eq!(named(&"k".repeat(1000)), "K".repeat(64));
        assert_eq!(named(&"_".repeat(1000)).len(), 64);
        let mut names = FieldNames::default();
        let long = FieldName::of(&"k".repeat(64));
        assert_eq!(text(names.claim(long)), "K".repeat(64));
        assert_eq!(text(names.claim(long)), "K".repeat(62) + "_2");
    }

    #[test]
    fn no_name_comes_twice() {
        let mut names = FieldNames::default();
        let keys = ["user.id", "user_id", "USER_ID", "user_id_2", "user-id"];
        let made = keys.map(|key| text(names.claim(FieldName::of(key))));
        assert_eq!(made, ["USER_ID", "USER_ID_2", "USER_ID_3", "USER_ID_2_2", "USER_ID_4"]);
        names.clear();
        assert_eq!(text(names.claim(FieldName::of("user_id"))), "USER_ID");
    }
}
