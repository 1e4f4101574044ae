//! Which rules hold, and the samplers of their numbers.

use kakashi_core::{SampledBy, SampledLoggers};

use super::samplers::{self, MOST};
use super::settings::{Sampling, SamplingChange};

/// What is sampled: each rule with the number of its sampler, which is its place and one.
#[derive(Debug, Default)]
pub(crate) struct SamplingRules {
    rules: Vec<Option<(Box<str>, Sampling)>>,
}

impl SamplingRules {
    /// Tells whether a change would need more samplers than there are.
    pub(crate) fn is_too_much(&self, change: &SamplingChange) -> bool {
        let kept = self
            .rules
            .iter()
            .flatten()
            .filter(|(prefix, _)| !change.clears && change.set.iter().all(|(other, _)| other != prefix));
        kept.count() + change.set.len() > MOST
    }

    /// Makes a change; returns whom loggers ask from now on. Rules beyond the most are left out.
    pub(crate) fn change(&mut self, change: SamplingChange) -> SampledLoggers {
        let SamplingChange { clears, set } = change;
        if clears {
            self.rules.fill(None);
        }
        for (prefix, sampling) in set {
            let is_its = |rule: &Option<(Box<str>, Sampling)>| {
                rule.as_ref().is_some_and(|(other, _)| *other == prefix)
            };
            let found = self.rules.iter().position(is_its);
            match found.or_else(|| self.rules.iter().position(Option::is_none)) {
                Some(at) => self.rules[at] = Some((prefix, sampling)),
                None if self.rules.len() < MOST => self.rules.push(Some((prefix, sampling))),
                None => {}
            }
        }
        let mut sampled = SampledLoggers::default();
        for (number, rule) in (1..).zip(&self.rules) {
            let Some((prefix, sampling)) = rule else { continue };
            samplers::set(number, sampling);
            sampled.set(prefix, SampledBy { sampler: number, spared: sampling.spared });
        }
        sampled
    }
}
