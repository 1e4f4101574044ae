use super::*;
use crate::LogLevel;

#[test]
fn levels_reach_loggers_without_their_own() {
    let registry = Registry::new();
    let free = registry.get(LoggerKind::Sync, "a", None);
    let own = registry.get(LoggerKind::Sync, "b", Some(LogLevel::Error.into()));
    registry.change_levels(|levels| levels.set_global(LogLevel::Debug));
    assert_eq!(free.level(), LogLevel::Debug.into());
    assert_eq!(own.level(), LogLevel::Error.into());
    registry.get(LoggerKind::Sync, "b", Some(LogLevel::Trace.into()));
    assert_eq!(own.level(), LogLevel::Trace.into());
}

#[test]
fn a_kind_and_a_name_make_one_logger() {
    let registry = Registry::new();
    let first = registry.get(LoggerKind::Sync, "a", None);
    assert!(Arc::ptr_eq(&first, &registry.get(LoggerKind::Sync, "a", None)));
    assert!(!Arc::ptr_eq(&first, &registry.get(LoggerKind::Async, "a", None)));
}

#[test]
fn the_lowest_level_is_that_of_any_name_there_may_be() {
    let registry = Registry::new();
    assert_eq!(registry.lowest_level(), LogLevel::Info.into());
    registry.change_levels(|levels| levels.set_prefix("shop", LogLevel::Debug));
    assert_eq!(registry.lowest_level(), LogLevel::Debug.into());
    registry.get(LoggerKind::Sync, "loud", Some(LogLevel::Trace.into()));
    assert_eq!(registry.lowest_level(), LogLevel::Trace.into());
    assert_eq!(registry.level_of("loud"), LogLevel::Trace.into());
    registry.clear();
    assert_eq!(registry.lowest_level(), LogLevel::Debug.into(), "the next of that name has no level");
    registry.get(LoggerKind::Async, "loud", Some(LogLevel::Trace.into()));
    assert_eq!(registry.lowest_level(), LogLevel::Debug.into(), "no record of another crate goes there");
    registry.change_levels(|levels| {
        levels.set_global(LevelFilter::OFF);
        levels.set_prefix("shop", LogLevel::Error);
    });
    assert_eq!(registry.lowest_level(), LogLevel::Error.into());
}

#[test]
fn each_change_of_a_level_is_announced_without_the_lock() {
    static REGISTRY: std::sync::LazyLock<Registry> = std::sync::LazyLock::new(Registry::new);
    static SEEN: std::sync::Mutex<Vec<LevelFilter>> = std::sync::Mutex::new(Vec::new());
    REGISTRY.on_level_change(|| SEEN.lock().unwrap().push(REGISTRY.lowest_level()));
    REGISTRY.change_levels(|levels| levels.set_global(LogLevel::Debug));
    REGISTRY.get(LoggerKind::Sync, "a", None);
    REGISTRY.get(LoggerKind::Sync, "a", Some(LogLevel::Trace.into()));
    REGISTRY.get(LoggerKind::Sync, "a", Some(LogLevel::Trace.into()));
    REGISTRY.clear();
    let levels = [LogLevel::Debug, LogLevel::Trace, LogLevel::Debug].map(LevelFilter::from);
    assert_eq!(*SEEN.lock().unwrap(), levels);
}

#[test]
fn a_name_of_another_crate_is_the_logger_of_that_name_and_kept_for_nobody() {
    let registry = Registry::new();
    let unnamed = registry.get_unnamed("a");
    let version = registry.version();
    let named = registry.get(LoggerKind::Sync, "a", None);
    assert_ne!(registry.version(), version);
    assert!(!Arc::ptr_eq(&unnamed, &named));
    assert!(Arc::ptr_eq(&named, &registry.get_unnamed("a")));
    registry.change_levels(|levels| levels.set_global(LogLevel::Debug));
    assert_eq!(unnamed.level(), LogLevel::Debug.into());
    (0..1000).for_each(|number| drop(registry.get_unnamed(&format!("peer-{number}"))));
    assert!(registry.state.lock().forgotten.len() <= 64);
}

#[test]
fn forgotten_handles_follow_levels() {
    let registry = Registry::new();
    let old = registry.get(LoggerKind::Sync, "a", None);
    registry.clear();
    let new = registry.get(LoggerKind::Sync, "a", None);
    assert!(!Arc::ptr_eq(&old, &new));
    registry.change_levels(|levels| levels.set_global(LogLevel::Critical));
    assert_eq!((old.level(), new.level()), (LogLevel::Critical.into(), LogLevel::Critical.into()));
}
