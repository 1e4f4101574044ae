//! What `js-sys` and `web-sys` have under no one name for a page, a worker, Node and
//! an edge worker: properties of the global object, looked up when they are called.
//!
//! Any of them may be missing, or throw; both are an error, not a panic.

use js_sys::{Function, Reflect, global};
use wasm_bindgen::{JsCast as _, JsValue};

/// Returns a global object; none if there is no such name.
pub(crate) fn global_object(name: &str) -> Option<JsValue> {
    Reflect::get(&global(), &name.into()).ok().filter(JsValue::is_object)
}

/// Looks a method of an object up.
///
/// # Errors
/// What the look-up threw, or what is there in place of a function.
pub(crate) fn method(object: &JsValue, name: &str) -> Result<Function, JsValue> {
    Reflect::get(object, &name.into())?.dyn_into()
}

/// Calls `setTimeout`: returns a number, or Node's object.
pub(crate) fn set_timeout(run: &Function, millis: f64) -> Result<JsValue, JsValue> {
    let global = global();
    method(&global, "setTimeout")?.call2(&global, run, &millis.into())
}

/// Calls `queueMicrotask`.
pub(crate) fn queue_microtask(run: &Function) -> Result<(), JsValue> {
    let global = global();
    method(&global, "queueMicrotask")?.call1(&global, run).map(drop)
}

/// Calls a method of the console. Not `web_sys::console`, where a console that throws
/// ends the program's call.
pub(crate) fn write_to_console(name: &str, text: &str) -> Result<(), JsValue> {
    let console = Reflect::get(&global(), &"console".into())?;
    method(&console, name)?.call1(&console, &text.into()).map(drop)
}
