use ::log::kv::{self, Key, VisitSource};

use super::*;
use crate::level::LogLevel;
use crate::{
    Batch, DirectLogger, DropReason, FixedClock, LevelFilter, Sink, SinkError, Text, Timestamp, Wire,
};
use ::log::{Level, Log, Record};
use std::sync::{Arc, Mutex};

/// Shares what was written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Sink for Kept {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.0.lock().unwrap().extend_from_slice(batch.bytes());
        Ok(())
    }
}

impl Kept {
    fn lines(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).expect("lines are UTF-8")
    }

    /// Returns the only line, after its time.
    fn line(&self) -> String {
        let lines = self.lines();
        let line = lines.strip_prefix("+0.000000s ").and_then(|line| line.strip_suffix('\n'));
        line.filter(|line| !line.contains('\n'))
            .unwrap_or_else(|| panic!("not one line: {lines:?}"))
            .to_owned()
    }
}

const CLOCK: FixedClock = FixedClock(Timestamp::Uptime(0));

type Direct = DirectLogger<'static, FixedClock, Text, Kept, 2048>;

fn bridge<const N: usize>() -> (LogBridge<Direct, N>, Kept) {
    // The macros ask for a level that all tests share.
    ::log::set_max_level(::log::LevelFilter::Trace);
    let kept = Kept::default();
    (LogBridge::new(DirectLogger::new("", CLOCK, Text, kept.clone())), kept)
}

#[test]
fn a_record_keeps_its_target_level_text_and_fields() {
    let (bridge, kept) = bridge::<256>();
    ::log::info!(logger: bridge, target: "can", id = 7, name = "x"; "text {}", 1);
    assert_eq!(kept.line(), "INFO can text 1 id=7 name=x");
}

#[test]
fn the_target_is_the_module_where_none_is_given() {
    let (bridge, kept) = bridge::<256>();
    ::log::warn!(logger: bridge, "words {{as they are}}");
    assert_eq!(kept.line(), concat!("WARNING ", module_path!(), " words {as they are}"));
}

#[test]
fn each_level_has_its_own_and_the_threshold_is_the_loggers() {
    let (bridge, kept) = bridge::<256>();
    bridge.logger.set_level(LevelFilter::ALL);
    for level in Level::iter() {
        ::log::log!(logger: bridge, target: "t", level, "m");
    }
    let levels: Vec<_> =
        kept.lines().lines().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(levels, ["ERROR", "WARNING", "INFO", "DEBUG", "TRACE"]);

    bridge.logger.set_level(LogLevel::Warning);
    ::log::info!(logger: bridge, "{}", Unprintable);
    assert!(::log::log_enabled!(logger: bridge, Level::Warn));
    assert!(!::log::log_enabled!(logger: bridge, Level::Info));
    assert_eq!(kept.lines().lines().count(), 5);
}

/// Must not be printed.
struct Unprintable;

impl fmt::Display for Unprintable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("a disabled record was formatted")
    }
}

#[test]
fn the_most_verbose_level_is_that_of_the_threshold() {
    let (bridge, _) = bridge::<256>();
    for (threshold, expected) in [
        (LevelFilter::ALL, ::log::LevelFilter::Trace),
        (LogLevel::Info.into(), ::log::LevelFilter::Info),
        (LevelFilter::new(31), ::log::LevelFilter::Error),
        (LogLevel::Critical.into(), ::log::LevelFilter::Off),
        (LevelFilter::OFF, ::log::LevelFilter::Off),
    ] {
        bridge.logger.set_level(threshold);
        assert_eq!(bridge.max_level(), expected, "{threshold}");
    }
}

#[test]
fn every_kind_of_value_keeps_its_kind() {
    let (bridge, kept) = bridge::<256>();
    let nothing: Option<u8> = None;
    ::log::info!(
        logger: bridge, target: "t",
        a = u64::MAX, b = -1_i64, c = u128::MAX, d = i128::MIN, e = 0.1, f = true, g = "7", h = 'c',
        i:? = nothing, j:% = LogLevel::Warning, k = ::log::kv::Value::null(); "m"
    );
    assert_eq!(
        kept.line(),
        concat!(
            "INFO t m a=18446744073709551615 b=-1 c=340282366920938463463374607431768211455 ",
            "d=-170141183460469231731687303715884105728 e=0.1 f=true g=\"7\" h=c i=None j=WARNING k=null"
        )
    );
}

#[test]
fn an_error_is_the_text_it_prints() {
    let (bridge, kept) = bridge::<256>();
    let error = "x".parse::<u8>().unwrap_err();
    ::log::error!(logger: bridge, target: "t", error:%; "m");
    assert_eq!(kept.line(), "ERROR t m error=\"invalid digit found in string\"");
}

#[test]
fn a_literal_of_any_length_is_not_cut() {
    let (bridge, kept) = bridge::<32>();
    ::log::info!(logger: bridge, target: "t", "a literal that is longer than the room of the bridge");
    assert_eq!(kept.line(), "INFO t a literal that is longer than the room of the bridge");
}

