use kakashi_core::{Log, info};

fn example(logger: &impl Log) {
    info!(logger, "Order accepted", r#type = 1, "type" = 2); //~ the key `type` is written twice in this call
}

fn main() {}
