//! The floor of plain code: `write!` into one locked `BufWriter`.
//!
//! What a programmer would write with the standard library in ten minutes.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::civil::civil;
use crate::contender::{Contender, TARGET, open};
use crate::workload::CONTEXT;

const DEBUG: u8 = 1;
const INFO: u8 = 2;

static THRESHOLD: AtomicU8 = AtomicU8::new(INFO);

pub struct RawBuffered {
    file: Arc<Mutex<BufWriter<File>>>,
    /// The inherited fields, rendered once.
    context: String,
}

impl Contender for RawBuffered {
    const NAME: &'static str = "std";
    const NOTE: &'static str = "floor: `write!` into one `Mutex<BufWriter<File>>`, 64 KiB";
    const HAS_CONTEXT: bool = true;

    fn setup(destination: &Path) -> Result<Self> {
        let file = BufWriter::with_capacity(64 * 1024, open(destination)?);
        Ok(RawBuffered { file: Arc::new(Mutex::new(file)), context: String::new() })
    }

    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        let c = civil(now.as_secs());
        let mut file = self.file.lock().expect("no panic under the lock");
        write!(
            file,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z INFO {TARGET} Order accepted \
             order_id={order_id} symbol={symbol} price={price}",
            c.year,
            c.month,
            c.day,
            c.hour,
            c.minute,
            c.second,
            now.subsec_micros(),
        )
        .and_then(|()| file.write_all(self.context.as_bytes()))
        .and_then(|()| file.write_all(b"\n"))
        .expect("writing the record");
    }

    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        if DEBUG >= THRESHOLD.load(Ordering::Relaxed) {
            self.log(order_id, symbol, price);
        }
    }

    fn in_context(&self, run: impl FnOnce(&Self)) {
        run(&RawBuffered { file: Arc::clone(&self.file), context: CONTEXT.rendered() });
    }

    fn finish(self) -> Result<()> {
        Ok(self.file.lock().expect("no panic under the lock").flush()?)
    }
}
