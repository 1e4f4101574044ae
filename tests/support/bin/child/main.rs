//! Programs that end in every way there is: `child SCENARIO FILE`.
//!
//! Each logs to the file and to nothing else; the tests in `sync/lifecycle.rs`,
//! `sync/failing_sinks.rs`, `sync/configure/`, `streams/`, `async/lifecycle.rs`, `signals.rs`,
//! `sampling/`, `settings/`, `journald/`, `black_box/`, `disk_buffer/` and `order/` start them and count what arrived. A scenario `async_X` is the scenario `X` with its
//! records logged through an async logger, or a scenario that only async loggers have; a
//! scenario `decoded_X` is `X` with a sink of records that writes the file; scenarios `otlp_X`,
//! `http_X` and `bulk_X` send to the receiver at the address that the file names.

#![cfg(unix)]

#[cfg(target_os = "linux")]
mod black_box;
#[cfg(target_os = "linux")]
mod boxed;
#[cfg(target_os = "linux")]
mod boxed_recorder;
#[cfg(target_os = "linux")]
mod boxed_trouble;
#[cfg(feature = "otlp")]
mod counted;
mod directives;
mod disk_buffer;
mod ends;
mod first;
mod forks;
#[cfg(target_os = "linux")]
mod journal;
mod order;
mod queued;
mod recorder;
mod records;
mod rotation;
mod sampled;
mod signals;
mod soak;
mod stalls;
mod streams;
mod terminal;
mod trouble;
mod unloading;

use std::env;
use std::path::Path;

use records::{decode, usage, use_async, uses_async};

