//! What `cargo test` shows of a test that fails.

use std::process::Command;

/// Runs the ignored test `fails` of this program, which must fail; asserts that what was printed
/// with it has these texts, and that what was not printed with it has nothing of the first.
///
/// # Panics
/// When that is not so.
pub fn assert_shown_with_the_failing_test(texts: &[&str]) {
    let program = std::env::current_exe().expect("a test knows its program");
    let run = Command::new(program).args(["--exact", "fails", "--ignored"]).output().expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(!run.status.success());
    let (_, shown) = out.split_once("---- fails stdout ----").expect("what the test printed");
    for text in texts {
        assert!(shown.contains(text), "{text:?} in {shown}");
    }
    assert!(!err.contains(texts[0]), "{err}");
}
