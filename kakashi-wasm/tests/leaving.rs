//! What is written when a page is hidden or a process ends.

mod fakes;

use fakes::{global, to_memory};
use js_sys::{Array, Function, Object, Reflect};
use kakashi_wasm::info;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event, EventTarget};

fn has(name: &str) -> bool {
    Reflect::has(&js_sys::global(), &name.into()).unwrap_or(false)
}

fn event(name: &str) -> Event {
    Event::new(name).expect("an event")
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
    let document: EventTarget = global("document");
    let window: EventTarget = js_sys::global().unchecked_into();
    show("visible");
    info!("shown");
    document.dispatch_event(&event("visibilitychange")).unwrap();
    assert!(memory.lines().is_empty());
    show("hidden");
    document.dispatch_event(&event("visibilitychange")).unwrap();
    assert_eq!(memory.lines(), ["INFO leaving shown"]);
    info!("left");
    window.dispatch_event(&event("pagehide")).unwrap();
    assert_eq!(memory.lines(), ["INFO leaving shown", "INFO leaving left"]);
}

#[wasm_bindgen_test]
fn a_page_that_is_left_while_it_is_visible_writes_what_it_has() {
    if !has("document") {
        return;
    }
    let memory = to_memory();
    show("visible");
    info!("left");
    let window: EventTarget = js_sys::global().unchecked_into();
    window.dispatch_event(&event("pagehide")).unwrap();
    assert_eq!(memory.lines(), ["INFO leaving left"]);
}

#[wasm_bindgen_test]
fn a_process_that_ends_writes_what_it_has() {
    if !has("process") {
        return;
    }
    let memory = to_memory();
    info!("last words");
    let process: JsValue = global("process");
    let listeners: Function = Reflect::get(&process, &"listeners".into()).unwrap().unchecked_into();
    // The latest listener is this program's: not all of them may be called early.
    let listeners: Array = listeners.call1(&process, &"exit".into()).unwrap().unchecked_into();
    let ours: Function = listeners.get(listeners.length() - 1).unchecked_into();
    ours.call1(&JsValue::UNDEFINED, &0.into()).unwrap();
    assert_eq!(memory.lines(), ["INFO leaving last words"]);
}
