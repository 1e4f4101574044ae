use kakashi_core::{Log, info};

fn example(logger: &impl Log) {
    info!(logger, "Order {number} accepted", id = 1); //~ the message's `{number}` is no field of this call: add it: `, number`, or write `{{` for a brace
}

fn main() {}
