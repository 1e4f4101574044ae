//! Loggers behind the `log` crate: they differ in how they are set up only.
//!
//! With [`WithKv`] the fields are `log`'s key-values. [`Formatted`] is for
//! loggers that ignore those: their users write fields into the message.

use std::path::Path;

use anyhow::Result;

use crate::contender::{Contender, TARGET};
use crate::form::Form;

/// One logger that takes `log`'s records.
pub trait Backend: Sized + Sync {
    const NAME: &'static str;
    const NOTE: &'static str;
    const FORM: Form = Form::Text;
    const HAS_CONTEXT: bool = false;
    const OPENS_PATH: bool = true;

    /// Makes it `log`'s logger, at level INFO.
    fn install(destination: &Path) -> Result<Self>;

    /// As [`Contender::in_context`].
    fn in_context(&self, run: impl FnOnce()) {
        run();
    }

    /// As [`Contender::finish`].
    fn finish(self) -> Result<()> {
        log::logger().flush();
        Ok(())
    }
}

macro_rules! contender {
    ($(#[$doc:meta])* $name:ident, $order_id:ident $symbol:ident $price:ident, $($call:tt)*) => {
        $(#[$doc])*
        pub struct $name<B>(B);

        impl<B: Backend> Contender for $name<B> {
            const NAME: &'static str = B::NAME;
            const NOTE: &'static str = B::NOTE;
            const FORM: Form = B::FORM;
            const HAS_CONTEXT: bool = B::HAS_CONTEXT;
            const OPENS_PATH: bool = B::OPENS_PATH;

            fn setup(destination: &Path) -> Result<Self> {
                B::install(destination).map($name)
            }

            fn log(&self, $order_id: u64, $symbol: &'static str, $price: f64) {
                log::info!(target: TARGET, $($call)*);
            }

            fn log_disabled(&self, $order_id: u64, $symbol: &'static str, $price: f64) {
                log::debug!(target: TARGET, $($call)*);
            }

            fn in_context(&self, run: impl FnOnce(&Self)) {
                self.0.in_context(|| run(self));
            }

            fn finish(self) -> Result<()> {
                self.0.finish()
            }
        }
    };
}

contender! {
    /// Fields as `log`'s key-values.
    WithKv, order_id symbol price,
    order_id, symbol, price; "Order accepted"
}

contender! {
    /// Fields in the message.
    Formatted, order_id symbol price,
    "Order accepted order_id={order_id} symbol={symbol} price={price}"
}
