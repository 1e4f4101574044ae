//! What the tests share: sinks and a console that they hold in their hand.
//!
//! All tests of a file run one after the other in one program: each configures
//! what it needs.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use kakashi_wasm::sinks::{FunctionSink, to};
use kakashi_wasm::{
    Batch, Configure, Destination, FixedClock, Format, LogLevel, Sink, SinkError, SinkErrorKind, Stats,
    Timestamp, configure, stats,
};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen_futures::JsFuture;

/// When everything happens.
pub(crate) const TIME: &str = "2026-11-22T10:12:00.123456Z";
pub(crate) const CLOCK: FixedClock = FixedClock(Timestamp::Wall(1_795_342_320_123_456_000));

/// A sink in memory; clones are one.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    pub(crate) bytes: Rc<RefCell<Vec<u8>>>,
    /// The records and the drops that each batch says it has.
    pub(crate) batches: Rc<RefCell<Vec<(usize, usize)>>>,
    /// Answers to give before it works.
    pub(crate) errors: Rc<RefCell<Vec<SinkError>>>,
    /// Fails all the time while it is set.
    pub(crate) down: Rc<Cell<bool>>,
}

impl Memory {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.borrow().clone()).expect("lines are UTF-8")
    }

    /// Returns the lines without their time.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = self.text();
        text.lines().map(|line| line.split_once(' ').expect("a time").1.to_owned()).collect()
    }

    pub(crate) fn batch_count(&self) -> usize {
        self.batches.borrow().len()
    }

    pub(crate) fn destination(&self) -> Destination<dyn Sink> {
        let memory = self.clone();
        to(FunctionSink::new(move |batch: &Batch<'_>| memory.take(batch)))
    }

    pub(crate) fn take(&self, batch: &Batch<'_>) -> Result<(), SinkError> {
        if self.down.get() {
            return Err(SinkError::new(SinkErrorKind::Failed));
        }
        let error = self.errors.borrow_mut().pop();
        let accepted = error.map_or(batch.bytes().len(), |error| error.accepted_bytes());
        self.bytes.borrow_mut().extend_from_slice(&batch.bytes()[..accepted]);
        match error {
            Some(error) => Err(error),
            None => {
                self.batches.borrow_mut().push((batch.len(), batch.dropped()));
                Ok(())
            }
        }
    }
}

/// Begins a configuration of text lines that only `flush` and full batches write.
pub(crate) fn quiet() -> Configure {
    configure()
        .format(Format::Text)
        .level(LogLevel::Trace)
        .batch_bytes(64 * 1024)
        .flush_after_millis(3_600_000)
        .redact([] as [&str; 0])
        .clock(CLOCK)
        .on_error(|_| ())
}

/// Has all loggers write lines to memory.
pub(crate) fn to_memory() -> Memory {
    let memory = Memory::default();
    quiet().destination(memory.destination()).apply();
    memory
}

/// Returns how many records were written and dropped since `before`.
pub(crate) fn since(before: &Stats) -> (usize, usize) {
    let now = stats();
    (now.written - before.written, now.dropped.total() - before.dropped.total())
}

/// Waits by the engine's own timer.
pub(crate) async fn sleep(millis: i32) {
    let promise = Promise::new(&mut |done: Function, _| {
        let set_timeout: Function = global("setTimeout");
        set_timeout.call2(&JsValue::UNDEFINED, &done, &millis.into()).expect("a timer");
    });
    JsFuture::from(promise).await.expect("timers resolve");
}

pub(crate) fn global<T: JsCast>(name: &str) -> T {
    Reflect::get(&js_sys::global(), &name.into()).expect("a global").unchecked_into()
}

type Method = Closure<dyn Fn(JsValue) -> Result<(), JsValue>>;

/// What reached the console's methods, in order; the true console comes back when
/// this goes.
pub(crate) struct FakeConsole {
    calls: Rc<RefCell<Vec<(&'static str, String)>>>,
    /// What it throws while it is set.
    pub(crate) throws: Rc<Cell<bool>>,
    before: Vec<(&'static str, JsValue)>,
    _methods: Vec<Method>,
}

impl FakeConsole {
    pub(crate) fn install() -> Self {
        let calls = Rc::new(RefCell::new(Vec::new()));
        let throws = Rc::new(Cell::new(false));
        let console: Object = global("console");
        let mut before = Vec::new();
        let mut methods = Vec::new();
        for name in ["debug", "info", "warn", "error"] {
            let (calls, throws) = (Rc::clone(&calls), Rc::clone(&throws));
            let method = Method::new(move |text: JsValue| {
                if throws.get() {
                    return Err(JsValue::from_str("the console throws"));
                }
                calls.borrow_mut().push((name, text.as_string().expect("text")));
                Ok(())
            });
            before.push((name, Reflect::get(&console, &name.into()).expect("a method")));
            Reflect::set(&console, &name.into(), method.as_ref()).expect("the console can be changed");
            methods.push(method);
        }
        Self { calls, throws, before, _methods: methods }
    }

    pub(crate) fn calls(&self) -> Vec<(&'static str, String)> {
        std::mem::take(&mut self.calls.borrow_mut())
    }
}

impl Drop for FakeConsole {
    fn drop(&mut self) {
        let console: Object = global("console");
        for (name, method) in &self.before {
            Reflect::set(&console, &(*name).into(), method).expect("the console can be changed");
        }
    }
}
