//! Whoever holds std's lock of a stream may log, and end the process.

use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::read_back::of_text;

use crate::run;

#[test]
fn a_program_that_holds_the_lock_of_a_stream_logs_there_and_ends() {
    for scenario in ["lock_stdout", "lock_stderr"] {
        let ended = run(scenario, &TestFolder::new().file("-"));
        assert_eq!(ended.status.code(), Some(3), "{scenario}: {ended:?}");
        let (printed, other) = match scenario {
            "lock_stdout" => (&ended.stdout, &ended.stderr),
            _ => (&ended.stderr, &ended.stdout),
        };
        assert_eq!(other, "", "{scenario}");
        let (own, records): (Vec<&str>, Vec<&str>) =
            printed.split_inclusive('\n').partition(|line| !line.contains("Counted"));
        assert_eq!(
            own,
            ["row 0\n", "row 1\n", "row 2\n", "row 3\n", "the call has returned\n"],
            "{scenario}"
        );
        let numbers: Vec<_> = records.iter().map(|line| of_text(line).number("n")).collect();
        assert_eq!(numbers, (0..6).map(Some).collect::<Vec<_>>(), "{scenario}");
        // What was printed and flushed before the ERROR stands before it, and the reverse.
        let place = |part: &str| printed.find(part).unwrap_or_else(|| panic!("{part}: {printed}"));
        assert!(place("row 3") < place("n=4") && place("n=4") < place("the call has returned"), "{printed}");
    }
}
