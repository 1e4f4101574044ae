//! Programs that talk to a person: records, output of their own and prompts on a terminal.
//! They end without running anything, so what is there was there when its call returned.

#![allow(unsafe_code)]

use std::io::{self, Write as _};
use std::thread;

use kakashi_std::{
    Format, LoggerConfig, configure, create_custom_logger, critical, error, info, sinks, warning,
};

use crate::records::logger;

fn log_to(stream: &str) {
    let stream = || if stream == "stdout" { sinks::stdout() } else { sinks::stderr() };
    configure().flush_after_millis(3_600_000).destination(stream()).apply();
}

fn end() -> ! {
    // SAFETY: ends the process at once, as intended.
    unsafe { libc::_exit(0) }
}

/// Counts on the terminal, each number in another way; what is printed is flushed.
pub(crate) fn counts(stream: &str) -> ! {
    log_to(stream);
    let config = LoggerConfig::new().format(Format::Text).destination(sinks::stderr());
    let custom = create_custom_logger("custom", config);
    for n in 0..300 {
        match n % 10 {
            0 => println!("count {n}"),
            1 => info!(logger(), "count {n}", n),
            2 => eprintln!("count {n}"),
            3 => warning!("count {n}", n),
            4 => {
                print!("count {n}");
                io::stdout().flush().expect("a terminal takes it");
                println!();
            }
            5 => info!(custom, "count {n}", n),
            6 => thread::spawn(move || info!(logger(), "count {n}", n)).join().expect("no call panics"),
            7 => thread::spawn(move || println!("count {n}")).join().expect("a terminal takes it"),
            8 => error!(logger(), "count {n}", n),
            _ => critical!("count {n}", n),
        }
    }
    end()
}

/// Asks three times; each question stands behind the record before it.
pub(crate) fn asks(stream: &str) -> ! {
    log_to(stream);
    for _ in 0..3 {
        info!(logger(), "Ready");
        print!("name? ");
        io::stdout().flush().expect("a terminal takes it");
        let mut name = String::new();
        io::stdin().read_line(&mut name).expect("an answer");
        info!(logger(), "Hello");
    }
    end()
}
