//! Medians and percentiles, as the only statistics there are.

/// The median of some measurements, and what they lie between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub min: f64,
    pub median: f64,
    pub max: f64,
}

impl Spread {
    /// The spread of `values`, of which there is at least one.
    pub fn of(values: &[f64]) -> Spread {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (below, above) = ((sorted.len() - 1) / 2, sorted.len() / 2);
        Spread {
            min: sorted[0],
            median: f64::midpoint(sorted[below], sorted[above]),
            max: sorted[sorted.len() - 1],
        }
    }
}

/// The least of `sorted` that at least this share of them do not exceed.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_odd_and_even_numbers_of_values() {
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Spread { min: 1.0, median: 2.0, max: 3.0 });
        assert_eq!(Spread::of(&[4.0, 1.0]), Spread { min: 1.0, median: 2.5, max: 4.0 });
        assert_eq!(Spread::of(&[7.0]), Spread { min: 7.0, median: 7.0, max: 7.0 });
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let sorted: Vec<_> = (1..=1000).map(f64::from).collect();
        assert_eq!(
            [0.0, 0.5, 0.99, 0.999, 1.0].map(|p| percentile(&sorted, p)),
            [1.0, 500.0, 990.0, 999.0, 1000.0]
        );
        assert_eq!(percentile(&[7.0], 0.999), 7.0);
    }
}
