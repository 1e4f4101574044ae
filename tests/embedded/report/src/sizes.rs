//! Flash and RAM: firmware with few, some and many statements, and the line
//! through their sizes.
//!
//! The slope is what a statement costs, the intercept what a logger costs once;
//! of both the empty contender's is taken off, which has the same board,
//! functions and values. RAM is without the stack.

use std::fs;

use anyhow::{Context, Result};
use object::Endianness;
use object::elf::{FileHeader32, SHF_ALLOC, SHT_NOBITS};
use object::read::elf::{FileHeader, SectionHeader};

use crate::contenders::{ALL, Contender, EMPTY};
use crate::fit::{Line, line};

/// Numbers of statements.
const STATEMENTS: [u32; 3] = [8, 24, 40];

/// Memory from here on is RAM.
const RAM: u32 = 0x2000_0000;

struct Size {
    flash: f64,
    ram: f64,
}

struct Measured {
    flash: Line,
    ram: Line,
}

/// Prints the table and returns what misses its limit.
pub(crate) fn report() -> Result<Vec<String>> {
    let empty = measure(&EMPTY)?;
    println!("| | flash, a statement | limit | flash, once | limit | RAM |");
    println!("|---|--:|--:|--:|--:|--:|");
    let mut misses = Vec::new();
    for contender in &ALL {
        let measured = measure(contender)?;
        let statement = measured.flash.slope - empty.flash.slope;
        let fixed = measured.flash.intercept - empty.flash.intercept;
        let ram = measured.ram.intercept - empty.ram.intercept;
        let name = contender.name;
        let limit = |limit: Option<f64>| limit.map_or(String::new(), |limit| format!("{limit}"));
        println!(
            "| {name} | {statement:.1} | {} | {fixed:.0} | {} | {ram:.0} |",
            limit(contender.limit.statement),
            limit(contender.limit.fixed)
        );
        for (what, found, limit) in
            [("a statement", statement, contender.limit.statement), ("once", fixed, contender.limit.fixed)]
        {
            if let Some(limit) = limit.filter(|limit| found > *limit) {
                misses.push(format!("{name}, flash, {what}: {found:.1} bytes are more than {limit}"));
            }
        }
    }
    println!(
        "\nBytes; thumbv7em-none-eabihf, `opt-level = \"s\"`, fat LTO, one codegen unit, panic = abort; a \
         line through {STATEMENTS:?} statements, less the empty firmware's ({:.1} a statement, {:.0} once).",
        empty.flash.slope, empty.flash.intercept
    );
    Ok(misses)
}

fn measure(contender: &Contender) -> Result<Measured> {
    let mut flash = Vec::new();
    let mut ram = Vec::new();
    for statements in STATEMENTS {
        let elf = contender.build(statements, false)?;
        let size = size(&fs::read(&elf)?).with_context(|| format!("reading {}", elf.display()))?;
        flash.push((f64::from(statements), size.flash));
        ram.push((f64::from(statements), size.ram));
    }
    Ok(Measured { flash: line(&flash), ram: line(&ram) })
}

/// Adds up the sections that are loaded, and those that are set aside.
fn size(file: &[u8]) -> Result<Size> {
    let header = FileHeader32::<Endianness>::parse(file)?;
    let endian = header.endian()?;
    let mut size = Size { flash: 0.0, ram: 0.0 };
    for section in header.sections(endian, file)?.iter() {
        if !section.sh_flags(endian).contains(SHF_ALLOC) {
            continue;
        }
        let bytes = f64::from(section.sh_size(endian));
        if section.sh_type(endian) != SHT_NOBITS {
            size.flash += bytes;
        }
        if section.sh_addr(endian) >= RAM {
            size.ram += bytes;
        }
    }
    Ok(size)
}
