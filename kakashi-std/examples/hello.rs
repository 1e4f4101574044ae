//! The front page's lines: `cargo run -p kakashi-std --example hello`.

use kakashi_std::{UserContext, error, get_logger, info, set_user_context, warning};

fn main() {
    let logger = get_logger("shop::orders");
    info!(logger, "Application started", version = "1.0.0");
    set_user_context(UserContext::new().user_id("u-42"));
    let id = 1042;
    warning!(logger, "Order {id} is large", id, total = 19990.5, note = "gift wrap");
    error!(logger, "Payment declined", id, attempts = 3);
}
