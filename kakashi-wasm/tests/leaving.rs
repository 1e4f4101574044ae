//! What is written when a page is hidden or a process ends.

mod fakes;

use fakes::{global, to_memory};
use js_sys::{Array, Function, Object, Reflect};
use kakashi_wasm::info;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen]
extern "C" {
    type Event;

    #[wasm_bindgen(constructor)]
    fn new(name: &str) -> Event;

    type Target;

    #[wasm_bindgen(method, js_name = dispatchEvent)]
    fn dispatch(this: &Target, event: &Event) -> bool;

    type Process;

    #[wasm_bindgen(method)]
    fn listeners(this: &Process, name: &str) -> Array;
}

fn has(name: &str) -> bool {
    Reflect::has(&js_sys::global(), &name.into()).unwrap_or(false)
}

/// Has the document say that it is hidden, or visible.
fn show(state: &'static str) {
    let getter = Closure::<dyn Fn() -> JsValue>::new(move || JsValue::from_str(state)).into_js_value();
    let property = Object::new();
    Reflect::set(&property, &"get".into(), &getter).unwrap();
    Reflect::set(&property, &"configurable".into(), &JsValue::TRUE).unwrap();
    let document: Object = global("document");
    Object::define_property(&document, &"visibilityState".into(), &property);
}

#[wasm_bindgen_test]
fn a_page_that_is_hidden_writes_what_it_has() {
    if !has("document") {
        return;
    }
    let memory = to_memory();
    let (document, window): (Target, Target) = (global("document"), js_sys::global().unchecked_into());
    show("visible");
    info!("shown");
    document.dispatch(&Event::new("visibilitychange"));
    assert!(memory.lines().is_empty());
    show("hidden");
    document.dispatch(&Event::new("visibilitychange"));
    assert_eq!(memory.lines(), ["INFO root shown"]);
    info!("left");
    window.dispatch(&Event::new("pagehide"));
    assert_eq!(memory.lines(), ["INFO root shown", "INFO root left"]);
}

#[wasm_bindgen_test]
fn a_page_that_is_left_while_it_is_visible_writes_what_it_has() {
    if !has("document") {
        return;
    }
    let memory = to_memory();
    show("visible");
    info!("left");
    js_sys::global().unchecked_into::<Target>().dispatch(&Event::new("pagehide"));
    assert_eq!(memory.lines(), ["INFO root left"]);
}

#[wasm_bindgen_test]
fn a_process_that_ends_writes_what_it_has() {
    if !has("process") {
        return;
    }
    let memory = to_memory();
    info!("last words");
    let process: Process = global("process");
    // The latest listener is this program's: not all of them may be called early.
    let listeners = process.listeners("exit");
    let ours: Function = listeners.get(listeners.length() - 1).unchecked_into();
    ours.call1(&JsValue::UNDEFINED, &0.into()).unwrap();
    assert_eq!(memory.lines(), ["INFO root last words"]);
}
