//! Values that have no end, or end only after a million levels: each costs its own end.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::thread;

use kakashi_std::{Composite, FunctionalLogger, List, Map, ToValue, Value, ValueSink, exception, info};
use kakashi_tests::harness::read_back::ArrivedRecord;

use crate::common::one_in_every_form;

/// Logs on a thread with as much stack as threads have.
fn logged(log: impl FnOnce(&FunctionalLogger) + Send + 'static) -> [ArrivedRecord; 3] {
    let thread = thread::Builder::new().stack_size(2 << 20);
    thread.spawn(|| one_in_every_form("hostile", log)).unwrap().join().unwrap()
}

/// A text that goes on as long as its writer takes it, or until the stack ends.
enum Text {
    Recursive,
    Loop,
    /// As `Loop`, and says that all is well when its writer takes no more.
    Careless,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recursive => f.debug_struct("Node").field("next", self).finish(),
            Self::Loop => loop {
                f.write_str("0123456789abcdef")?;
            },
            Self::Careless => {
                while f.write_char('x').is_ok() {}
                Ok(())
            }
        }
    }
}

#[test]
fn a_debug_that_goes_round_in_a_circle_is_cut() {
    let entries = logged(|logger| info!(logger, "Round", circle = ?Text::Recursive, last = 1));
    for entry in entries {
        let circle = entry.get("circle").unwrap();
        assert!(circle.starts_with("Node { next: Node { next: Node {") && circle.ends_with('…'));
        assert_eq!(entry.get("last"), Some("1"));
    }
}

#[test]
fn a_debug_of_a_hundred_levels_is_whole() {
    let lists = (0..100).fold(String::from("x"), |lists, _| format!("[{lists}]"));
    struct Lists(usize);
    impl fmt::Debug for Lists {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            if self.0 == 0 { f.write_char('x') } else { f.debug_list().entry(&Self(self.0 - 1)).finish() }
        }
    }
    for entry in logged(|logger| info!(logger, "Deep", lists = ?Lists(100))) {
        assert_eq!(entry.get("lists"), Some(lists.as_str()));
    }
}

#[test]
fn a_text_without_end_is_cut() {
    for text in [Text::Loop, Text::Careless] {
        let memory = kakashi_std::sinks::MemorySink::new();
        let config = kakashi_std::LoggerConfig::new().sink(kakashi_std::Text, memory.clone());
        let logger = kakashi_std::create_custom_logger("hostile", config);
        info!(logger, "Endless", endless = ?text, last = 1);
        assert!(logger.flush().is_complete());
        let line = memory.bytes();
        assert!(line.ends_with("… last=1\n".as_bytes()), "{} bytes", line.len());
    }
}

/// An error whose sources are so many, or itself.
#[derive(Debug)]
struct Chained(Option<&'static Chained>, bool);

impl fmt::Display for Chained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed")
    }
}

impl Error for Chained {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if self.1 { Some(CIRCLE) } else { self.0.map(|error| error as &dyn Error) }
    }
}

static CIRCLE: &Chained = &Chained(None, true);

#[test]
fn sources_without_end_are_cut_after_the_sixty_fourth() {
    let long =
        (0..1_000_000).fold(None, |source, _| Some(&*Box::leak(Box::new(Chained(source, false))))).unwrap();
    let cut = format!("{}: …", ["failed"; 65].join(": "));
    for error in [long, CIRCLE] {
        for entry in logged(move |logger| exception!(logger, error, "Failed", last = 1)) {
            assert_eq!((entry.get("exception.message"), entry.get("last")), (Some(cut.as_str()), Some("1")));
        }
    }
    let whole = (0..64).fold(None, |source, _| Some(&*Box::leak(Box::new(Chained(source, false))))).unwrap();
    for entry in logged(move |logger| info!(logger, "Failed", error = Value::error(whole))) {
        assert_eq!(entry.get("error"), Some(["failed"; 64].join(": ").as_str()));
    }
}

/// Hands itself over as its only value.
struct Itself;

impl Composite for Itself {
    fn describe(&self, sink: &mut dyn ValueSink) {
        sink.value(Value::Composite(self));
    }
}

impl ToValue for Itself {
    fn to_value(&self) -> Value<'_> {
        Value::Composite(self)
    }
}

#[test]
fn a_composite_that_is_only_itself_ends() {
    for entry in logged(|logger| info!(logger, "Itself", itself = Itself, list = [Itself], last = 1)) {
        assert_eq!((entry.get("itself"), entry.get("list")), (Some("…"), Some(r#"["…"]"#)));
        assert_eq!(entry.get("last"), Some("1"));
    }
}

/// Branches thrice at every level.
struct Tree;

impl Composite for Tree {
    fn describe(&self, sink: &mut dyn ValueSink) {
        sink.begin_list();
        (0..3).for_each(|_| sink.value(Value::Composite(self)));
        sink.end_list();
    }
}

impl ToValue for Tree {
    fn to_value(&self) -> Value<'_> {
        Value::Composite(self)
    }
}

#[test]
fn lists_and_maps_without_end_are_cut() {
    type Value = Box<dyn ToValue + Send>;
    let endless: [(Value, &str); 4] = [
        (Box::new(List(std::iter::repeat(7))), ",\"…\"]"),
        (Box::new(List(std::iter::repeat("x".repeat(100_000).leak() as &str))), ",\"…\"]"),
        (Box::new(Map(std::iter::repeat(("k", 7)))), ":\"…\"}"),
        (Box::new(Tree), "]"),
    ];
    for (value, end) in endless {
        let memory = kakashi_std::sinks::MemorySink::new();
        let config = kakashi_std::LoggerConfig::new().sink(kakashi_std::Text, memory.clone());
        let logger = kakashi_std::create_custom_logger("hostile", config);
        info!(logger, "Endless", endless = value.to_value(), last = 1);
        assert!(logger.flush().is_complete());
        let line = String::from_utf8(memory.bytes()).unwrap();
        assert!(line.ends_with(&format!("{end} last=1\n")), "{} bytes", line.len());
        assert!(line.contains("\"…\"") && line.len() < 128 << 20, "{} bytes", line.len());
    }
}

#[test]
fn bytes_of_a_million_lists_in_one_another_are_cut_at_the_sixteenth() {
    // Each list in wire form: its tag, its length, what is in it.
    let levels = 1_000_000_u32;
    let lists: Vec<u8> = (0..levels)
        .rev()
        .flat_map(|inner| {
            let [a, b, c, d] = (inner * 5).to_le_bytes();
            [9, a, b, c, d]
        })
        .collect();
    let lists: &'static [u8] = lists.leak();
    let shown = format!("{}\"…\"{}", "[".repeat(16), "]".repeat(16));
    for entry in logged(move |logger| {
        info!(logger, "Deep", lists = Value::List(lists), "in" = [Value::List(lists)], last = 1);
    }) {
        assert_eq!((entry.get("lists"), entry.get("in")), (Some(shown.as_str()), Some(shown.as_str())));
        assert_eq!(entry.get("last"), Some("1"));
    }
}
