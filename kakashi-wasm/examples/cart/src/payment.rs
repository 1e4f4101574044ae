//! A payment: a task of its own, which waits for the server while other payments do.

use std::error::Error;
use std::fmt;

use kakashi_wasm::warning;
use tracing::{Instrument as _, Span, field, info_span};
use wasm_bindgen::{JsCast, UnwrapThrowExt};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// Pays an order. All its records, whoever writes them, say which order and whose click it was,
/// and from the answer on its status.
pub(crate) fn pay(order: u32) -> impl Future<Output = ()> {
    let span = info_span!("payment", order, status = field::Empty);
    async move {
        log::info!("Payment begins");
        match ask(order).await {
            Ok(()) => warning!("Payment is done, the receipt is not", receipt = false),
            Err(error) => tracing::error!(error = &error as &dyn Error, "Payment failed"),
        }
    }
    .instrument(span)
}

async fn ask(order: u32) -> Result<(), Refused> {
    let window = web_sys::window().expect_throw("a page has a window");
    let answer = JsFuture::from(window.fetch_with_str(&format!("/pay/{order}"))).await.unwrap_throw();
    let answer: Response = answer.unchecked_into();
    Span::current().record("status", answer.status());
    tracing::info!("Answered");
    if answer.ok() { Ok(()) } else { Err(Refused { status: answer.status() }) }
}

/// The server did not take a payment.
#[derive(Debug)]
struct Refused {
    status: u16,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.status)
    }
}

impl Error for Refused {}
