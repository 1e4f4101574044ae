//! The one figure of each measurement that counts, and its ratio to a floor.

use crate::cli::What;
use crate::outcome::Outcome;
use crate::plan::{Case, Row};
use crate::stats::Spread;

/// The figure of each round: for a latency a call's share of a burst, for a
/// throughput the wall time over the records that arrived. A logger that drops
/// half of them in half the time is no faster.
pub fn figures(case: &Case, row: &Row) -> Vec<f64> {
    let figure = |(round, outcome): (usize, &Outcome)| match case.what {
        What::Latency => outcome.burst,
        What::Disabled | What::Request => outcome.wall,
        What::Throughput | What::Context5 => outcome.wall / arrived(case, row, round),
    };
    row.outcomes.iter().enumerate().map(figure).collect()
}

/// Their spread; `None` where there is no outcome.
pub fn figure(case: &Case, row: &Row) -> Option<Spread> {
    let figures = figures(case, row);
    (!figures.is_empty()).then(|| Spread::of(&figures))
}

/// The share of records that arrived in one round: those in the file, or to
/// `/dev/null` those that were not counted as dropped.
fn arrived(case: &Case, row: &Row, round: usize) -> f64 {
    let records = case.records as f64;
    match row.readbacks.get(round) {
        Some(readback) => readback.records as f64 / records,
        None => 1.0 - row.outcomes[round].dropped / records,
    }
}

/// How many times slower than the contender called `floor`, median to median.
pub fn ratio(case: &Case, row: &Row, floor: &str) -> Option<f64> {
    let own = figure(case, row)?.median;
    Some(own / figure(case, case.row(floor)?)?.median)
}

/// The rows as they shall stand: floors first, then the fastest.
pub fn sorted(case: &Case) -> Vec<&Row> {
    let mut rows: Vec<_> = case.rows.iter().collect();
    let key = |row: &Row| figure(case, row).map_or(f64::INFINITY, |spread| spread.median);
    rows.sort_by(|a, b| {
        let floors = b.contender.is_floor().cmp(&a.contender.is_floor());
        floors.then(key(a).total_cmp(&key(b)))
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contenders::{STD, find};
    use crate::destination::Kind;
    use crate::readback::Readback;

    fn row(name: &str, wall: f64, dropped: f64) -> Row {
        let outcomes = vec![Outcome { wall, dropped, ..Outcome::default() }];
        Row { contender: find(name).unwrap(), outcomes, readbacks: vec![], failures: vec![] }
    }

    fn case(rows: Vec<Row>) -> Case {
        Case { what: What::Throughput, json: false, to: Kind::Null, threads: 1, records: 100, rows }
    }

    #[test]
    fn who_drops_is_not_faster_for_it() {
        let mut case = case(vec![
            row("tracing", 300.0, 0.0),
            row("kakashi-async-newest", 100.0, 75.0),
            row(STD, 200.0, 0.0),
        ]);
        let names = |case: &Case| -> Vec<_> { sorted(case).iter().map(|row| row.contender.name).collect() };
        assert_eq!(names(&case), [STD, "tracing", "kakashi-async-newest"]);
        assert_eq!(ratio(&case, &case.rows[1], STD), Some(2.0));

        case.rows[0].readbacks.push(Readback { records: 50, ..Readback::default() });
        assert_eq!(names(&case), [STD, "kakashi-async-newest", "tracing"]);
    }
}
