use kakashi_core::{Log, info};

struct Order;

fn example(logger: &impl Log, order: Order) {
    info!(logger, "Order accepted", order = order); //~ `Order` can't be logged as it is
}

fn main() {}
