//! Levels that the environment and files set. Each program is a child process
//! (`support/bin/child`).

#![cfg(unix)]
#![forbid(unsafe_code)]

use std::process::{Command, Stdio};

use kakashi_tests::harness::process::{EndedChild, TestFolder, start_command};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// Runs a scenario with these variables; it must succeed.
fn run(scenario: &str, file: &str, variables: &[(&str, &str)]) -> EndedChild {
    let mut command = Command::new(CHILD);
    command.args([scenario, file]).env_remove("KAKASHI_LOG").env_remove("RUST_LOG");
    command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ended = start_command(command).ends();
    assert!(ended.status.success(), "{ended:?}");
    ended
}

fn levels(variables: &[(&str, &str)]) -> Vec<String> {
    let ended = run("levels", "-", variables);
    assert_eq!(ended.stderr, "");
    ended.stdout.lines().map(|line| line.replace("LevelFilter", "")).collect()
}

#[test]
fn a_program_of_one_line_obeys_the_environment() {
    let logged = |variables: &[(&str, &str)]| run("debug_line", "-", variables).stderr.contains("Seen");
    assert!(!logged(&[]));
    assert!(logged(&[("KAKASHI_LOG", "debug")]));
    assert!(logged(&[("RUST_LOG", "10")]));
    assert!(logged(&[("KAKASHI_LOG", "child=trace")]));
    assert!(!logged(&[("KAKASHI_LOG", "other=trace,warn")]));
    assert!(!logged(&[("KAKASHI_LOG", "info"), ("RUST_LOG", "debug")]), "the first of the two counts");
    assert!(logged(&[("KAKASHI_LOG", ""), ("RUST_LOG", "debug")]), "an empty one is none");
    assert!(!logged(&[("KAKASHI_LOG", "debug,info")]), "of equal ones the last holds");
}

#[test]
fn a_loggers_own_level_comes_first_then_the_most_specific_name_then_the_global_one() {
    assert_eq!(
        levels(&[("KAKASHI_LOG", "shop::db=trace,warn")]),
        [
            "first: [(WARNING), (TRACE), (WARNING), (WARNING)] (TRACE) (ERROR)",
            "configured: [(WARNING), (WARNING), (WARNING), (WARNING)] (WARNING) (ERROR)",
            "reloaded: [(WARNING), (TRACE), (WARNING), (WARNING)] (TRACE) (ERROR)",
            "directives: [(CRITICAL), (OFF), (CRITICAL), (CRITICAL)] (OFF) (ERROR)",
            "reset: [(WARNING), (TRACE), (WARNING), (WARNING)] (TRACE) (ERROR)",
        ]
    );
    assert_eq!(
        levels(&[]),
        [
            "first: [(INFO), (INFO), (INFO), (INFO)] (INFO) (ERROR)",
            "configured: [(CRITICAL), (WARNING), (CRITICAL), (CRITICAL)] (WARNING) (ERROR)",
            "reloaded: [(CRITICAL), (WARNING), (CRITICAL), (CRITICAL)] (WARNING) (ERROR)",
            "directives: [(CRITICAL), (OFF), (CRITICAL), (CRITICAL)] (OFF) (ERROR)",
            "reset: [(INFO), (INFO), (INFO), (INFO)] (INFO) (ERROR)",
        ]
    );
}

#[test]
fn what_is_not_understood_is_reported_with_its_place_and_the_rest_holds() {
    let ended = run("debug_line", "-", &[("RUST_LOG", "debug,shop=verbose,hyper::=warn,a[b]=info,[]")]);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "kakashi: left out of RUST_LOG: column 12: \"verbose\" is no level: use trace, debug, info, warning \
             (warn), error, critical (fatal), off, all, or a number from 0 to 255",
            "kakashi: left out of RUST_LOG: column 20: \"hyper::\" is no logger's name: \"hyper\" means that one \
             and all below it",
            "kakashi: left out of RUST_LOG: column 43: \"[]\" names no span and no field: write \"shop[span]=debug\"",
        ]
    );
    assert!(lines[3].contains("Seen"), "{lines:?}");
}

#[test]
fn a_watched_file_is_read_again_when_it_has_changed() {
    let folder = TestFolder::new();
    let file = folder.file("directives");
    let ended = run("watch_directives", file.to_str().unwrap(), &[("KAKASHI_LOG", "off")]);
    let report = format!("kakashi: left out of {file:?}: line 3, column 10: \"loud\" is no level: ");
    assert!(ended.stderr.starts_with(&report), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
}

#[test]
fn a_hangup_reads_the_directives_again() {
    let ended = run("hangup_reloads", "-", &[("RUST_LOG", "shop=debug")]);
    assert_eq!(ended.stderr, "");
}
