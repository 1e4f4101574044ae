//! Settings of the whole program, at any time.

use std::rc::Rc;

use kakashi_core::{Clock, RetryMode, SettingsError, Sink};

use crate::delivery::report::{OnError, report, set_on_error};
use crate::dispatch::logger_registry::logger_registry;
use crate::dispatch::settings;
use crate::host::timer;
use crate::{flush, lifecycle, submit};

kakashi_core::__configure! {
    "kakashi_wasm", "```no_run";
    sink: dyn Sink;
    clock: Rc<dyn Clock>, Clock;
    own: { on_error: Option<Option<OnError>> };
    format: "`Auto`, which is text here";
    destination: "the console";
    flush_after: "1 to 2³¹ − 1 milliseconds (24 days)";
}

impl Configure {
    /// Calls `handler` when a sink begins to fail, and when its records had to be
    /// dropped, with a sentence that says so. At first: `console.warn`.
    pub fn on_error(mut self, handler: impl Fn(&str) + 'static) -> Self {
        self.on_error = Some(Some(Rc::new(handler)));
        self
    }

    /// Calls `console.warn` again where [`on_error`](Self::on_error) has set something else.
    pub fn default_on_error(mut self) -> Self {
        self.on_error = Some(None);
        self
    }

    /// Makes the change, for all loggers that exist and all to come.
    ///
    /// What was logged before is written first, in the old form. What makes no sense is
    /// reported, as a sink's failure is, and left out: a wrong prefix or path, a second
    /// destination of one name; all else holds. [`try_apply`](Self::try_apply) returns it
    /// instead, and changes nothing.
    pub fn apply(mut self) {
        let refuse = |error| report(&format!("left out of the settings: {error}"));
        self.take_wrong(&mut |error| refuse(error));
        if let Err(error) = self.make() {
            refuse(error);
        }
    }

    fn reset_own(&mut self) {
        self.on_error = Some(None);
    }

    fn take_wrong_own(&mut self, _report: &mut dyn FnMut(SettingsError)) {}

    fn make(self) -> Result<(), SettingsError> {
        lifecycle::install();
        self.change.change_levels(logger_registry());
        if let Some(millis) = self.change.flush_after_millis {
            timer::set_flush_after_millis(millis);
        }
        if let Some(handler) = self.on_error {
            set_on_error(handler);
        }
        flush::flush_all(RetryMode::Now);
        let changed = settings::change(self.change);
        submit::replay_deferred();
        changed
    }
}
