//! The hand-tuned floor: what a logger could cost if it did nothing but this.
//!
//! One clock read a record, date and seconds cached for the second, itoa and
//! zmij for the numbers, appended to a buffer of the thread's own that goes
//! out in one `write` when it is full. No lock, no level, no choice.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::civil::civil;
use crate::contender::{Contender, open};
use crate::workload::CONTEXT;

/// A thread writes when its buffer might not take another line.
const CAPACITY: usize = 64 * 1024;
/// No line is longer.
const LONGEST_LINE: usize = 512;
/// The severity of DEBUG and the threshold, for the disabled call.
const DEBUG: u8 = 1;
const INFO: u8 = 2;

static THRESHOLD: AtomicU8 = AtomicU8::new(INFO);

struct State {
    buffer: Vec<u8>,
    second: u64,
    /// `2026-11-22T10:12:00.`, for `second`.
    stamp: [u8; 20],
    /// The inherited fields, rendered once.
    context: Vec<u8>,
}

thread_local! {
    // `ManuallyDrop`: without a destructor to register, access is a plain load.
    // `finish_thread` sees to what is left in the buffer.
    static STATE: RefCell<ManuallyDrop<State>> = const {
        RefCell::new(ManuallyDrop::new(State {
            buffer: Vec::new(),
            second: 0,
            stamp: [0; 20],
            context: Vec::new(),
        }))
    };
}

pub struct Limit {
    file: File,
}

impl Limit {
    fn write_out(&self, buffer: &mut Vec<u8>) {
        (&self.file).write_all(buffer).expect("writing the buffer out");
        buffer.clear();
        buffer.reserve_exact(CAPACITY);
    }
}

impl Contender for Limit {
    const NAME: &'static str = "limit";
    const NOTE: &'static str = "floor: hand-tuned loop, 64 KiB a thread, no lock";
    const HAS_CONTEXT: bool = true;

    fn setup(destination: &Path) -> Result<Self> {
        Ok(Limit { file: open(destination)? })
    }

    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        STATE.with_borrow_mut(|state| {
            let State { buffer, second, stamp, context } = &mut **state;
            if buffer.len() + LONGEST_LINE > buffer.capacity() {
                self.write_out(buffer);
            }
            if now.as_secs() != *second {
                *second = now.as_secs();
                *stamp = render_stamp(*second);
            }
            buffer.extend_from_slice(stamp);
            buffer.extend_from_slice(&six_digits(now.subsec_micros()));
            buffer.extend_from_slice(b"Z INFO app::orders Order accepted order_id=");
            buffer.extend_from_slice(itoa::Buffer::new().format(order_id).as_bytes());
            buffer.extend_from_slice(b" symbol=");
            buffer.extend_from_slice(symbol.as_bytes());
            buffer.extend_from_slice(b" price=");
            buffer.extend_from_slice(zmij::Buffer::new().format(price).as_bytes());
            if !context.is_empty() {
                buffer.extend_from_slice(context);
            }
            buffer.push(b'\n');
        });
    }

    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        if DEBUG >= THRESHOLD.load(Ordering::Relaxed) {
            self.log(order_id, symbol, price);
        }
    }

    fn in_context(&self, run: impl FnOnce(&Self)) {
        STATE.with_borrow_mut(|state| state.context = CONTEXT.rendered().into_bytes());
        run(self);
        STATE.with_borrow_mut(|state| state.context.clear());
    }

    fn finish_thread(&self) {
        STATE.with_borrow_mut(|state| self.write_out(&mut state.buffer));
    }

    fn finish(self) -> Result<()> {
        Ok(())
    }
}

fn render_stamp(second: u64) -> [u8; 20] {
    let c = civil(second);
    let mut stamp = *b"0000-00-00T00:00:00.";
    let fields = [(c.year / 100, 0), (c.year % 100, 2), (c.month, 5), (c.day, 8)];
    let of_day = [(c.hour, 11), (c.minute, 14), (c.second, 17)];
    for (value, at) in fields.into_iter().chain(of_day) {
        stamp[at..at + 2].copy_from_slice(&PAIRS[value as usize]);
    }
    stamp
}

fn six_digits(micros: u32) -> [u8; 6] {
    let [a, b] = PAIRS[(micros / 10_000) as usize];
    let [c, d] = PAIRS[(micros / 100 % 100) as usize];
    let [e, f] = PAIRS[(micros % 100) as usize];
    [a, b, c, d, e, f]
}

/// The two digits of every number below 100.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};
