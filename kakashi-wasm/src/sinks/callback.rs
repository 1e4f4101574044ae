//! A JavaScript function that takes batches: to a server, a file, a test.

use std::fmt;

use kakashi_core::{Batch, Sink, SinkError, SinkErrorKind};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};

use crate::delivery::report::{COUNTERS, report};

/// Hands each batch to a JavaScript function, as a plain object:
///
/// | property | |
/// |---|---|
/// | `count` | how many records there are |
/// | `dropped` | how many were dropped before them |
/// | `bytes` | a `Uint8Array` of its own, which may be kept |
/// | `text` | the bytes as a string, decoded when it is asked for |
///
/// A function that throws has taken nothing: the same batch comes again, and those
/// after it wait. What it returns is not waited for: a batch counts as written when
/// the function returns. If it returns a promise that rejects, that is counted as a
/// failure ([`stats`](crate::stats)) and told once; only the function can send such
/// a batch again.
pub struct CallbackSink {
    function: Callable,
    decoder: Option<Decoder>,
    /// What a promise that rejects calls.
    rejected: Closure<dyn Fn(JsValue)>,
}

// Not js-sys's: to link it costs the npm package, which has no use for it, 8 KB.
#[wasm_bindgen]
extern "C" {
    type Callable;

    #[wasm_bindgen(catch, method)]
    fn call(this: &Callable, on: &JsValue, argument: &Object) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, js_name = bind)]
    fn bind_with(this: &Callable, on: &JsValue, argument: &JsValue) -> JsValue;

    type Object;

    #[wasm_bindgen(constructor)]
    fn new() -> Object;

    #[wasm_bindgen(catch, static_method_of = Object, js_name = defineProperty)]
    fn define_property(object: &Object, name: &str, property: &Object) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = set)]
    fn set(object: &Object, name: &str, value: &JsValue) -> Result<bool, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = has)]
    fn has(object: &JsValue, name: &str) -> Result<bool, JsValue>;

    #[wasm_bindgen(js_name = Uint8Array)]
    type Bytes;

    /// Copies.
    #[wasm_bindgen(constructor, js_class = Uint8Array)]
    fn copy_of(bytes: &[u8]) -> Bytes;

    #[wasm_bindgen(js_name = TextDecoder)]
    type Decoder;

    #[wasm_bindgen(catch, constructor, js_class = TextDecoder)]
    fn make() -> Result<Decoder, JsValue>;

    #[wasm_bindgen(method, getter, js_name = decode)]
    fn decode_method(this: &Decoder) -> Callable;

    /// What may be a promise.
    type Thenable;

    #[wasm_bindgen(catch, method)]
    fn then(this: &Thenable, done: &JsValue, failed: &JsValue) -> Result<JsValue, JsValue>;
}

impl CallbackSink {
    /// Takes a function, such as a `js_sys::Function`. What is none fails each time
    /// that it is called.
    pub fn new(function: impl Into<JsValue>) -> Self {
        let told = std::cell::Cell::new(false);
        let rejected = Closure::new(move |_reason: JsValue| {
            COUNTERS.add_failure();
            if !told.replace(true) {
                report("a callback's promise was rejected; its batch is not sent again");
            }
        });
        Self { function: function.into().unchecked_into(), decoder: Decoder::make().ok(), rejected }
    }

    fn object(&self, batch: &Batch<'_>) -> Result<Object, JsValue> {
        let object = Object::new();
        let bytes = JsValue::from(Bytes::copy_of(batch.bytes()));
        set(&object, "count", &JsValue::from_f64(batch.len() as f64))?;
        set(&object, "dropped", &JsValue::from_f64(batch.dropped() as f64))?;
        set(&object, "bytes", &bytes)?;
        match &self.decoder {
            // A getter that needs no `this`, no closure of ours and no memory but the bytes'.
            Some(decoder) => {
                let property = Object::new();
                set(&property, "get", &decoder.decode_method().bind_with(decoder, &bytes))?;
                set(&property, "enumerable", &JsValue::TRUE)?;
                Object::define_property(&object, "text", &property)?;
            }
            None => {
                set(&object, "text", &JsValue::from_str(&String::from_utf8_lossy(batch.bytes())))?;
            }
        }
        Ok(object)
    }
}

impl Sink for CallbackSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let failed = |_: JsValue| SinkError::new(SinkErrorKind::Failed);
        let object = self.object(batch).map_err(failed)?;
        let returned = self.function.call(&JsValue::UNDEFINED, &object).map_err(failed)?;
        if returned.is_object() && has(&returned, "then").unwrap_or(false) {
            let promise: Thenable = returned.unchecked_into();
            // One whose `then` throws is no promise.
            let _ = promise.then(&JsValue::UNDEFINED, self.rejected.as_ref());
        }
        Ok(())
    }
}

impl fmt::Debug for CallbackSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackSink")
    }
}
