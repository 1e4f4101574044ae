//! JSON with the names that a platform reads, or with one's own; the tables are in `profile`.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use super::cache::EncoderCache;
use super::encoder::{Encoder, LineForm};
use super::escape::{Escaper, put_escaped};
use super::field_tree::FieldTree;
use super::json::{Json, put_message};
use super::number::{put_i64, put_u64};
use super::profile::{GCP_TRACE, Group, JsonKey, LevelStyle, Profile, Rename, Shape, TimeStyle};
use super::refused_key::RefusedKey;
use crate::clock::Timestamp;
use crate::record::LogRecord;
use crate::util::output::Output;
use crate::value::Value;

impl Json {
    /// Makes JSON with the names that a platform reads without being told how.
    ///
    /// The first keys are the time's, the level's and the message's; then come the logger's
    /// and the fields. Fields that kakashi gives a meaning (of exceptions, requests, users,
    /// the service, traces) have the platform's names, unless the record has a field of that
    /// name already; the service's and a request's only where they are of a context. A field
    /// whose key is one of the profile's own, or the beginning of one up to a dot, has one
    /// more `_` after it, as in [`Json`]. Values and escapes are those of [`Json`].
    ///
    /// `configure().format(…)` takes a [`Format::Profile`](crate::Format::Profile).
    ///
    /// # Examples
    ///
    /// ```
    /// use kakashi_core::{Json, JsonKey, LevelStyle, Profile, TimeStyle};
    ///
    /// let ecs = Json::profile(Profile::Ecs);
    /// // {"@timestamp":"2026-11-22T10:12:00.123456Z","log.level":"info","message":"Item added",…
    ///
    /// let own = Json::profile(Profile::Plain)
    ///     .key(JsonKey::Message, "msg")?
    ///     .level(LevelStyle::Number)
    ///     .time(TimeStyle::Millis)
    ///     .nested(true);
    /// // {"timestamp":1795342320123,"level":20,"msg":"Item added","logger":"shop","user":{"id":3}}
    /// # Ok::<(), kakashi_core::RefusedKey>(())
    /// ```
    pub const fn profile(profile: Profile) -> ProfiledJson {
        let shape = profile.shape();
        let [timestamp, level, logger, message] = shape.keys;
        ProfiledJson {
            shape,
            keys: [
                Cow::Borrowed(timestamp),
                Cow::Borrowed(level),
                Cow::Borrowed(logger),
                Cow::Borrowed(message),
            ],
            level: shape.level,
            time: shape.time,
            nested: shape.nested,
            location: false,
            hostname: Cow::Borrowed("localhost"),
            process_id: None,
            trace_prefix: String::new(),
            form: LineForm::profile(profile as u32),
        }
    }
}

/// Writes one JSON object a record, with the names of a [`Profile`] or one's own: see
/// [`Json::profile`].
#[derive(Clone)]
pub struct ProfiledJson {
    shape: &'static Shape,
    keys: [Cow<'static, str>; 4],
    level: LevelStyle,
    time: TimeStyle,
    nested: bool,
    location: bool,
    hostname: Cow<'static, str>,
    process_id: Option<u32>,
    trace_prefix: String,
    form: LineForm,
}

impl ProfiledJson {
    /// Sets the key of what every record has.
    ///
    /// # Errors
    /// [`RefusedKey`] if the profile has this key for something else, if it is empty, or ends
    /// with an underscore, by which fields are told from a profile's own keys.
    pub fn key(mut self, of: JsonKey, key: &str) -> Result<Self, RefusedKey> {
        let shape = self.shape;
        let group = if of as usize == LOGGER { shape.logger_in } else { 0 };
        self.keys[of as usize] = Cow::Borrowed("");
        if key.is_empty() || key.ends_with('_') || self.is_own(group, key) {
            return Err(RefusedKey::new(key));
        }
        self.keys[of as usize] = Cow::Owned(key.into());
        Ok(self.changed())
    }

    /// Writes the level as the platform's name or as its number.
    #[must_use]
    pub fn level(mut self, style: LevelStyle) -> Self {
        self.level = style;
        self.changed()
    }

    /// Writes the time as text, or as a number.
    #[must_use]
    pub fn time(mut self, style: TimeStyle) -> Self {
        self.time = style;
        self.changed()
    }

    /// Writes fields whose keys have dots as objects (`user.id` as `{"user":{"id":…}}`), in
    /// the order of their names, at most 16 deep; or as keys with dots, in the record's order.
    /// A field whose place is taken by a value (`user.id` beside `user`) keeps its dots.
    #[must_use]
    pub fn nested(mut self, on: bool) -> Self {
        self.nested = on;
        self.changed()
    }

    /// Writes the place in the source of records that know theirs, or not.
    #[must_use]
    pub fn location(mut self, on: bool) -> Self {
        self.location = on;
        self.changed()
    }

