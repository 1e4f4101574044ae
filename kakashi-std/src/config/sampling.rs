//! Rules of sampling in a file.

use std::time::Duration;

use kakashi_core::TailSampling;
use serde::Deserialize;

use super::values::{LevelName, Threshold, with};
use crate::sampling::Sampling;

/// Which records are left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SamplingTable {
    first_of_site: Option<u32>,
    then_every: Option<u32>,
    window_millis: Option<u64>,
    per_second: Option<u32>,
    burst: Option<u32>,
    spare_from: Option<Threshold>,
    trace_ratio: Option<f64>,
}

impl SamplingTable {
    pub(super) fn sampling(self) -> Sampling {
        let mut sampling = Sampling::new();
        sampling = with(sampling, self.first_of_site, Sampling::first_of_site);
        sampling = with(sampling, self.then_every, Sampling::then_every);
        sampling = with(sampling, self.window_millis.map(Duration::from_millis), Sampling::window);
        sampling = with(sampling, self.per_second, Sampling::per_second);
        sampling = with(sampling, self.burst, Sampling::burst);
        sampling = with(sampling, self.trace_ratio, Sampling::trace_ratio);
        with(sampling, self.spare_from, |sampling, Threshold(level)| sampling.spare_from(level))
    }
}

/// Which traces a destination writes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TailSamplingTable {
    keep_from: Option<LevelName>,
    within_millis: Option<u64>,
    ratio: Option<f64>,
    max_bytes: Option<usize>,
}

impl TailSamplingTable {
    pub(super) fn sampling(self) -> TailSampling {
        let mut sampling = TailSampling::new();
        sampling = with(sampling, self.keep_from, |sampling, LevelName(level)| sampling.keep_from(level));
        sampling = with(sampling, self.within_millis.map(Duration::from_millis), TailSampling::within);
        sampling = with(sampling, self.ratio, TailSampling::ratio);
        with(sampling, self.max_bytes, TailSampling::max_bytes)
    }
}

#[cfg(test)]
mod tests {
    use kakashi_core::{LevelFilter, LogLevel};

    use super::*;

    #[test]
    fn a_table_says_what_sampling_can_say() {
        let table: SamplingTable = toml::from_str(
            "first_of_site = 3\nthen_every = 4\nwindow_millis = 60_000\nper_second = 5\nburst = 6\ntrace_ratio = 0.25\nspare_from = 'off'",
        )
        .unwrap();
        let expected = Sampling::new()
            .first_of_site(3)
            .then_every(4)
            .window(Duration::from_secs(60))
            .per_second(5)
            .burst(6)
            .trace_ratio(0.25)
            .spare_from(LevelFilter::OFF);
        assert_eq!(table.sampling(), expected);
        assert_eq!(SamplingTable::default().sampling(), Sampling::new());
        let table: TailSamplingTable =
            toml::from_str("keep_from = 'warning'\nwithin_millis = 5000\nratio = 0.5\nmax_bytes = 1_000_000")
                .unwrap();
        let expected = TailSampling::new()
            .keep_from(LogLevel::Warning)
            .within(Duration::from_secs(5))
            .ratio(0.5)
            .max_bytes(1_000_000);
        assert_eq!(table.sampling(), expected);
        assert_eq!(TailSamplingTable::default().sampling(), TailSampling::new());
        assert!(toml::from_str::<TailSamplingTable>("keep_from = 'loud'").is_err());
    }
}
