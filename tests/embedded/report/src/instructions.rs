//! Instructions of a record, counted by the chip's own timer.
//!
//! QEMU takes a nanosecond for each instruction (`-icount shift=0`) and the
//! timer has 25 MHz: 40 instructions a tick, which a loop of known length
//! confirms in every run. A thousand records are logged into memory; the same
//! loop with the empty contender is taken off.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use host::Machine;

use crate::contenders::{ALL, Contender, Counted, EMPTY};

/// Records of a round: different ones, as in a program.
const STATEMENTS: u32 = 4;
const TIMEOUT: Duration = Duration::from_secs(60);

struct Count {
    instructions: f64,
    bytes: f64,
}

/// Prints the table and returns the contenders of kakashi that are not quicker than their rivals.
pub(crate) fn report() -> Result<Vec<String>> {
    let empty = count(&EMPTY)?;
    println!("| | instructions | bytes |");
    println!("|---|--:|--:|");
    let mut rows = Vec::new();
    for contender in &ALL {
        let Count { instructions, bytes } = count(contender)?;
        let instructions = instructions - empty.instructions;
        println!("| {} | {instructions:.0} | {bytes:.0} |", contender.name);
        rows.push((contender, instructions));
    }
    println!(
        "\nOf one record with three fields into memory: qemu-system-arm -machine mps2-an386 -icount shift=0, \
         thumbv7em-none-eabihf, `opt-level = \"s\"`; less the empty firmware's {:.0}.",
        empty.instructions
    );
    let of = |counted| rows.iter().filter(move |(contender, _)| contender.counted == counted);
    let mut misses = Vec::new();
    for (contender, instructions) in of(Counted::Fewest) {
        for (rival, fewest) in of(Counted::Rival).filter(|(_, rivals)| instructions >= rivals) {
            let (name, rival) = (contender.name, rival.name);
            misses.push(format!(
                "{name}: {instructions:.0} instructions are no fewer than {rival}'s {fewest:.0}"
            ));
        }
    }
    Ok(misses)
}

fn count(contender: &Contender) -> Result<Count> {
    let run = Machine::Mps2An386.run(&contender.build(STATEMENTS, true)?, TIMEOUT)?;
    let said = run.semihosting.trim();
    ensure!(run.passed, "{} failed: {said}{}", contender.name, run.complaints);
    let words: Vec<&str> = said.split(' ').collect();
    let numbers: HashMap<&str, f64> =
        words.chunks_exact(2).filter_map(|pair| Some((pair[0], pair[1].parse().ok()?))).collect();
    let number = |name| numbers.get(name).copied().with_context(|| format!("no {name} in: {said}"));
    let a_tick = number("known")? / number("known_ticks")?;
    ensure!((a_tick - 40.0).abs() < 0.1, "a tick should be 40 instructions, it is {a_tick}");
    let records = number("rounds")? * f64::from(STATEMENTS);
    Ok(Count {
        instructions: number("ticks")? * a_tick / records,
        bytes: number("bytes")? / f64::from(STATEMENTS),
    })
}
