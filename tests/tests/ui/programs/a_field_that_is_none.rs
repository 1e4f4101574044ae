use kakashi_core::{Log, info};

fn example(logger: &impl Log) {
    info!(logger, "Order accepted", id => 1); //~ fields are written `key = value`, `key = %display`, `key = ?debug`, `key`, `%key` or `?key`
    info!(logger, "Order accepted", id = 1 total = 2); //~ fields are written `key = value`, `key = %display`, `key = ?debug`, `key`, `%key` or `?key`
    info!(logger, "Order accepted", "a key"); //~ fields are written `key = value`, `key = %display`, `key = ?debug`, `key`, `%key` or `?key`
}

fn main() {}
