//! Samplers: which records of a logger are left out on purpose, before anything is made of them.
//!
//! What peers do, and what was taken: zap counts by level and text in 4,096 counters that texts
//! share by their hash, lets the first n of a tick and every m-th pass, and tells a hook, so that
//! nobody reads of it in the log; the rule is taken, with a count for each call site (a macro has an address, a
//! bridge's record a place, a function's call its words) and with what was left out in `stats()` and in the
//! stream. zerolog's `BurstSampler` and slog-sampling's thresholds are the same for a whole
//! logger, tracing-throttle's token buckets for each event: here [`Sampling::per_second`] is a
//! bucket for all loggers of a rule, which is what a disk or a bill is sized by, and comes after the call sites'
//! counts, so that one loud site does not use up what the others need. Random sampling (zerolog, slog-sampling) is
//! left out: nobody can say afterwards which ones are missing.
//!
//! A share of the traces ([`Sampling::trace_ratio`]) comes before both: OpenTelemetry's own arithmetic, so that each
//! process chooses the same ones.
//!
//! A sampler is asked after the level and before a record is made: by the cold branch of the
//! level's test, so that loggers without one run no instruction for it. It takes no lock: counts
//! are atomics in a table of a fixed size. It never looks at fields, and runs no code of the program's.
//! It knows no destinations: who counts and announces what was left out stands above.
//!
//! Nothing is ever freed: there are at most [`samplers::MOST`], each made when it is first needed and used
//! again afterwards, so that a call needs neither a lock nor a count of references.

mod rate_limit;
mod rules;
pub(crate) mod samplers;
mod settings;
pub(crate) mod site_counts;
pub(crate) mod trace_ratio;

pub(crate) use self::rules::SamplingRules;
pub use self::settings::Sampling;
pub(crate) use self::settings::SamplingChange;