#[test]
fn a_formatted_text_is_cut_at_a_character_and_says_so() {
    let (bridge, kept) = bridge::<32>();
    let mut len = 0;
    // `…` takes three bytes of the 32, and `é` two.
    for (text, expected) in [
        ("x".repeat(32), "x".repeat(32)),
        ("x".repeat(33), "x".repeat(29) + "…"),
        ("é".repeat(17), "é".repeat(14) + "…"),
        ("x".to_owned() + &"é".repeat(16), "x".to_owned() + &"é".repeat(14) + "…"),
    ] {
        ::log::info!(logger: bridge, target: "t", "{text}");
        assert_eq!(kept.lines()[len..], format!("+0.000000s INFO t {expected}\n"));
        len = kept.lines().len();
    }
}

/// Prints too much, passes over the error, and prints on.
struct Stubborn;

impl fmt::Display for Stubborn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = f.write_str(&("x".repeat(31) + "é"));
        let _ = f.write_str("y");
        Ok(())
    }
}

#[test]
fn a_display_that_passes_over_the_end_is_cut_all_the_same() {
    let (bridge, kept) = bridge::<32>();
    ::log::info!(logger: bridge, target: "t", "{Stubborn}");
    assert_eq!(kept.line(), "INFO t ".to_owned() + &"x".repeat(29) + "…");
}

/// Gives up.
struct Fails;

impl fmt::Display for Fails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        Err(fmt::Error)
    }
}

#[test]
fn a_display_that_fails_ends_its_own_text() {
    let (bridge, kept) = bridge::<256>();
    ::log::info!(logger: bridge, target: "t", a:% = Fails, b = 1; "{Fails} lost");
    assert_eq!(kept.line(), "INFO t half… a=half… b=1");
}

#[test]
fn fields_without_room_are_counted_in_the_record() {
    let (bridge, kept) = bridge::<64>();
    let long = "x".repeat(64);
    ::log::info!(logger: bridge, target: "t", a = 1, b = long.as_str(), c:% = long, d = 2; "m");
    assert_eq!(kept.line(), "INFO t m a=1 d=2 fields_left_out=2");
}

#[test]
fn any_number_of_fields_is_written_or_counted() {
    let keys: Vec<String> = (0..300).map(|at| format!("k{at}")).collect();
    for count in 0..300_usize {
        let (bridge, kept) = bridge::<256>();
        let pairs: Vec<_> = keys.iter().map(|key| (key.as_str(), 7)).take(count).collect();
        bridge.log(
            &Record::builder().target("t").key_values(&pairs.as_slice()).args(format_args!("m")).build(),
        );
        let line = kept.line();
        let written = line.matches(" k").count();
        let left_out = line.split_once(" fields_left_out=").map_or(0, |(_, count)| count.parse().unwrap());
        assert_eq!(written + left_out, count, "{line}");
        assert!(left_out == 0 || written > 32, "{line}");
    }
}

#[test]
fn the_smallest_room_still_tells_what_is_left_out() {
    let (bridge, kept) = bridge::<32>();
    let pairs = vec![("a key that is too long", "a value"); 100_000];
    bridge.log(&Record::builder().target("t").key_values(&pairs.as_slice()).args(format_args!("m")).build());
    assert_eq!(kept.line(), "INFO t m fields_left_out=100000");
}

/// Gives one field, then fails.
struct Broken;

impl Source for Broken {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), kv::Error> {
        visitor.visit_pair(Key::from_str("a"), 1.into())?;
        Err(kv::Error::msg("the source is gone"))
    }
}

#[test]
fn a_source_that_fails_costs_its_own_fields_and_is_told() {
    let record = Record::builder().target("t").key_values(&Broken).args(format_args!("m")).build();
    let (wide, kept) = bridge::<256>();
    wide.log(&record);
    assert_eq!(kept.line(), "INFO t m a=1 fields_error=\"the source is gone\"");

    let (narrow, kept) = bridge::<32>();
    narrow.log(&record);
    assert_eq!(kept.line(), "INFO t m a=1 fields_left_out=1");
}

/// Logs while it is printed.
struct Logs<'l>(&'l LogBridge<Direct>);

impl fmt::Display for Logs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ::log::warn!(logger: *self.0, target: "inner", "from inside");
        f.write_str("printed")
    }
}

#[test]
fn a_record_from_inside_a_record_is_written_before_it() {
    let (bridge, kept) = bridge::<256>();
    ::log::info!(logger: bridge, target: "outer", k:% = Logs(&bridge); "{}", Logs(&bridge));
    let inner = "+0.000000s WARNING inner from inside\n";
    assert_eq!(kept.lines(), [inner, inner, "+0.000000s INFO outer printed k=printed\n"].concat());
    assert_eq!(bridge.logger.stats().dropped.total(), 0);
}

