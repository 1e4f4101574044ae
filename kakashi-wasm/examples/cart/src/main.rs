//! A shopping cart as a front end has it: a Yew component, tasks, answers of a server. It logs
//! through kakashi, `log` and `tracing`, and so do its libraries; all of that is one stream, in
//! the console and in a JavaScript function.
//!
//! ```text
//! cargo build --target wasm32-unknown-unknown
//! wasm-bindgen --target web --no-typescript --out-dir pkg target/wasm32-unknown-unknown/debug/cart.wasm
//! python3 -m http.server            # and open http://localhost:8000
//! node --test tests/                # what CI does
//! ```

mod cart;
mod payment;

use cart::Cart;
use js_sys::{Function, Reflect};
use kakashi_wasm::{Format, LogLevel, bridges, configure, info, sinks};
use wasm_bindgen::{JsCast, UnwrapThrowExt};

/// What each record says of the program: a server wants it, whoever reads the console does not.
const SERVICE: [&str; 3] = ["service_name", "version", "environment"];

fn main() {
    let take: Function = Reflect::get(&js_sys::global(), &"takeRecords".into())
        .unwrap_throw()
        .dyn_into()
        .expect_throw("the page has a function `takeRecords`");
    configure()
        .service("shop", "1.4.2", "demo")
        // Yew's own records say which component was rendered, and why.
        .level_of("yew", LogLevel::Trace)
        .destination(sinks::console().format(Format::Text).without_fields(SERVICE))
        .destination(sinks::callback(&take).format(Format::Json))
        .apply();
    bridges::log::install().expect_throw("nothing else takes the records of `log`");
    bridges::tracing::install().expect_throw("nothing else takes the events of `tracing`");
    info!("Application started", framework = "yew");
    yew::Renderer::<Cart>::new().render();
}
