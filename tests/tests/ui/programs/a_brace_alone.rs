use kakashi_core::{Log, warning};

fn example(logger: &impl Log) {
    warning!(logger, "Order id} accepted", id = 1); //~ the message has a `}` alone: write `}}` for a brace
}

fn main() {}