    /// Sets the name of the machine, which `Bunyan` wants; `localhost` at first.
    #[must_use]
    pub fn hostname(mut self, name: &str) -> Self {
        self.hostname = Cow::Owned(name.into());
        self.changed()
    }

    /// Sets the process, which `Bunyan` wants; at first the one that writes.
    #[must_use]
    pub fn process_id(mut self, id: u32) -> Self {
        self.process_id = Some(id);
        self.changed()
    }

    /// Sets the Google Cloud project that traces are in: `Gcp` then writes
    /// `projects/PROJECT/traces/ID`.
    #[must_use]
    pub fn project(mut self, project: &str) -> Self {
        let mut prefix = String::new();
        let _ = fmt::Write::write_fmt(&mut Escaper(&mut prefix), format_args!("projects/{project}/traces/"));
        self.trace_prefix = prefix;
        self.changed()
    }

    /// What it writes is no longer what its profile alone says.
    fn changed(mut self) -> Self {
        self.form = LineForm::unique();
        self
    }

    /// Tells whether a key is the profile's own in a group, or the beginning of one up to a dot.
    fn is_own(&self, group: Group, key: &str) -> bool {
        let shape = self.shape;
        let meets = |own: &str| {
            own == key || own.strip_prefix(key).is_some_and(|rest| rest.starts_with('.') && !key.is_empty())
        };
        let of_head = |own: &str| group == 0 && meets(own);
        let head = [&self.keys[TIMESTAMP], &self.keys[LEVEL], &self.keys[MESSAGE]];
        head.into_iter().any(|own| of_head(own))
            || (group == shape.logger_in && meets(&self.keys[LOGGER]))
            || shape.number_key.is_some_and(of_head)
            || shape.constants.iter().any(|(own, _)| of_head(own))
            || (shape.process && PROCESS.into_iter().any(of_head))
            || shape.groups.iter().any(|own| of_head(own))
            || (group == shape.place_in && shape.place.into_iter().any(meets))
            || shape
                .renames
                .iter()
                .any(|rename| rename.group == group && rename.to != key && meets(rename.to))
    }

    fn put_time(&self, timestamp: Timestamp, cache: &mut EncoderCache, out: &mut Output<'_>) {
        let (nanos, negative) = match timestamp {
            Timestamp::Wall(nanos) => (nanos.unsigned_abs(), nanos < 0),
            Timestamp::Uptime(nanos) => (nanos, false),
        };
        match self.time {
            TimeStyle::Rfc3339 => {
                out.put_byte(b'"');
                cache.second.put(timestamp, out);
                out.put_byte(b'"');
            }
            TimeStyle::Seconds => {
                put_sign(negative, out);
                put_u64(out, nanos / 1_000_000_000);
                out.put_byte(b'.');
                put_six(nanos % 1_000_000_000 / 1000, out);
            }
            TimeStyle::Millis => match timestamp {
                Timestamp::Wall(nanos) => put_i64(out, nanos.div_euclid(1_000_000)),
                Timestamp::Uptime(nanos) => put_u64(out, nanos / 1_000_000),
            },
            TimeStyle::Nanos => {
                let quote: &[u8] = if self.shape.quotes_nanos { b"\"" } else { b"" };
                out.put(quote);
                put_sign(negative, out);
                put_u64(out, nanos);
                out.put(quote);
            }
        }
    }

    fn put_level(&self, record: &LogRecord<'_>, out: &mut Output<'_>) {
        let (shape, index) = (self.shape, record.level.index());
        let by_number = self.level == LevelStyle::Number;
        if !by_number {
            put_key(&self.keys[LEVEL], out);
            out.put_byte(b'"');
            out.put_short(shape.level_names[index].as_bytes());
            out.put_byte(b'"');
        }
        if let Some(key) = shape.number_key.or(by_number.then_some(&self.keys[LEVEL])) {
            put_key(key, out);
            put_u64(out, shape.level_numbers[index].into());
        }
    }

    /// Gathers what follows the head.
    fn gather(&self, record: &LogRecord<'_>, tree: &mut FieldTree) {
        let shape = self.shape;
        tree.clear();
        tree.begin(shape.logger_in, shape.literal, &self.keys[LOGGER], 0);
        tree.push_value(&Value::Str(record.logger.text()));
        if self.location
            && let Some(location) = record.location()
        {
            let [file, line] = shape.place;
            tree.begin(shape.place_in, shape.literal, file, 0);
            tree.push_value(&Value::Str(location.file));
            tree.begin(shape.place_in, shape.literal, line, 0);
            let quote = if shape.quotes_line { "\"" } else { "" };
            tree.push(|text| {
                let _ = fmt::Write::write_fmt(text, format_args!("{quote}{}{quote}", location.line));
            });
        }
        record.for_each_site_field(|key, value| self.gather_field(record, key, value, false, tree));
        record.for_each_extra(|key, value| self.gather_field(record, key, value, false, tree));
        record.for_each_context_field(&mut |key, value| self.gather_field(record, key, value, true, tree));
    }

