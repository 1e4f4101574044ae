//! What a JavaScript function is handed.

mod fakes;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use fakes::{TIME, quiet, since, sleep};
use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use kakashi_wasm::{Stats, flush, info, sinks, stats, warning};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

type Callback = Closure<dyn Fn(JsValue) -> Result<JsValue, JsValue>>;

fn function(callback: &Callback) -> Function {
    callback.as_ref().clone().unchecked_into()
}

fn get(batch: &JsValue, key: &str) -> JsValue {
    Reflect::get(batch, &key.into()).expect("a property")
}

fn text(batch: &JsValue) -> String {
    get(batch, "text").as_string().expect("text").replace(&format!("{TIME} "), "")
}

/// Keeps the batches it is handed.
fn keeping(answer: impl Fn() -> Result<JsValue, JsValue> + 'static) -> (Callback, Rc<RefCell<Vec<JsValue>>>) {
    let kept = Rc::new(RefCell::new(Vec::new()));
    let keeper = Rc::clone(&kept);
    let callback = Closure::new(move |batch: JsValue| {
        let answer = answer()?;
        keeper.borrow_mut().push(batch);
        Ok(answer)
    });
    (callback, kept)
}

#[wasm_bindgen_test]
fn a_batch_is_an_object_that_may_be_kept() {
    let (callback, kept) = keeping(|| Ok(JsValue::UNDEFINED));
    quiet().destination(sinks::callback(&function(&callback))).apply();
    info!("first", name = "Zoë");
    warning!("second");
    flush();
    info!("third, in the same memory");
    flush();
    let kept = kept.borrow();
    assert_eq!(kept.len(), 2);
    let batch = &kept[0];
    assert_eq!(get(batch, "count"), 2);
    assert_eq!(get(batch, "dropped"), 0);
    assert_eq!(text(batch), "INFO callback first name=Zoë\nWARNING callback second\n");
    let bytes: Uint8Array = get(batch, "bytes").unchecked_into();
    assert!(bytes.is_instance_of::<Uint8Array>());
    let line = format!("{TIME} INFO callback first name=Zoë\n{TIME} WARNING callback second\n");
    assert_eq!(bytes.to_vec(), line.as_bytes());
    // Its own memory, not a view of the program's.
    assert_eq!(bytes.buffer().unchecked_into::<js_sys::ArrayBuffer>().byte_length() as usize, line.len());
    let keys: Vec<String> =
        Object::keys(batch.unchecked_ref::<Object>()).iter().filter_map(|key| key.as_string()).collect();
    assert_eq!(keys, ["count", "dropped", "bytes", "text"]);
}

#[wasm_bindgen_test]
fn a_function_that_throws_is_asked_again_for_the_same_batch() {
    let throws = Rc::new(Cell::new(true));
    let state = Rc::clone(&throws);
    let (callback, kept) =
        keeping(move || if state.get() { Err("no".into()) } else { Ok(JsValue::UNDEFINED) });
    let reports = Rc::new(RefCell::new(Vec::new()));
    let reporter = Rc::clone(&reports);
    quiet()
        .destination(sinks::callback(&function(&callback)))
        .on_error(move |report| reporter.borrow_mut().push(report.to_owned()))
        .apply();
    let before = stats();
    info!("one");
    assert_eq!(flush().left, 1);
    info!("two");
    assert_eq!(flush().left, 2);
    assert!(kept.borrow().is_empty());
    throws.set(false);
    assert!(flush().is_complete());
    let texts: Vec<String> = kept.borrow().iter().map(text).collect();
    assert_eq!(texts, ["INFO callback one\n", "INFO callback two\n"]);
    assert_eq!(since(&before), (2, 0));
    assert_eq!(stats().failures - before.failures, 2);
    assert_eq!(reports.borrow().len(), 1, "{reports:?}");
    assert!(reports.borrow()[0].starts_with("callback failed: the sink failed"), "{reports:?}");
}

#[wasm_bindgen_test]
async fn a_function_that_throws_is_asked_again_by_a_timer() {
    let calls = Rc::new(Cell::new(0));
    let counter = Rc::clone(&calls);
    let (callback, kept) = keeping(move || {
        counter.set(counter.get() + 1);
        if counter.get() < 3 { Err("no".into()) } else { Ok(JsValue::UNDEFINED) }
    });
    quiet().destination(sinks::callback(&function(&callback))).apply();
    info!("late");
    flush();
    for _ in 0..100 {
        if !kept.borrow().is_empty() {
            break;
        }
        sleep(20).await;
    }
    assert_eq!((calls.get(), kept.borrow().len()), (3, 1));
}

#[wasm_bindgen_test]
async fn a_promise_that_rejects_is_a_failure() {
    let (callback, kept) = keeping(|| Ok(Promise::reject(&"later".into()).into()));
    let reports = Rc::new(Cell::new(0));
    let reporter = Rc::clone(&reports);
    quiet()
        .destination(sinks::callback(&function(&callback)))
        .on_error(move |_| reporter.set(reporter.get() + 1))
        .apply();
    let before: Stats = stats();
    info!("one");
    flush();
    sleep(1).await;
    info!("two");
    flush();
    sleep(1).await;
    assert_eq!(kept.borrow().len(), 2);
    assert_eq!((since(&before), stats().failures - before.failures, reports.get()), ((2, 0), 2, 1));
}
