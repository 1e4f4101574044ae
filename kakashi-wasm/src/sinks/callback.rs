//! A JavaScript function that takes batches: to a server, a file, a test.

use std::fmt;

use js_sys::{Function, Object, Reflect, Uint8Array};
use kakashi_core::{Batch, Sink, SinkError, SinkErrorKind};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use web_sys::TextDecoder;

use crate::delivery::report::{COUNTERS, report};
use crate::host::imports::method;

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
/// failure ([`stats`](crate::stats)) and reported once; only the function can send such
/// a batch again.
///
/// ```no_run
/// use js_sys::Function;
/// use kakashi_wasm::{Format, configure, sinks};
///
/// let send = Function::new_with_args("batch", "navigator.sendBeacon('/logs', batch.bytes)");
/// configure().format(Format::Json).destination(sinks::callback(&send)).apply();
/// ```
pub struct CallbackSink {
    function: Function,
    decoder: Option<TextDecoder>,
    /// What a promise that rejects calls.
    rejected: Closure<dyn Fn(JsValue)>,
}

impl CallbackSink {
    /// Makes a sink of a function.
    pub fn new(function: &Function) -> Self {
        let reported = std::cell::Cell::new(false);
        let rejected = Closure::new(move |_reason: JsValue| {
            COUNTERS.add_failure();
            if !reported.replace(true) {
                report("a callback's promise was rejected; its batch is not sent again");
            }
        });
        Self { function: function.clone(), decoder: TextDecoder::new().ok(), rejected }
    }

    fn object(&self, batch: &Batch<'_>) -> Result<Object, JsValue> {
        let object = Object::new();
        let set = |name: &str, value: &JsValue| Reflect::set(&object, &name.into(), value);
        // Copies.
        let bytes = Uint8Array::from(batch.bytes());
        set("count", &JsValue::from_f64(batch.len() as f64))?;
        set("dropped", &JsValue::from_f64(batch.dropped() as f64))?;
        set("bytes", &bytes)?;
        match &self.decoder {
            // A getter that needs no `this`, no closure of ours and no memory but the bytes'.
            Some(decoder) => {
                let getter = method(decoder, "decode")?.bind1(decoder, &bytes);
                let property = Object::new();
                Reflect::set(&property, &"get".into(), &getter)?;
                Reflect::set(&property, &"enumerable".into(), &JsValue::TRUE)?;
                Reflect::define_property(&object, &"text".into(), &property)?;
            }
            None => {
                set("text", &String::from_utf8_lossy(batch.bytes()).as_ref().into())?;
            }
        }
        Ok(object)
    }
}

impl Sink for CallbackSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let failed = |_: JsValue| SinkError::new(SinkErrorKind::Failed);
        let object = self.object(batch).map_err(failed)?;
        let returned = self.function.call1(&JsValue::UNDEFINED, &object).map_err(failed)?;
        // Whatever has a `then`, as `await` takes it; one whose `then` throws is no promise.
        if let Ok(then) = method(&returned, "then") {
            let _ = then.call2(&returned, &JsValue::UNDEFINED, self.rejected.as_ref());
        }
        Ok(())
    }
}

impl fmt::Debug for CallbackSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackSink")
    }
}