fn main() {
    let mut args = env::args().skip(1);
    let (Some(scenario), Some(file)) = (args.next(), args.next()) else { return usage() };
    let file = Path::new(&file);
    let scenario = scenario.strip_prefix("async_").inspect(|_| use_async()).unwrap_or(&scenario);
    let scenario = scenario.strip_prefix("decoded_").inspect(|_| decode()).unwrap_or(scenario);
    #[cfg(feature = "otlp")]
    if scenario == "disk_buffer_otlp" {
        return disk_buffer::sends_by_otlp(file);
    }
    #[cfg(feature = "otlp")]
    let scenario =
        scenario.strip_prefix("otlp_").inspect(|_| records::send(records::otlp)).unwrap_or(scenario);
    #[cfg(feature = "http")]
    let scenario =
        scenario.strip_prefix("http_").inspect(|_| records::send(records::http)).unwrap_or(scenario);
    #[cfg(feature = "http")]
    let scenario =
        scenario.strip_prefix("bulk_").inspect(|_| records::send(records::bulk)).unwrap_or(scenario);
    match scenario {
        #[cfg(target_os = "linux")]
        "boxed_return"
        | "boxed_abort"
        | "boxed__exit"
        | "boxed_exec"
        | "boxed_kill"
        | "boxed_fault"
        | "boxed_bus_error"
        | "boxed_stack_overflow"
        | "boxed_terminated" => {
            boxed::ends(file, &scenario["boxed_".len()..]);
        }
        #[cfg(target_os = "linux")]
        scenario if scenario.starts_with("boxed_recorder_") => {
            boxed_recorder::ends(file, &scenario["boxed_recorder_".len()..]);
        }
        #[cfg(target_os = "linux")]
        "recorder_box_fork" => boxed_recorder::forks(file),
        #[cfg(target_os = "linux")]
        "recorder_box_overwrite" => boxed_recorder::overwrites(file),
        #[cfg(target_os = "linux")]
        "recorder_box_kill" => boxed_recorder::logs_until_killed(file),
        #[cfg(target_os = "linux")]
        "boxed_thread_end" => boxed::thread_ends(file),
        #[cfg(target_os = "linux")]
        "boxed_fork" => boxed::forks(file),
        #[cfg(target_os = "linux")]
        "boxed_threads" => boxed::threads(file),
        #[cfg(target_os = "linux")]
        "boxed_little_room" => boxed::has_little_room(file),
        #[cfg(target_os = "linux")]
        "boxed_no_directory" => boxed::has_no_directory(file),
        "return" => ends::returns(file),
        "return_under_load" => ends::returns_under_load(file),
        "exit" => ends::exits(file),
        "exit_elsewhere" => ends::exits_elsewhere(file),
        "exit_in_a_display" => ends::exits_in_a_display(file),
        "panic" => ends::panics(file),
        "panic_without_text" => ends::panics_without_text(file),
        "panic_and_join" => ends::panics_elsewhere(file, true),
        "panic_and_do_not_join" => ends::panics_elsewhere(file, false),
        "panic_before_the_first_record" => ends::logs_first_while_it_panics(file),
        "panic_hook_before_the_first_record" => ends::logs_first_in_a_panic_hook(file),
        "panic_while_a_sink_logs" => ends::panics_with_a_sink_that_logs(file),
        "panic_hook_that_logs" => ends::logs_in_a_panic_hook(file),
        "thread_end" => ends::thread_ends(file),
        "many_threads" => ends::many_threads(file),
        "abort" => ends::aborts(file),
        "run_until_killed" => ends::runs_until_killed(file),
        "fork" => forks::forks_with_full_buffers(file),
        "sampled" => sampled::returns(file),
        "repeats" => sampled::repeats(file),
        "sampled_fork" => sampled::forks(file),
        "recorder_fork" => recorder::forks(file),
        "recorder_forks_under_load" => recorder::forks_under_load(file),
        "recorder_user_signal" => recorder::gets_a_user_signal(file),
        "fork_beside_the_first_records" => forks::forks_beside_the_first_records(file),
        "fork_under_load" => forks::forks_under_load(file, 1),
        "forks_at_once" => forks::forks_under_load(file, 2),
        "fork_and_stay" => forks::forks_and_stays(file),
        "fork_beside_a_stuck_sink" => forks::forks_beside_a_stuck_sink(file),
        "fork_and_configure" => forks::forks_and_configures(file),
        "syslog_fork" => forks::forks_with_a_connection(file),
        #[cfg(target_os = "linux")]
        "black_box_kill" => black_box::logs_until_killed(file),
        #[cfg(target_os = "linux")]
        "black_box_recover" => black_box::recovers(file),
        #[cfg(target_os = "linux")]
        "black_box_no_file" => black_box::logs_to_no_file(file),
        #[cfg(target_os = "linux")]
        "black_box_again" => black_box::begins_again(file),
        "disk_buffer" => disk_buffer::logs(file),
        "disk_buffer_drain" => disk_buffer::logs_and_drains(file),
        "disk_buffer_fork" => disk_buffer::forks(file),
        "disk_buffer_kill" => disk_buffer::logs_until_killed(file),
        "disk_buffer_rest" => disk_buffer::sends_what_was_left(file),
        "disk_buffer_stay" => disk_buffer::logs_and_stays(file),
        "spawn_under_load" => forks::spawns_under_load(file),
        "stuck_sink" => trouble::returns_beside_a_stuck_sink(file),
        "exit_in_a_sink" => trouble::exits_in_a_sink(file),
        "stdout" => trouble::writes_to_stdout(file),
        "return_with_stdout" => trouble::returns_with_stdout(file),
        "configure_in_a_display" => trouble::configures_in_a_display(file),
        "full_disk" => trouble::fills_a_disk(),
        "append" => trouble::appends(file),
        "refused_records" => trouble::sends_what_is_refused(),
        "refused_settings" => trouble::sets_what_makes_no_sense(),
        "defaults" => trouble::uses_the_defaults(),
        "order_panic" => order::panics(),
        "order_panic_of_main" => order::panics_in_main(),
        "order_error_and_print" => order::prints_after_an_error(),
        "order_exit" => order::exits_with_the_token(file),
        "order_return" => order::returns_with_the_token(file),
        "order_panic_with_the_token" => order::panics_with_the_token(file),
        "order_fork" => order::forks_with_the_token(file),
        "fork_in_a_display" => order::forks_in_a_display(file),
        "fork_in_a_sink" => order::forks_in_a_sink(file),
        "stall_threads" => stalls::logs_from_short_lived_threads(false),
        "stall_threads_and_flush" => stalls::logs_from_short_lived_threads(true),
        "stall_flush" => stalls::flushes_first(),
        "stall_flush_without_time" => stalls::flushes_first_without_time(),
        "stall_error" => stalls::fails_first(),
        "stall_panic" => stalls::panics_first(),
        "stall_fifo" => stalls::logs_to_a_fifo_and_a_file(file, 20_000),
        "stall_fifo_beyond_the_backlog" => stalls::logs_to_a_fifo_and_a_file(file, 100_000),
        "first_in_an_allocator" => first::from_an_allocator(),
        "allocator" => first::from_an_allocator_all_along(file),
        "first_in_a_clock" => first::from_a_clock(file),
        "first_in_a_display" => first::from_a_display(),
        "first_in_a_display_that_configures" => first::from_a_display_that_configures(file),
        "first_in_an_enricher" => first::from_an_enricher_and_a_filter(file),
        "first_in_a_sink" => first::from_a_sink_that_is_configured(file),
        "destructors" => first::from_destructors_of_locals(file),
        "unload" => unloading::loads_and_unloads(file),
        "soak" => soak::runs(file),
        #[cfg(target_os = "linux")]
        "journal_default" => journal::uses_the_defaults(),
        #[cfg(target_os = "linux")]
        "journal_json" => journal::chooses_a_format(),
        #[cfg(target_os = "linux")]
        "journal_stderr" => journal::chooses_stderr(),
        #[cfg(target_os = "linux")]
        "journal_format" => journal::changes_the_format(),
        #[cfg(target_os = "linux")]
        "journal_refused" => journal::logs_too_much(file),
        #[cfg(target_os = "linux")]
        "journal_pairs" => journal::logs_pairs(file),
        "signal" => signals::logs_before_a_signal(file),
        "signal_under_load" => signals::logs_until_a_signal(file),
        "signal_beside_a_stuck_sink" => signals::waits_beside_a_stuck_sink(file),
        "signal_in_a_fork" => signals::forks_get_signals(file),
        "signal_ignored" => signals::ignores_a_signal(file),
        "configure_from" => directives::configures_from(file),
        "debug_line" => directives::logs_at_debug(),
        "levels" => directives::prints_levels(),
        "watch_directives" => directives::watches(file),
        "hangup_reloads" => directives::reloads_on_hangup(),
        "starts_children" => signals::starts_children(),
        "nonblocking_stdout" => streams::batches_to_a_nonblocking_stdout(file),
        "nonblocking_return" => streams::ends_with_a_nonblocking_stdout("return"),
        "nonblocking_exit" => streams::ends_with_a_nonblocking_stdout("exit"),
        "nonblocking_error" => streams::ends_with_a_nonblocking_stdout("error"),
        "nonblocking_flush" => streams::ends_with_a_nonblocking_stdout("flush"),
        "limited_stdout" => streams::batches_to_a_limited_stdout(file),
        "close_stdout" => streams::closes_a_stream(file, "stdout"),
        "close_stderr" => streams::closes_a_stream(file, "stderr"),
        "redirect" => streams::redirects_its_streams(file),
        "leave_folder" => streams::leaves_its_folder(file),
        "torn_line" => streams::tears_a_line(file),
        "append_to_stdout" => streams::appends_to_stdout(),
        "lock_stdout" => streams::holds_a_lock("stdout"),
        "lock_stderr" => streams::holds_a_lock("stderr"),
        "hostile_name" => streams::fails_by_a_hostile_name(),
        "full_stderr" => streams::reports_to_a_full_pipe(file),
        "colours" => streams::shows_colours(file),
        "leave_terminal" => streams::leaves_its_terminal(file),
        "form" => streams::shows_the_form_that_fits(),
        "terminal_counts_stdout" => terminal::counts("stdout"),
        "terminal_counts_stderr" => terminal::counts("stderr"),
        "terminal_asks_stdout" => terminal::asks("stdout"),
        "terminal_asks_stderr" => terminal::asks("stderr"),
        "rotation_kill" => rotation::logs_until_killed(file),
        "durability" => rotation::keeps_what_it_says(file),
        "rotation_fork" => rotation::forks(file),
        "rotation_fork_and_stay" => rotation::forks_a_child_that_stays(file),
        "rotation_local" => rotation::logs_in_local_time(file),
        "rotation_hold" => rotation::holds_its_files(file),
        "rotation_pid" => rotation::logs_with_its_id(file),
        "rotation_read_only" => rotation::logs_in_a_read_only_folder(file),
        "rotation_full_disk" => rotation::fills_its_disk(file),
        "logrotate" => rotation::reopens_on_hangup(file),
        #[cfg(feature = "otlp")]
        "variables" => records::follows_the_variables(),
        #[cfg(feature = "otlp")]
        "counted_protobuf" => counted::at_its_end(file, false),
        #[cfg(feature = "otlp")]
        "counted_json" => counted::at_its_end(file, true),
        #[cfg(feature = "otlp")]
        "counted_period" => counted::on_its_period(),
        #[cfg(feature = "otlp")]
        "counted_failing" => counted::to_one_that_fails(file),
        "never_flush" => trouble::never_flushes(file),
        #[cfg(target_os = "linux")]
        _ if boxed_trouble::run(scenario, file) => {}
        _ if uses_async() => queued::run(scenario, file),
        _ => usage(),
    }
}
