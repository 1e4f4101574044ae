use kakashi_core::{Log, info};

struct Order;

fn example(logger: &impl Log, order: Order) {
    info!(logger, "Order accepted", %order); //~ `Order` doesn't implement
}

fn main() {}