    fn gather_field(
        &self,
        record: &LogRecord<'_>,
        key: &str,
        value: &Value<'_>,
        of_context: bool,
        tree: &mut FieldTree,
    ) {
        let shape = self.shape;
        if let Some(rename) = self.rename(record, key, of_context) {
            tree.begin(rename.group, shape.literal, rename.to, 0);
            tree.push_value(value);
            if rename.to == GCP_TRACE {
                tree.prefix_text(&self.trace_prefix);
            }
        } else {
            let own = self.is_own(shape.fields_in, key.trim_end_matches('_'));
            tree.begin(shape.fields_in, false, key, own.into());
            tree.push_value(value);
        }
    }

    fn rename(&self, record: &LogRecord<'_>, key: &str, of_context: bool) -> Option<&'static Rename> {
        let shape = self.shape;
        let found = shape.renames.iter().find(|rename| rename.from == key)?;
        let is_meant = of_context || !found.of_context;
        let is_free = found.group != shape.fields_in || found.to == key || record.field(found.to).is_none();
        // A key of one's own may be what a field would be called.
        (is_meant && is_free && !self.is_head(found.group, found.to)).then_some(found)
    }

    /// Tells whether a key is that of the time, the level, the logger or the message.
    fn is_head(&self, group: Group, key: &str) -> bool {
        let in_group = |index| group == if index == LOGGER { self.shape.logger_in } else { 0 };
        self.keys.iter().enumerate().any(|(index, own)| own == key && in_group(index))
    }

    /// Tells whether a key of the record itself has no object for fields.
    fn is_taken(&self, key: &str) -> bool {
        let head = [&self.keys[TIMESTAMP], &self.keys[LEVEL], &self.keys[MESSAGE]];
        head.into_iter().any(|own| own == key)
            || self.shape.number_key == Some(key)
            || self.shape.constants.iter().any(|(own, _)| *own == key)
            || (self.shape.process && PROCESS.contains(&key))
            || self.shape.groups.contains(&key)
    }
}

const TIMESTAMP: usize = JsonKey::Timestamp as usize;
const LEVEL: usize = JsonKey::Level as usize;
const LOGGER: usize = JsonKey::Logger as usize;
const MESSAGE: usize = JsonKey::Message as usize;
const PROCESS: [&str; 2] = ["pid", "hostname"];

impl Encoder for ProfiledJson {
    fn line_form(&self) -> Option<LineForm> {
        Some(self.form)
    }

    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
        let shape = self.shape;
        out.put_short(b"{\"");
        put_escaped(out, &self.keys[TIMESTAMP]);
        out.put_short(b"\":");
        self.put_time(record.timestamp, cache, out);
        self.put_level(record, out);
        put_key(&self.keys[MESSAGE], out);
        out.put_byte(b'"');
        put_message(out, record);
        out.put_byte(b'"');
        for (key, value) in shape.constants {
            put_key(key, out);
            out.put(value.as_bytes());
        }
        if shape.process {
            put_key("pid", out);
            put_u64(out, self.process_id.map_or_else(process_id, u64::from));
            put_key("hostname", out);
            out.put_byte(b'"');
            put_escaped(out, &self.hostname);
            out.put_byte(b'"');
        }
        let tree = cache.tree.get_or_insert_default();
        self.gather(record, tree);
        tree.put(0, self.nested, false, |key| self.is_taken(key), out);
        for (at, name) in shape.groups.iter().enumerate() {
            let start = out.position();
            put_key(name, out);
            out.put_byte(b'{');
            if tree.put(at + 1, self.nested, true, |_| false, out) == 0 {
                out.rewind(start);
            } else {
                out.put_byte(b'}');
            }
        }
        out.put_short(b"}\n");
    }
}

impl fmt::Debug for ProfiledJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfiledJson")
            .field("keys", &self.keys)
            .field("level", &self.level)
            .field("time", &self.time)
            .field("nested", &self.nested)
            .finish_non_exhaustive()
    }
}

fn put_key(key: &str, out: &mut Output<'_>) {
    out.put_short(b",\"");
    put_escaped(out, key);
    out.put_short(b"\":");
}

fn put_sign(negative: bool, out: &mut Output<'_>) {
    if negative {
        out.put_byte(b'-');
    }
}

fn put_six(number: u64, out: &mut Output<'_>) {
    for divisor in [100_000, 10_000, 1000, 100, 10, 1] {
        out.put_byte(b'0' + (number / divisor % 10) as u8);
    }
}

/// Asked each time: a child of a fork has another.
fn process_id() -> u64 {
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    return std::process::id().into();
    #[cfg(not(all(feature = "std", not(target_family = "wasm"))))]
    0
}
