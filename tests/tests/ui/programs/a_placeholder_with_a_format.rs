use kakashi_core::{Log, info};

fn example(logger: &impl Log, id: u64, share: f64) {
    info!(logger, "Order {id:?} accepted", id); //~ the message's `{id:?}` has a format, which belongs to the field: write `{id}` and `, id = ?id`
    info!(logger, "{share:.2} of it", share); //~ the message's `{share:.2}` has a format, which belongs to the field: write `{share}` and `, share = format_args!("{share:.2}")`
    info!(logger, "{id} and {share}", id = ?id, share = format_args!("{share:.2}"));
}

fn main() {}
