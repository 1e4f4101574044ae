//! What a record costs once all is warm: no memory, and one call of JavaScript.

mod fakes;

use std::cell::Cell;
use std::rc::Rc;

use fakes::{Memory, global};
use js_sys::{Function, Object, Reflect};
use kakashi_wasm::{
    Format, LogLevel, Logger, configure, error, fields, flush, get_logger, info, set_custom_context,
};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

/// Counts the calls of a method until it goes.
struct Counted {
    calls: Rc<Cell<usize>>,
    of: Object,
    name: &'static str,
    before: JsValue,
    _method: Closure<dyn Fn(JsValue, JsValue) -> JsValue>,
}

impl Counted {
    fn new(of: Object, name: &'static str) -> Self {
        let before = Reflect::get(&of, &name.into()).unwrap();
        let (calls, original, this) =
            (Rc::new(Cell::new(0)), before.clone().unchecked_into::<Function>(), of.clone());
        let counter = Rc::clone(&calls);
        let method = Closure::<dyn Fn(JsValue, JsValue) -> JsValue>::new(move |first, second| {
            counter.set(counter.get() + 1);
            original.call2(&this, &first, &second).unwrap()
        });
        Reflect::set(&of, &name.into(), method.as_ref()).unwrap();
        Self { calls, of, name, before, _method: method }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        Reflect::set(&self.of, &self.name.into(), &self.before).unwrap();
    }
}

fn log_a_hundred(logger: &Logger) {
    for id in 0..100 {
        info!(logger, "Order {id} accepted", id, customer = "acme", total = 19.9, path = %"shown");
    }
}

#[wasm_bindgen_test]
fn a_warm_record_costs_no_memory_and_one_look_at_the_clock() {
    let memory = Memory::default();
    configure().format(Format::Text).level(LogLevel::Info).destination(memory.destination()).apply();
    set_custom_context(fields![tenant = "acme"]);
    let logger = get_logger("cost");
    let counted = [
        Counted::new(global("performance"), "now"),
        Counted::new(global("Date"), "now"),
        Counted::new(js_sys::global().unchecked_into(), "setTimeout"),
    ];
    // The counters' own places in wasm-bindgen's table are made here too, and the
    // list of a batch's records as long as it will be.
    for _ in 0..3 {
        log_a_hundred(&logger);
    }
    flush();
    log_a_hundred(&logger);
    let calls = || counted.each_ref().map(|counted| counted.calls.get());
    let before = calls();
    let cost = allocation_counter::measure(|| log_a_hundred(&logger));
    let after = calls();
    let [clock, wall, timer] = [0, 1, 2].map(|at| after[at] - before[at]);
    assert_eq!((clock, timer), (100, 0));
    assert!(wall <= 1, "the wall clock was asked {wall} times");
    assert_eq!(cost.count_total, 0, "{cost:?}");
    assert_eq!(memory.batch_count(), 1);
    error!("now");
    assert_eq!(memory.batch_count(), 2);
    assert_eq!(memory.lines().len(), 501);
}
