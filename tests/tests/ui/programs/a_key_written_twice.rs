use kakashi_core::{Log, info};

fn example(logger: &impl Log) {
    info!(logger, "Order accepted", id = 1, total = 2.5, id = 3); //~ the key `id` is written twice in this call
}

fn main() {}
