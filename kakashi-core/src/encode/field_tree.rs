//! The fields of one record as a JSON object has them: by their dotted keys, or as objects
//! inside objects, in which no two keys are ever the same.
//!
//! Fields are kept as text, in memory that is used again: a tree is one for each thread
//! and encoder.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ops::Range;

use super::escape::put_escaped;
use super::json_value::write_nested;
use super::profile::Group;
use crate::util::output::Output;
use crate::value::Value;

/// Objects inside objects that the dots of a key make, at most; the rest stays one key.
const MOST_SEGMENTS: usize = 16;
/// What a record may leave allocated.
const MOST_KEPT: usize = 64 * 1024;

/// The fields of one record.
#[derive(Debug, Default)]
pub(crate) struct FieldTree {
    /// Keys and values, one after the other.
    text: String,
    entries: Vec<TreeEntry>,
}

#[derive(Debug)]
struct TreeEntry {
    group: Group,
    /// Its dots are letters.
    whole: bool,
    key: Range<usize>,
    value: Range<usize>,
}

impl FieldTree {
    /// Forgets the fields of the record before.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.entries.clear();
        self.text.shrink_to(MOST_KEPT);
        self.entries.shrink_to(MOST_KEPT / size_of::<TreeEntry>());
    }

    /// Returns the bytes of memory that it occupies beside its own.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub(super) fn memory(&self) -> usize {
        self.text.capacity() + self.entries.capacity() * size_of::<TreeEntry>()
    }

    /// Begins a field: its key and, after it, as many underscores.
    pub(super) fn begin(&mut self, group: Group, whole: bool, key: &str, underscores: usize) {
        let start = self.text.len();
        self.text.push_str(key);
        self.text.extend(core::iter::repeat_n('_', underscores));
        let end = self.text.len();
        self.entries.push(TreeEntry { group, whole, key: start..end, value: end..end });
    }

    /// Appends to the value of the field that was begun last: JSON.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        if let Some(entry) = self.entries.last_mut() {
            entry.value.end = self.text.len();
        }
    }

    /// Appends a value to the field that was begun last.
    pub(super) fn push_value(&mut self, value: &Value<'_>) {
        // What fails here is a `Display` that gives up: it has been ended.
        self.push(|text| {
            let _ = write_nested(text, value);
        });
    }

    /// Puts text before that of the last field, if this is text.
    pub(super) fn prefix_text(&mut self, prefix: &str) {
        if let Some(entry) = self.entries.last_mut()
            && self.text[entry.value.clone()].starts_with('"')
        {
            self.text.insert_str(entry.value.start + 1, prefix);
            entry.value.end = self.text.len();
        }
    }

    /// Appends the members of a group, each with a comma before it, but for the first if it is
    /// the first of its object; `is_taken` tells of keys that stand there already.
    /// Returns how many there were.
    pub(super) fn put(
        &mut self,
        group: Group,
        nested: bool,
        is_first: bool,
        is_taken: impl Fn(&str) -> bool,
        out: &mut Output<'_>,
    ) -> usize {
        let Self { text, entries } = self;
        if nested {
            entries.sort_unstable_by(|one, other| one.order(other, text));
        }
        let mut writer = TreeWriter { out, comma: !is_first, open: 0, last: ("", false), scalar: None };
        let mut count = 0;
        for entry in entries.iter().filter(|entry| entry.group == group) {
            let (key, value) = (&text[entry.key.clone()], &text[entry.value.clone()]);
            if nested {
                writer.put_nested((key, entry.whole), value, &is_taken);
            } else {
                writer.put_member(key, value);
            }
            count += 1;
        }
        writer.close(0);
        count
    }
}

impl TreeEntry {
    fn order(&self, other: &Self, text: &str) -> Ordering {
        let path = |entry: &Self| segments((&text[entry.key.clone()], entry.whole));
        self.group.cmp(&other.group).then_with(|| path(self).cmp(path(other)))
    }
}

/// Cuts a key at its dots; one with an empty name between two of them stays whole.
fn segments((key, whole): (&str, bool)) -> impl Iterator<Item = &str> + Clone {
    let whole = whole || key.starts_with('.') || key.ends_with('.') || key.contains("..");
    let most = if whole { 1 } else { MOST_SEGMENTS };
    key.splitn(most, '.')
}

/// Writes members in the order of their paths.
struct TreeWriter<'o, 'b, 'k> {
    out: &'o mut Output<'b>,
    comma: bool,
    /// How many objects are open, and the key whose first segments name them.
    open: usize,
    last: (&'k str, bool),
    /// The last key whose value is no object of ours: what has it as its beginning stands beside it.
    scalar: Option<(&'k str, bool)>,
}

impl<'k> TreeWriter<'_, '_, 'k> {
    fn put_member(&mut self, key: &str, value: &str) {
        self.put_key(key);
        self.out.put(value.as_bytes());
    }

    fn put_key(&mut self, key: &str) {
        if self.comma {
            self.out.put_byte(b',');
        }
        self.comma = true;
        self.out.put_byte(b'"');
        put_escaped(self.out, key);
        self.out.put_short(b"\":");
    }

    fn put_nested(&mut self, key: (&'k str, bool), value: &str, is_taken: &impl Fn(&str) -> bool) {
        let depth = segments(key).count() - 1;
        let level = if depth > 0 && segments(key).next().is_some_and(is_taken) {
            0
        } else if let Some(scalar) = self.scalar
            && let scalar_depth = segments(scalar).count()
            && scalar_depth <= depth
            && segments(scalar).eq(segments(key).take(scalar_depth))
        {
            scalar_depth - 1
        } else {
            self.scalar = Some(key);
            depth
        };
        let common =
            segments(self.last).take(self.open).zip(segments(key).take(level)).take_while(|(a, b)| a == b);
        let common = common.count();
        self.close(common);
        for segment in segments(key).take(level).skip(common) {
            self.put_key(segment);
            self.out.put_byte(b'{');
            self.comma = false;
        }
        (self.open, self.last) = (level, key);
        let above: usize = segments(key).take(level).map(|segment| segment.len() + 1).sum();
        self.put_member(&key.0[above..], value);
    }

    fn close(&mut self, open: usize) {
        for _ in open..self.open {
            self.out.put_byte(b'}');
            self.comma = true;
        }
        self.open = self.open.min(open);
    }
}
