use kakashi_core::{Log, error};

fn example(logger: &impl Log) {
    error!(logger, "Order {id accepted", id = 1); //~ the message has a `{` that is never closed: write `{{` for a brace
}

fn main() {}
