//! What this crate calls of JavaScript, each by its bare global name: a page, a
//! worker, Node and an edge worker have these in common, or do not have them at
//! all. What may be missing is caught: a name that is not there throws.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since 1970, whole ones.
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    pub(crate) fn date_now() -> f64;

    /// Milliseconds since the program began, with their fractions. Not caught, for
    /// it is called for each record: [`has_performance`] first.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub(crate) fn performance_now() -> f64;

    #[wasm_bindgen(catch, js_namespace = performance, js_name = now)]
    fn try_performance_now() -> Result<f64, JsValue>;

    #[wasm_bindgen(catch, js_name = setTimeout)]
    pub(crate) fn set_timeout(run: &JsValue, millis: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = queueMicrotask)]
    pub(crate) fn queue_microtask(run: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = addEventListener)]
    pub(crate) fn listen(event: &str, run: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = document, js_name = addEventListener)]
    pub(crate) fn listen_to_document(event: &str, run: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = process, js_name = on)]
    pub(crate) fn listen_to_process(event: &str, run: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = console, js_name = debug)]
    pub(crate) fn console_debug(text: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = console, js_name = info)]
    pub(crate) fn console_info(text: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = console, js_name = warn)]
    pub(crate) fn console_warn(text: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = console, js_name = error)]
    pub(crate) fn console_error(text: &str) -> Result<(), JsValue>;
}

/// Tells whether `performance.now()` can be called.
pub(crate) fn has_performance() -> bool {
    try_performance_now().is_ok()
}
