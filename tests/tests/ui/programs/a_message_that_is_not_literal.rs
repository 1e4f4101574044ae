use kakashi_core::{Log, info};

fn example(logger: &impl Log, message: &str) {
    info!(logger, message, id = 1); //~ no rules expected
}

fn main() {}
