//! The replay itself: threads that log their share of the requests.
//!
//! It is written for anything that logs, so that another kind of logger is one
//! more call of [`play`].

use std::io::{self, IsTerminal as _};
use std::thread;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use kakashi_std::{
    Bytes, Log, RequestContext, Value, clear_context, error, fields, flush, info, set_custom_context,
    set_request_context, warning,
};

use crate::access_log::Request;
use crate::options::Options;

/// A replay of fewer records is over before a bar could be read.
const LONG: u64 = 200_000;
/// How many records a thread logs between two looks at the bar.
const STRIDE: u64 = 1024;

/// What a replay came to.
#[derive(Debug)]
pub(crate) struct Played {
    /// Records that were logged.
    pub(crate) records: u64,
    /// Of these, how many still waited after the flush.
    pub(crate) left: usize,
    /// From the first call to the end of the flush.
    pub(crate) seconds: f64,
}

/// Logs every request as often as the options say, then flushes.
pub(crate) fn play<L: Log + Sync>(logger: &L, requests: &[Request<'_>], options: &Options) -> Played {
    let threads = usize::from(options.threads);
    let rounds = options.repeat;
    let records = requests.len() as u64 * u64::from(rounds);
    let bar = progress(records, options);
    let start = Instant::now();
    thread::scope(|scope| {
        for first in 0..threads {
            let bar = &bar;
            scope.spawn(move || {
                let mut logged = 0;
                for _ in 0..rounds {
                    // This thread's lines: one in `threads`.
                    for request in requests.iter().skip(first).step_by(threads) {
                        log(logger, request);
                        logged += 1;
                        if logged % STRIDE == 0 {
                            bar.inc(STRIDE);
                        }
                    }
                }
            });
        }
    });
    let flushed = flush();
    let seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    Played { records, left: flushed.left, seconds }
}

/// Logs one request, as a server would at its end.
fn log<L: Log>(logger: &L, request: &Request<'_>) {
    let mut context =
        RequestContext::new(request.address, &String::from_utf8_lossy(request.line)).request_id(request.id);
    if let Some(agent) = request.agent {
        context = context.user_agent(&String::from_utf8_lossy(agent));
    }
    set_request_context(context);
    if let Some(agent) = request.agent.filter(|agent| std::str::from_utf8(agent).is_err()) {
        set_custom_context(fields![user_agent_bytes = Bytes(agent)]);
    }
    macro_rules! log {
        ($level:ident, $message:literal) => {
            $level!(
                logger,
                $message,
                status = request.status,
                bytes = request.bytes,
                duration = request.duration,
                method = request.method,
                path = text(request.path),
                referrer = request.referrer.map(text),
                user = request.user.map(text),
            )
        };
    }
    match request.status {
        500.. => log!(error, "Request failed with {status}"),
        400..=499 => log!(warning, "Request refused"),
        _ => log!(info, "Request answered"),
    }
    clear_context();
}

/// Logs bytes as text where they are UTF-8.
fn text(bytes: &[u8]) -> Value<'_> {
    std::str::from_utf8(bytes).map_or(Value::Bytes(bytes), Value::Str)
}

/// Makes a bar for a long replay, where it does not disturb the records.
fn progress(records: u64, options: &Options) -> ProgressBar {
    if records <= LONG || !io::stderr().is_terminal() || options.to.shares_stderr() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} records, {eta} left");
    ProgressBar::new(records).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
