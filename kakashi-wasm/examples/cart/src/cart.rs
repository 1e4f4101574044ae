//! The component: what is in the cart, and what its buttons do.

use kakashi_wasm::{LogContext, Scope as _, fields, info};
use simplecss::StyleSheet;
use tracing::info_span;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::payment::pay;

/// A theme of a customer's own; rules that the parser does not support are skipped, and logged.
const THEME: &str = "@import url('fonts.css'); button { color: teal }";

#[component]
pub(crate) fn Cart() -> Html {
    let items = use_state(|| 0);

    let add = {
        let items = items.clone();
        Callback::from(move |_| {
            let _click = info_span!("click", button = "add", items = *items).entered();
            info!("Item {id} added", id = 1042, price = 19.9);
            log::info!(item_id = 1042, left = 2; "Stock is {}", "low");
            items.set(*items + 1);
        })
    };

    let orders = use_mut_ref(|| 6);
    let checkout = Callback::from(move |_| {
        let mut last = orders.borrow_mut();
        *last += 1;
        info_span!("click", button = "pay").in_scope(|| spawn_local(pay(*last)));
    });

    let theme = Callback::from(|_| {
        LogContext::new().with_custom(fields![theme = "teal"]).within(|| {
            let rules = StyleSheet::parse(THEME).rules.len();
            tracing::debug!("Not enabled");
            tracing::info!(rules, "Theme chosen");
        });
    });

    html! {
        <main>
            <p id="items">{ *items }</p>
            <button id="add" onclick={add}>{ "Add" }</button>
            <button id="pay" onclick={checkout}>{ "Pay" }</button>
            <button id="theme" onclick={theme}>{ "Theme" }</button>
        </main>
    }
}
