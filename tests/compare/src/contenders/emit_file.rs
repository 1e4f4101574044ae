//! emit with `emit_file`: events as JSON to a thread that writes and syncs.
//!
//! Its queue holds 10,000 events and cannot block: when it is full it is
//! emptied, and counted is how often, not how many events that cost. It rolls
//! files, so that its file has a longer name than the path it is given.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::contender::{Contender, TARGET};
use crate::form::Form;
use crate::workload::CONTEXT;

/// For as much as a queue and a disk may need.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(30);

pub struct EmitFile;

impl Contender for EmitFile {
    const NAME: &'static str = "emit_file";
    const NOTE: &'static str = "`emit_file::set` by default: JSON, `fsync`s each batch; its queue of 10,000 \
                                is emptied when full; not to `/dev/null`, for it makes files of its own";
    const FORM: Form = Form::Json;
    const HAS_CONTEXT: bool = true;
    const OPENS_PATH: bool = false;

    fn setup(destination: &Path) -> Result<Self> {
        let _ = emit::setup()
            .emit_when(emit::level::min_filter(emit::Level::Info))
            .emit_to(::emit_file::set(destination).spawn())
            .init();
        Ok(EmitFile)
    }

    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        emit::info!(mdl: emit::Path::new_raw(TARGET), "Order accepted", order_id, symbol, price);
    }

    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        emit::debug!(mdl: emit::Path::new_raw(TARGET), "Order accepted", order_id, symbol, price);
    }

    #[expect(clippy::too_many_arguments, reason = "what `props!` expands to")]
    fn in_context(&self, run: impl FnOnce(&Self)) {
        let c = CONTEXT;
        let props = emit::props! {
            request_id: c.request_id,
            tenant: c.tenant,
            user: c.user,
            region: c.region,
            attempt: c.attempt,
        };
        emit::Frame::push(emit::ctxt(), props).call(|| run(self));
    }

    fn finish(self) -> Result<()> {
        ensure!(emit::blocking_flush(FLUSH_TIMEOUT), "not flushed in {} s", FLUSH_TIMEOUT.as_secs());
        Ok(())
    }
}
