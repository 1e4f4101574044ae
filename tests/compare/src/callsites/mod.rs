//! What a call site adds to a binary, and to the time it takes to build.
//!
//! For each library a crate is generated with 1,000 call sites of three fields,
//! ten to a function, each with a message and keys of its own. It is built with
//! cargo's release profile, its dependencies beforehand, and compared with the
//! same crate without them. (Both have one call site in `main`, so that what a
//! first one pulls in from the library is in both.) The program is run to see
//! that every call site is there and logs.
//!
//! The strings a call site names — message, keys, module path, file name — are
//! no cost of the library's. They are counted in the binary and subtracted,
//! all copies of them; the column beside says what is left if each call site is
//! granted one copy of its message and keys only.

mod generate;
mod libraries;
mod sections;

use std::fmt::{self, Write as _};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::cli::CallsitesArgs;
use crate::machine;
use crate::report::{head, line};
use crate::stats::Spread;
use generate::{FILE, Generated, MODULE_PATH};
use libraries::{Library, Names};
use sections::{Binary, SECTIONS};

/// What one library's call sites came to.
struct Measured {
    library: &'static Library,
    /// Seconds to build the crate with the call sites, and without.
    build: Spread,
    build_bare: Spread,
    full: Binary,
    bare: Binary,
    /// Characters of all call sites' strings, every copy of them.
    all_copies: u64,
    /// The same, one copy of each message and key.
    one_copy: u64,
}

/// Measures the chosen libraries and renders the report.
pub fn run(args: &CallsitesArgs) -> Result<String> {
    for name in &args.only {
        if !libraries::ALL.iter().any(|library| library.name == name) {
            let names: Vec<_> = libraries::ALL.iter().map(|library| library.name).collect();
            bail!("no library `{name}`; there are {}", names.join(", "));
        }
    }
    let mut measured = Vec::new();
    for library in libraries::ALL {
        if args.only.is_empty() || args.only.iter().any(|name| name == library.name) {
            eprintln!("call sites of {}", library.name);
            measured.push(measure(library, args).with_context(|| library.name.to_owned())?);
        }
    }
    Ok(render(args, &measured)?)
}

fn measure(library: &'static Library, args: &CallsitesArgs) -> Result<Measured> {
    let generated = Generated::new(library)?;
    let (bare, build_bare) = build(&generated, 0, args.builds)?;
    let (full, build) = build(&generated, args.sites, args.builds)?;

    let mut one_copy = 0;
    let mut all_copies = 0;
    let mut add = |text: &str, own: bool| {
        let copies = full.count(text).saturating_sub(bare.count(text));
        all_copies += copies * text.len() as u64;
        one_copy += u64::from(own) * copies.min(1) * text.len() as u64;
    };
    for site in 0..args.sites {
        let Names { message, keys } = Names::new(site);
        add(&message, true);
        for key in &keys {
            add(key, true);
        }
    }
    add(MODULE_PATH, false);
    add(FILE, false);
    Ok(Measured { library, build, build_bare, full, bare, all_copies, one_copy })
}

/// Builds it with so many call sites, then times building it again.
fn build(generated: &Generated, sites: u32, builds: u32) -> Result<(Binary, Spread)> {
    generated.set_sites(sites)?;
    generated.build()?;
    let times = (0..builds).map(|_| Ok(generated.rebuild()?.as_secs_f64())).collect::<Result<Vec<f64>>>()?;
    generated.check(sites)?;
    Ok((Binary::read(&generated.binary())?, Spread::of(&times)))
}

fn render(args: &CallsitesArgs, measured: &[Measured]) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(out, "# Call sites compared\n\n{}.  ", machine::describe())?;
    writeln!(
        out,
        "{} call sites with a message and three fields, release profile, median of {} builds.\n",
        args.sites, args.builds
    )?;
    build_table(&mut out, args, measured)?;
    size_table(&mut out, args, measured)?;
    Ok(out)
}

fn build_table(out: &mut String, args: &CallsitesArgs, measured: &[Measured]) -> fmt::Result {
    head(out, &["library", "build s", "min–max", "without sites s", "ms a site"])?;
    for Measured { library, build, build_bare, .. } in measured {
        let added = Duration::from_secs_f64((build.median - build_bare.median).max(0.0));
        let cells = [
            format!("`{}`", library.name),
            format!("**{:.2}**", build.median),
            format!("{:.2}–{:.2}", build.min, build.max),
            format!("{:.2}", build_bare.median),
            format!("{:.2}", added.as_secs_f64() * 1e3 / f64::from(args.sites)),
        ];
        line(out, &cells)?;
    }
    Ok(())
}

fn size_table(out: &mut String, args: &CallsitesArgs, measured: &[Measured]) -> fmt::Result {
    writeln!(out, "\nBytes a call site:\n")?;
    let mut columns = vec!["library", "net of strings", "net of one copy", "gross", "strings", "one copy"];
    columns.extend(SECTIONS);
    head(out, &columns)?;
    for Measured { library, full, bare, all_copies, one_copy, .. } in measured {
        let each = |bytes: f64| format!("{:.1}", bytes / f64::from(args.sites));
        let gross = full.total() as f64 - bare.total() as f64;
        let (all_copies, one_copy) = (*all_copies as f64, *one_copy as f64);
        let mut cells = vec![format!("`{}`", library.name)];
        cells.push(format!("**{}**", each(gross - all_copies)));
        cells.extend([gross - one_copy, gross, all_copies, one_copy].map(each));
        for section in SECTIONS {
            cells.push(each(full.size(section) as f64 - bare.size(section) as f64));
        }
        line(out, &cells)?;
    }
    Ok(())
}
