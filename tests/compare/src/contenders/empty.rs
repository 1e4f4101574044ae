//! A logger that does nothing: what the timer and the loop cost.

use std::hint::black_box;
use std::path::Path;

use anyhow::Result;

use crate::cli::What;
use crate::contender::Contender;
use crate::form::Form;

pub struct Empty;

impl Contender for Empty {
    const NAME: &'static str = "empty";
    const NOTE: &'static str = "floor of the latency: takes the fields and does nothing";
    const FORM: Form = Form::Nothing;
    const EXEMPT: &'static [What] = &[What::Throughput, What::Disabled];

    fn setup(_: &Path) -> Result<Self> {
        Ok(Empty)
    }

    #[inline(always)]
    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        black_box((order_id, symbol, price));
    }

    fn log_disabled(&self, _: u64, _: &'static str, _: f64) {}

    fn finish(self) -> Result<()> {
        Ok(())
    }
}
