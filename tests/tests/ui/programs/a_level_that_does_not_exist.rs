use kakashi_core::{Log, LogLevel, log};

fn example(logger: &impl Log) {
    log!(logger, LogLevel::Warn, "Order accepted", id = 1); //~ named `Warn` found for enum `LogLevel`
}

fn main() {}
