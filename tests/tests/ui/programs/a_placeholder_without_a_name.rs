use kakashi_core::{Log, LogLevel, info, log};

fn example(logger: &impl Log, level: LogLevel, id: u64) {
    info!(logger, "Order {} accepted", id); //~ the message's `{}` is no field of this call: write a field's key, as `{id}` and `, id`, or `{{` for a brace
    log!(logger, level, "Order {0} accepted", id); //~ the message's `{0}` is no field of this call: write a field's key, as `{id}` and `, id`, or `{{` for a brace
}

fn main() {}
