//! Who is measured: a line for each file in `contenders/src/bin`.

use std::path::PathBuf;

use anyhow::Result;
use host::{Firmware, Machine, Program, Sites};

/// One way to log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contender {
    /// As the table has it.
    pub(crate) name: &'static str,
    /// The binary.
    pub(crate) bin: &'static str,
    /// The feature that the binary needs.
    pub(crate) feature: &'static str,
    /// Where its call sites are.
    pub(crate) sites: Sites,
    /// What it may cost at most.
    pub(crate) limit: Limit,
    /// How its instructions are compared.
    pub(crate) counted: Counted,
}

/// Bytes of flash that a contender may take.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limit {
    /// For each statement.
    pub(crate) statement: Option<f64>,
    /// Once.
    pub(crate) fixed: Option<f64>,
}

/// What instructions are counted for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Counted {
    /// To be shown.
    Shown,
    /// To be more than kakashi's.
    Rival,
    /// To be fewer than any rival's.
    Fewest,
}

const NONE: Limit = Limit { statement: None, fixed: None };
/// No limit.
const ANY: f64 = f64::INFINITY;

/// The board and the values, which all others have too.
pub(crate) const EMPTY: Contender = rival("empty", "empty", "empty", Counted::Shown);

/// All contenders that log.
pub(crate) const ALL: [Contender; 10] = [
    rival("`log`, `core::fmt`", "log_fmt", "log", Counted::Rival),
    rival("`log` with `kv`", "log_kv", "log-kv", Counted::Shown),
    rival("`ufmt`", "ufmt_uart", "ufmt", Counted::Shown),
    rival("`defmt`, `defmt-rtt`", "defmt_rtt", "defmt-rtt", Counted::Rival),
    rival("`defmt`, smallest logger", "defmt_serial", "defmt-serial", Counted::Rival),
    kakashi("kakashi text", "kakashi_text", Sites::Described, (102.0, 3.0), Counted::Shown),
    kakashi("kakashi wire", "kakashi_wire", Sites::Described, (72.0, 2.5), Counted::Shown),
    kakashi("kakashi wire, sites exported", "kakashi_wire", Sites::Exported, (52.0, ANY), Counted::Shown),
    kakashi("kakashi ring", "kakashi_ring", Sites::Described, (72.0, ANY), Counted::Shown),
    kakashi("kakashi ring, sites exported", "kakashi_ring", Sites::Exported, (52.0, ANY), Counted::Fewest),
];

const fn rival(name: &'static str, bin: &'static str, feature: &'static str, counted: Counted) -> Contender {
    Contender { name, bin, feature, sites: Sites::Described, limit: NONE, counted }
}

const fn kakashi(
    name: &'static str,
    bin: &'static str,
    sites: Sites,
    (statement, fixed): (f64, f64),
    counted: Counted,
) -> Contender {
    let fixed = if fixed == ANY { None } else { Some(fixed * 1024.0) };
    let limit = Limit { statement: Some(statement), fixed };
    Contender { name, bin, feature: "kakashi", sites, limit, counted }
}

impl Contender {
    /// Builds its firmware.
    pub(crate) fn build(&self, statements: u32, count: bool) -> Result<PathBuf> {
        let features: &[&str] = if count { &[self.feature, "count"] } else { &[self.feature] };
        let variables = [("STATEMENTS", statements.to_string())];
        Firmware {
            package: "contenders",
            program: Program::Bin(self.bin),
            features,
            variables: &variables,
            sites: self.sites,
        }
        .build(Machine::Mps2An386)
    }
}
