//! What logger names keep that are forgotten.

mod living;

use kakashi_std::{
    Format, clear_logger_cache, flush, get_async_logger, get_logger, get_performance_logger, info,
};
use kakashi_tests::harness::global_state::alone;

use living::{grown_since, living, to_nowhere};

/// Names that are made and forgotten, as those of requests or connections.
fn assert_names_are_forgotten(log: impl Fn(&str)) {
    let _alone = alone();
    to_nowhere(Format::Text);
    let use_names = |from: usize, to: usize| {
        for start in (from..to).step_by(1000) {
            (start..start + 1000).for_each(|n| log(&format!("connection-{n:06}")));
            clear_logger_cache();
        }
        assert!(flush().is_complete());
    };
    use_names(0, 20_000);
    let start = living();
    use_names(20_000, 400_000);
    let kept = grown_since(start);
    assert!(kept <= 4 << 20, "{kept} bytes are kept for 380,000 names that were forgotten");
}

#[test]
fn names_of_async_loggers_are_forgotten() {
    assert_names_are_forgotten(|name| info!(get_async_logger(name), "One"));
}

#[test]
fn names_of_performance_loggers_are_forgotten() {
    assert_names_are_forgotten(|name| info!(get_performance_logger(name), "One"));
}

#[test]
fn names_of_sync_loggers_are_forgotten() {
    assert_names_are_forgotten(|name| info!(get_logger(name), "One"));
}
