//! Directives of the program itself.

use kakashi_std::{LogLevel, configure, debug, get_logger, info, trace};
use kakashi_tests::harness::global_state::alone;

use crate::common::{messages, to_memory};

#[test]
fn directives_set_levels_by_name_until_others_take_their_place() {
    let _alone = alone();
    let memory = to_memory();
    let old = get_logger("directed::db::pool");
    configure().directives("warn,directed=info,directed::db=trace").unwrap().apply();
    trace!(old, "An old handle");
    debug!(get_logger("directed"), "Never");
    info!(get_logger("directed"), "A name");
    info!(get_logger("undirected"), "Never");
    configure().level_of("directed::db", LogLevel::Error).apply();
    info!(old, "Never");
    configure().level_of("directed::db", LogLevel::Error).directives("directed::db=debug").unwrap().apply();
    debug!(old, "The later of equals");
    configure().directives("directed::db=debug").unwrap().level_of("directed::db", LogLevel::Error).apply();
    debug!(old, "Never");
    configure().directives("").unwrap().no_prefix_levels().apply();
    debug!(old, "Never");
    info!(get_logger("undirected"), "As it was");
    assert_eq!(messages(&memory), ["An old handle", "A name", "The later of equals", "As it was"]);
    configure().reset().apply();
    to_memory();
}

#[test]
fn a_wrong_directive_is_an_error_that_names_its_place_and_changes_nothing() {
    let error = configure().directives("info, a=x").map(drop).unwrap_err();
    assert_eq!((error.line(), error.column(), error.text()), (1, 9, "x"));
}
