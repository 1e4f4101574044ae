//! A program that is started again with the same black box.

use kakashi_tests::harness::process::{TestFolder, read, run};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// Runs a scenario, then the program that is started again; returns what that has logged.
fn started_again(scenario: &str, folder: &TestFolder) -> String {
    let folder_path = folder.file("");
    let child = |scenario: &str| {
        let path = folder_path.to_str().expect("its name is text");
        run(CHILD, [&format!("black_box_{scenario}"), path])
    };
    assert!(!child(scenario).status.success(), "it was killed");
    let again = child("again");
    assert!(again.status.success(), "{}", again.stderr);
    String::from_utf8(read(folder.file("next.txt"))).expect("text")
}

#[test]
fn what_was_for_no_file_comes_to_the_destinations_of_the_next_process() {
    let folder = TestFolder::in_memory();
    let text = started_again("no_file", &folder);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 103, "{text}");
    assert!(lines[0].contains("WARNING kakashi Recovered from a process"), "{text}");
    for (n, line) in lines[1..101].iter().enumerate() {
        assert!(line.ends_with(&format!(" Logged n={n}")), "{line}");
    }
    assert!(lines[101].contains("INFO kakashi End of the recovered records"), "{text}");
    assert!(lines[102].contains(" Started again"), "{text}");
    let left = std::fs::read_dir(folder.file("box")).expect("the box").count();
    assert_eq!(left, 0);
}
