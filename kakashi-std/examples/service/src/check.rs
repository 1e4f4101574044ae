//! Checks the lines of a log: each has its own request's id and user, none is missing, and all
//! stand in the order in which they happened.

use std::fmt;

use serde_json::Value;

use crate::client::Kind;

/// What is known of a request's lines so far.
#[derive(Clone, Debug, Default)]
struct Seen {
    steps: u64,
    /// What sqlx says of its statements, from its own thread.
    statements: u64,
    is_over: bool,
}

/// How much was checked.
pub(crate) struct Checked {
    requests: u64,
    lines: usize,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests, {} lines, each with its own context, in order", self.requests, self.lines)
    }
}

impl Checked {
    /// Reads a log.
    ///
    /// # Errors
    /// What is wrong, with the line.
    pub(crate) fn read(log: &str, requests: u64) -> Result<Self, String> {
        let mut seen = vec![Seen::default(); usize::try_from(requests).map_err(|error| error.to_string())?];
        for line in log.lines() {
            let record: Value = serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
            take(&record, &mut seen).map_err(|fault| format!("{fault}: {line}"))?;
        }
        for (id, seen) in (0..).zip(&seen) {
            let kind = Kind::of(id);
            if !seen.is_over || seen.steps != kind.steps() || seen.statements != kind.statements() {
                return Err(format!("request {id}, {kind:?}: {seen:?}"));
            }
        }
        Ok(Self { requests, lines: log.lines().count() })
    }
}

fn text<'a>(record: &'a Value, key: &str) -> &'a str {
    record[key].as_str().unwrap_or_default()
}

/// Tells whether it is sqlx's line of a request's statement.
fn is_statement(record: &Value) -> bool {
    let summary = text(record, "summary");
    text(record, "logger") == "sqlx::query"
        && ["INSERT OR", "SELECT cents"].iter().any(|of| summary.starts_with(of))
}

/// Takes a line: one of a handler has the number of its request and of its step.
fn take(record: &Value, seen: &mut [Seen]) -> Result<(), &'static str> {
    if text(record, "message") == "Records were dropped" {
        return Err("lines are missing");
    }
    let of_context = text(record, "request_id").strip_prefix("r-").and_then(|id| id.parse::<u64>().ok());
    let Some(id) = of_context else {
        let is_ours = record.get("id").is_some() || text(record, "logger") == "http" || is_statement(record);
        return if is_ours { Err("no request's context") } else { Ok(()) };
    };
    let kind = Kind::of(id);
    let seen = usize::try_from(id).ok().and_then(|id| seen.get_mut(id)).ok_or("no such request")?;
    if record.get("id").is_some_and(|own| *own != id) {
        return Err("another request's context");
    }
    if text(record, "user_id") != format!("u-{id}") {
        return Err("another user's context");
    }
    if text(record, "route") != kind.route() || text(record, "ip") != "127.0.0.1" {
        return Err("another route or client");
    }
    if is_statement(record) {
        // It may say so when its answer is there already.
        seen.statements += 1;
        return Ok(());
    }
    if seen.is_over {
        return Err("a line after the end of its request");
    }
    if let Some(step) = record.get("step") {
        seen.steps += 1;
        return if *step == seen.steps { Ok(()) } else { Err("not in order") };
    }
    if text(record, "logger") == "http" {
        seen.is_over = true;
        let (level, message, status) = match kind {
            Kind::Order | Kind::Stream => ("INFO", "Request finished", Some(200)),
            Kind::Panic => ("ERROR", "Request panicked", Some(500)),
            Kind::Wait => ("WARNING", "Client went away before the response", None),
        };
        let has_status = record.get("status").and_then(Value::as_u64) == status;
        if text(record, "level") != level || text(record, "message") != message || !has_status {
            return Err("not the end of such a request");
        }
    }
    Ok(())
}
