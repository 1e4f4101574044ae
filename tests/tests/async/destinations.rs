//! What goes to several destinations: encoded once for each format, and yet each
//! destination has what its threshold and its filter let through, in order.

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    Destination, Format, Json, LogLevel, LogRecord, Pretty, Text, Wire, configure, error, flush,
    get_async_logger, info, warning,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::{assert_each_once_in_order, entries};

#[test]
fn each_destination_has_what_it_takes_in_its_own_form() {
    let _alone = alone();
    let sinks: [MemorySink; 8] = std::array::from_fn(|_| MemorySink::new());
    let to = |at: usize| Destination::new(sinks[at].clone());
    let odd = |record: &LogRecord<'_>| !record.field("n").is_some_and(|n| format!("{n:?}").ends_with("0)"));
    configure()
        .batch_bytes(2000)
        .destination(to(0).encoder(Text).threshold(LogLevel::Warning))
        .destination(to(1).encoder(Text))
        .destination(to(2).encoder(Json::new()))
        .destination(to(3).encoder(Text).filter(odd))
        .destination(to(4).encoder(Text))
        .destination(to(5).encoder(Json::new()).threshold(LogLevel::Error))
        .destination(to(6).encoder(Wire))
        .destination(to(7).encoder(Pretty::new()))
        .apply();
    let logger = get_async_logger("several");
    for n in 0..2000_u64 {
        match n % 10 {
            9 => error!(logger, "Counted", thread = 0, n),
            5 => warning!(logger, "Counted", thread = 0, n),
            _ => info!(logger, "Counted", thread = 0, n, more = "x".repeat(n as usize % 70)),
        }
    }
    assert!(flush().is_complete());
    let read = |at: usize, format| entries(format, &sinks[at].bytes());
    for (at, format) in [(1, Format::Text), (2, Format::Json), (4, Format::Text), (6, Format::Wire)] {
        assert_each_once_in_order(&read(at, format), 1, 2000);
    }
    let numbers =
        |at: usize, format| read(at, format).iter().filter_map(|entry| entry.number("n")).collect::<Vec<_>>();
    let of = |holds: fn(u64) -> bool| (0..2000).filter(|n| holds(*n)).collect::<Vec<u64>>();
    assert_eq!(numbers(0, Format::Text), of(|n| n % 10 == 5 || n % 10 == 9));
    assert_eq!(numbers(3, Format::Text), of(|n| n % 10 != 0));
    assert_eq!(numbers(5, Format::Json), of(|n| n % 10 == 9));
    assert_eq!(sinks[1].bytes(), sinks[4].bytes(), "copied or encoded, the same bytes");
    assert_eq!(sinks[7].text().lines().count(), 2000);
}