#[test]
fn a_record_that_the_logger_has_no_room_for_is_counted_there() {
    let kept = Kept::default();
    let bridge: LogBridge<DirectLogger<'_, _, _, _, 64>> =
        LogBridge::new(DirectLogger::new("", CLOCK, Text, kept.clone()));
    let words = "x".repeat(100);
    bridge.log(&Record::builder().target("t").args(format_args!("{words}")).build());
    assert_eq!(kept.lines(), "");
    assert_eq!(bridge.logger.stats().dropped.of_reason(DropReason::TooLarge), 1);
}

#[test]
fn a_reference_or_a_dyn_logger_is_enough() {
    let kept = Kept::default();
    let logger: Direct = DirectLogger::new("", CLOCK, Text, kept.clone());
    let dynamic: &(dyn LogWords + Send + Sync) = &logger;
    let bridge: LogBridge<_> = LogBridge::new(dynamic);
    bridge.log(&Record::builder().target("t").args(format_args!("m")).build());
    assert_eq!(kept.line(), "INFO t m");
}

#[cfg(feature = "alloc")]
#[test]
fn the_wire_carries_the_same_record() {
    use crate::wire::{Item, Reader};

    let kept = Kept::default();
    let bridge: LogBridge<DirectLogger<'_, _, _, _>> =
        LogBridge::new(DirectLogger::new("", CLOCK, Wire, kept.clone()));
    let pairs = [("a", kv::Value::from(-1)), ("b", 'c'.into()), ("c", "c".into()), ("d", kv::Value::null())];
    bridge.log(&Record::builder().target("can").key_values(&pairs).args(format_args!("{{m}}")).build());
    let bytes = kept.0.lock().unwrap().clone();
    let [Item::Record(record)] = Reader::new(&bytes).collect::<Vec<_>>()[..] else { panic!("{bytes:?}") };
    assert_eq!((record.logger.text(), record.message()), ("can", crate::Message::Literal("{m}")));
    let mut fields = Vec::new();
    record.for_each_field(|key, value| fields.push(format!("{key}={value:?}")));
    assert_eq!(fields, ["a=I64(-1)", "b=Char('c')", "c=Str(\"c\")", "d=Null"]);
}

#[cfg(all(feature = "ring", feature = "alloc"))]
mod in_a_ring {
    use super::*;
    use crate::wire::{IdResolver, ResolvedSite, read_record};
    use crate::{ContextFields, LogRecord, Message, Name, Ring, RingItem, RingLogger};

    /// Knows no site and one name.
    struct Names;

    impl<'a> IdResolver<'a> for Names {
        fn site(&self, _: u64) -> Option<&ResolvedSite<'a>> {
            None
        }

        fn logger(&self, id: u64) -> Option<Name<'a>> {
            crate::site::interner::name(id as u32).map(Name::new)
        }

        fn context(&self, _: u64) -> Option<ContextFields<'a>> {
            None
        }
    }

    fn logged<const N: usize>(record: &Record<'_>, check: impl FnOnce(&LogRecord<'_>)) {
        let ring: &'static Ring<512> = Box::leak(Box::new(Ring::new()));
        let logger = RingLogger::new(crate::name!("motor"), FixedClock(Timestamp::Uptime(u64::MAX)), ring);
        LogBridge::<_, N>::new(&logger).log(record);
        let mut room = [0; 256];
        let first = ring.peek(&mut room).expect("something was logged");
        let RingItem::Record { body, .. } = first.item() else { panic!("{first:?}") };
        check(&read_record(body, &Names).expect("a record of names that are known"));
    }

    #[test]
    fn the_target_is_a_field_after_the_others() {
        let record = Record::builder()
            .level(Level::Warn)
            .target("can")
            .key_values(&[("a", 7)])
            .args(format_args!("m"))
            .build();
        logged::<256>(&record, |record| {
            assert_eq!((record.level, record.logger.text()), (LogLevel::Warning, "motor"));
            assert_eq!(record.message(), Message::Literal("m"));
            let mut fields = Vec::new();
            record.for_each_field(|key, value| fields.push(format!("{key}={value:?}")));
            assert_eq!(fields, ["a=U64(7)", "target=Str(\"can\")"]);
        });
    }

    #[test]
    fn a_room_of_96_bytes_makes_no_record_that_a_ring_has_no_room_for() {
        let (target, words) = ("t".repeat(32), "x".repeat(200));
        // Each pair takes seven bytes: 70 of the 71 that are not for the count.
        let pairs =
            ["key-0", "key-1", "key-2", "key-3", "key-4", "key-5", "key-6", "key-7", "key-8", "key-9"]
                .map(|key| (key, 0))
                .iter()
                .chain(&[("left-out", 0)])
                .copied()
                .collect::<Vec<_>>();
        logged::<96>(
            &Record::builder()
                .target(&target)
                .key_values(&pairs.as_slice())
                .args(format_args!("{words}"))
                .build(),
            |record| {
                assert_eq!(record.message(), Message::Literal(&("x".repeat(93) + "…")));
                assert!(matches!(record.field("fields_left_out"), Some(Value::U64(1))));
                assert!(matches!(record.field("target"), Some(Value::Str(text)) if text == target));
            },
        );
    }
}
