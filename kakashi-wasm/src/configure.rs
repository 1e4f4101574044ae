//! Settings of the whole program, at any time.

use std::rc::Rc;

use kakashi_core::{Clock, RetryMode, Sink};

use crate::delivery::report::{OnError, set_on_error};
use crate::dispatch::logger_registry::logger_registry;
use crate::dispatch::settings;
use crate::host::timer;
use crate::{flush, lifecycle, submit};

kakashi_core::__configure! {
    "kakashi_wasm", "```no_run";
    sink: dyn Sink;
    clock: Rc<dyn Clock>, Clock;
    own: { on_error: Option<OnError> };
    format: "`Auto`, which is text here";
    destination: "the console";
    flush_after: "1 to 2³¹ − 1 milliseconds (24 days)";
}

impl Configure {
    /// Calls `handler` when a sink begins to fail, and when its records had to be
    /// dropped, with a sentence that says so. At first: `console.warn`.
    pub fn on_error(mut self, handler: impl Fn(&str) + 'static) -> Self {
        self.on_error = Some(Rc::new(handler));
        self
    }

    /// Makes the change, for all loggers that exist and all to come.
    ///
    /// What was logged before is written first, in the old form.
    pub fn apply(self) {
        lifecycle::install();
        self.change.change_levels(logger_registry());
        if let Some(millis) = self.change.flush_after_millis {
            timer::set_flush_after_millis(millis);
        }
        if let Some(handler) = self.on_error {
            set_on_error(handler);
        }
        flush::flush_all(RetryMode::Now);
        settings::change(self.change);
        submit::replay_deferred();
    }
}
