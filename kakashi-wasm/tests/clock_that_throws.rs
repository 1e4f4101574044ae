//! A program of its own: the clock is chosen once.

use js_sys::{Function, Object, Reflect};
use kakashi_wasm::{Clock as _, SystemClock, Timestamp};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_clock_that_throws_is_not_used() {
    let global = js_sys::global();
    let name = "performance".into();
    let own = Reflect::get(&global, &name).expect("a global's property");
    let replace = |value: &wasm_bindgen::JsValue| {
        let property = Object::new();
        for (key, value) in [("value", value), ("configurable", &true.into()), ("writable", &true.into())] {
            Reflect::set(&property, &key.into(), value).expect("a new object takes it");
        }
        assert!(Reflect::define_property(&global, &name, &property).expect("an object"));
    };
    let throwing = Object::new();
    let now = Function::new_no_args("throw new Error('no clock')");
    Reflect::set(&throwing, &"now".into(), &now).expect("a new object takes it");
    replace(&throwing);
    let time = SystemClock.now();
    replace(&own);
    let Timestamp::Wall(nanos) = time else { panic!("no wall time: {time:?}") };
    assert!((nanos as f64 / 1e6 - js_sys::Date::now()).abs() < 1000.0);
}
