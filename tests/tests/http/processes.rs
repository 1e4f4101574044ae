//! Ends of a process, and forks.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::{EndedChild, start_command};

use super::assert_all_in_order;
use super::elasticsearch::documents;
use kakashi_tests::harness::http_receiver::{HttpReceiver, HttpReply};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

fn child(scenario: &str, url: &str) -> EndedChild {
    let mut command = Command::new(CHILD);
    command.args([scenario, url]).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A child has a copy of other tests' sockets until it executes.
    let _alone = alone();
    start_command(command).ends()
}

#[test]
fn every_end_of_a_process_sends_everything() {
    for (scenario, code) in [("http_return", 0), ("http_exit", 3), ("http_panic", 101)] {
        let receiver = HttpReceiver::start();
        let ended = child(scenario, &receiver.url());
        assert_eq!(ended.status.code(), Some(code), "{ended:?}");
        assert_all_in_order(&receiver, 1000);
        assert_eq!(receiver.numbers().len(), 1000);
    }
}

#[test]
fn parent_and_child_of_a_fork_each_send_their_own_with_ids_of_their_own() {
    let receiver = HttpReceiver::start();
    receiver.answer(|_| HttpReply::body(200, "{\"errors\":false}"));
    let ended = child("bulk_fork", &receiver.url());
    assert_eq!((ended.status.code(), &*ended.stderr), (Some(0), ""));
    let documents: Vec<_> = receiver.taken().iter().flat_map(documents).collect();
    for (process, count) in [(0, 200), (1, 100)] {
        let own = documents.iter().filter(|(_, document)| document["thread"] == process);
        assert_eq!(own.count(), count, "of {process}");
    }
    let ids: BTreeSet<_> = documents.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 300);
}
