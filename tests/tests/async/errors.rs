//! What an ERROR of an async logger waits for: nothing by default; if it is asked to, until
//! it is written, with what led to it.

use std::sync::MutexGuard;
use std::thread;
use std::time::Duration;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    AsyncConfig, AsyncLogger, OverflowPolicy, configure, critical, error, flush, get_async_logger,
    get_logger, get_performance_logger, info, shutdown_async_logging, warning,
};
use kakashi_tests::harness::fake_sinks::{Gate, OpenOnDrop, behind};
use kakashi_tests::harness::fake_values::Runs;
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::process::{TestFolder, read, run};
use kakashi_tests::harness::read_back::text;
use kakashi_tests::harness::wait::{in_time, on_threads};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

fn logger() -> AsyncLogger {
    get_async_logger("errors")
}

/// All loggers write to memory behind a gate, with an hour of patience; takes back what
/// others must not find.
struct Scene {
    gate: Gate,
    memory: MemorySink,
    _alone: MutexGuard<'static, ()>,
}

impl Scene {
    fn new(config: AsyncConfig) -> Self {
        let alone = alone();
        let gate = Gate::default();
        assert!(shutdown_async_logging().is_complete());
        let memory = behind(&gate, config);
        configure().urgent_timeout(Duration::from_secs(3600)).apply();
        Self { gate, memory, _alone: alone }
    }

    /// Shuts the gate until the result is dropped.
    fn shut(&self) -> OpenOnDrop {
        self.gate.shut_until_dropped()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.gate.open();
        configure().urgent_timeout(Duration::from_secs(5)).apply();
    }
}

#[test]
fn an_error_does_not_wait_for_its_destination() {
    let scene = Scene::new(AsyncConfig::new());
    let before = StatsSince::now();
    let held = scene.shut();
    in_time(|| {
        for n in 0..20 {
            error!(logger(), "Failed", n);
            critical!(logger(), "Failed", n);
            info!(logger(), "Counted", n);
        }
    });
    drop(held);
    assert!(flush().is_complete());
    assert_eq!((scene.memory.lines().len(), before.late()), (60, 0));
}

#[test]
fn an_error_in_a_display_does_not_wait_either() {
    let scene = Scene::new(AsyncConfig::new());
    let held = scene.shut();
    in_time(|| {
        let fails = Runs(|| error!(logger(), "Failed"));
        info!(logger(), "Shown", value = %fails);
        info!(get_logger("errors"), "Shown", value = %fails);
    });
    drop(held);
    assert!(flush().is_complete());
    assert_eq!(scene.memory.lines().len(), 4);
}

#[test]
fn if_asked_to_it_returns_when_it_is_written_and_all_that_led_to_it() {
    for policy in [OverflowPolicy::Block, OverflowPolicy::DropNewest, OverflowPolicy::DropOldest] {
        for workers in [1, 3] {
            let scene =
                Scene::new(AsyncConfig::new().overflow(policy).threads(workers).wait_for_errors(true));
            for round in 0..20 {
                // These calls have returned before the ERROR's begins.
                on_threads(3, |thread| info!(logger(), "Counted", thread, n = round));
                match round % 3 {
                    0 => error!(logger(), "Failed", round),
                    1 => critical!(logger(), "Failed", round),
                    _ => logger().log(kakashi_std::LogLevel::Error, "Failed", kakashi_std::fields![round]),
                }
                let entries = text(&scene.memory.bytes());
                let place = format!("{policy:?}, {workers} workers, round {round}");
                assert_eq!(entries.len(), 4 * (round as usize + 1), "{place}");
                assert_eq!(entries.last().and_then(|entry| entry.number("round")), Some(round), "{place}");
            }
        }
    }
}

#[test]
fn if_asked_to_it_waits_for_a_slow_destination_and_less_than_an_error_does_not() {
    let scene = Scene::new(AsyncConfig::new().wait_for_errors(true));
    let held = scene.shut();
    in_time(|| (0..20).for_each(|n| warning!(logger(), "Counted", n)));
    for in_a_display in [false, true] {
        scene.gate.close();
        let (visits, memory) = (scene.gate.visits(), scene.memory.clone());
        let message = if in_a_display { "Failed in a display" } else { "Failed" };
        let waits = thread::spawn(move || {
            match in_a_display {
                false => error!(logger(), "Failed"),
                true => info!(logger(), "Shown", value = %Runs(|| error!(logger(), "Failed in a display"))),
            }
            memory.text().contains(message)
        });
        scene.gate.wait_for_visits(visits.max(1));
        scene.gate.open();
        assert!(waits.join().expect("no call panics"), "{message}: it is written when its call returns");
    }
    drop(held);
}

#[test]
fn if_asked_to_it_waits_no_longer_than_its_deadline_and_is_counted_as_late() {
    let scene = Scene::new(AsyncConfig::new().wait_for_errors(true));
    configure().urgent_timeout(Duration::from_millis(20)).apply();
    let before = StatsSince::now();
    let held = scene.shut();
    in_time(|| error!(logger(), "Failed"));
    assert_eq!(before.late(), 1);
    drop(held);
    assert!(flush().is_complete());
    assert_eq!((scene.memory.lines().len(), before.dropped().total()), (1, 0));
}

#[test]
fn a_performance_logger_never_waits() {
    let scene = Scene::new(AsyncConfig::new().wait_for_errors(true));
    let held = scene.shut();
    in_time(|| (0..20).for_each(|_| error!(get_performance_logger("errors"), "Failed")));
    drop(held);
    assert!(flush().is_complete());
    assert_eq!(scene.memory.lines().len(), 20);
}

#[test]
fn one_that_is_dropped_does_not_wait() {
    let config = AsyncConfig::new().ring_bytes(4096).overflow(OverflowPolicy::DropNewest);
    let scene = Scene::new(config.wait_for_errors(true));
    let before = StatsSince::now();
    let held = scene.shut();
    in_time(|| {
        let dropped = logger().dropped().total();
        while logger().dropped().total() < dropped + 100 {
            warning!(logger(), "Counted");
        }
        let long = "x".repeat(500);
        error!(logger(), "Failed", long);
    });
    drop(held);
    assert!(flush().is_complete());
    assert_eq!((before.dropped().total(), before.late()), (101, 0));
}

#[test]
fn the_setting_is_taken_back() {
    let scene = Scene::new(AsyncConfig::new().wait_for_errors(true));
    configure().async_logging(AsyncConfig::new()).apply();
    let held = scene.shut();
    in_time(|| error!(logger(), "Failed"));
    drop(held);
}

#[test]
fn if_asked_to_it_outlives_the_end_of_the_process() {
    for (scenario, code, signal) in
        [("async_error_then_exit", Some(7), None), ("async_error_then_abort", None, Some(6))]
    {
        use std::os::unix::process::ExitStatusExt as _;
        let folder = TestFolder::new();
        let file = folder.file("log");
        let ended = run(CHILD, [scenario.as_ref(), file.as_os_str()]);
        assert_eq!((ended.status.code(), ended.status.signal()), (code, signal), "{ended:?}");
        let entries = text(&read(&file));
        assert_eq!(entries.len(), 101, "{scenario}");
        assert_eq!(entries[100].message, "Failed", "{scenario}");
    }
}
