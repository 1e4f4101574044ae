//! The floor of plain code: `write!` into one locked `BufWriter`.
//!
//! What a programmer would write with the standard library in ten minutes.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::civil::civil;
use crate::contender::{Contender, TARGET, open};

const DEBUG: u8 = 1;
const INFO: u8 = 2;

static THRESHOLD: AtomicU8 = AtomicU8::new(INFO);

pub struct RawBuffered {
    file: Mutex<BufWriter<File>>,
}

impl Contender for RawBuffered {
    const NAME: &'static str = "std";
    const NOTE: &'static str = "floor: `write!` into one `Mutex<BufWriter<File>>`, 64 KiB";

    fn setup(destination: &Path) -> Result<Self> {
        let file = BufWriter::with_capacity(64 * 1024, open(destination)?);
        Ok(RawBuffered { file: Mutex::new(file) })
    }

    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        let c = civil(now.as_secs());
        let mut file = self.file.lock().expect("no panic under the lock");
        writeln!(
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
        .expect("writing the record");
    }

    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        if DEBUG >= THRESHOLD.load(Ordering::Relaxed) {
            self.log(order_id, symbol, price);
        }
    }

    fn finish(&self) -> Result<()> {
        Ok(self.file.lock().expect("no panic under the lock").flush()?)
    }
}
