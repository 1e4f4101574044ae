//! The crate with the call sites: its source, its builds, its output.

use std::env;
use std::fmt::{self, Write as _};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::libraries::{Library, Names};

/// Its name, hence the module path of its call sites.
pub const MODULE_PATH: &str = "callsites::sites";
/// The file with the call sites, as `file!()` has it.
pub const FILE: &str = "src/sites.rs";
/// Call sites in one function, so that the functions' own cost is spread.
const SITES_A_FUNCTION: u32 = 10;
/// Keeps dependencies at the versions this crate itself has.
const LOCK_FILE: &str = include_str!("../../Cargo.lock");

/// A crate in a directory of its own, gone when this is dropped.
pub struct Generated {
    library: &'static Library,
    directory: TempDir,
}

impl Generated {
    pub fn new(library: &'static Library) -> Result<Generated> {
        let directory = tempfile::Builder::new().prefix("callsites-").tempdir()?;
        let root = directory.path();
        let manifest = format!(
            "[package]\nname = \"callsites\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             [workspace]\n[dependencies]\n{}\n",
            library.dependencies
        );
        fs::create_dir(root.join("src"))?;
        fs::write(root.join("Cargo.toml"), manifest)?;
        fs::write(root.join("Cargo.lock"), LOCK_FILE)?;
        fs::write(root.join("src/main.rs"), main_source(library))?;
        Ok(Generated { library, directory })
    }

    /// Gives it this many call sites, besides the one in `main`.
    pub fn set_sites(&self, sites: u32) -> Result<()> {
        let source = sites_source(self.library, sites)?;
        Ok(fs::write(self.directory.path().join(FILE), source)?)
    }

    /// Builds it with cargo's release profile and says how long that took.
    pub fn build(&self) -> Result<Duration> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let began = Instant::now();
        let status = Command::new(cargo)
            .args(["build", "--release", "--quiet", "--target-dir", "target"])
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .status()?;
        ensure!(status.success(), "the generated crate does not build");
        Ok(began.elapsed())
    }

    /// Builds it again, though nothing but the time of a file has changed.
    pub fn rebuild(&self) -> Result<Duration> {
        let main = File::options().append(true).open(self.directory.path().join("src/main.rs"))?;
        main.set_modified(SystemTime::now())?;
        self.build()
    }

    pub fn binary(&self) -> PathBuf {
        self.directory.path().join("target/release/callsites")
    }

    /// Runs it: all call sites have to be there, and enabled.
    pub fn check(&self, sites: u32) -> Result<()> {
        let lines = lines_printed(&self.binary())?;
        ensure!(lines == u64::from(sites) + 1, "{lines} lines from {sites} call sites and one");
        Ok(())
    }
}

fn lines_printed(binary: &Path) -> Result<u64> {
    let output = Command::new(binary).stdin(Stdio::null()).output().context("running it")?;
    ensure!(output.status.success(), "the generated program fails");
    Ok(output.stdout.iter().filter(|&&byte| byte == b'\n').count() as u64)
}

/// `main` has a call site of its own, whatever their number in the module: what
/// the first one pulls in from the library is no cost of the others.
fn main_source(library: &Library) -> String {
    let Library { setup, prelude, enter, site, finish, .. } = library;
    let names = Names {
        message: "Order accepted at the door".to_owned(),
        keys: ["order_id", "symbol", "price"].map(str::to_owned),
    };
    format!(
        "mod sites;\n{prelude}\n\
         fn main() {{\n\
         {setup}\n\
         let n = std::env::args().count() as u64;\n\
         let s = &*std::env::args().next().unwrap_or_default();\n\
         let x = n as f64;\n\
         {enter}\n\
         {}\n\
         sites::all(n, s, x);\n\
         {finish}\n}}\n",
        site(&names)
    )
}

fn sites_source(library: &Library, sites: u32) -> Result<String, fmt::Error> {
    let mut source = format!("#![allow(unused)]\n{}\n", library.prelude);
    let arguments = "(n: u64, s: &str, x: f64)";
    let functions = 0..sites.div_ceil(SITES_A_FUNCTION);
    for function in functions.clone() {
        writeln!(source, "#[inline(never)]\nfn sites_{function}{arguments} {{\n    {}", library.enter)?;
        let first = function * SITES_A_FUNCTION;
        for site in first..sites.min(first + SITES_A_FUNCTION) {
            writeln!(source, "    {}", (library.site)(&Names::new(site)))?;
        }
        writeln!(source, "}}")?;
    }
    writeln!(source, "#[inline(never)]\npub fn all{arguments} {{")?;
    for function in functions {
        writeln!(source, "    sites_{function}(n, s, x);")?;
    }
    writeln!(source, "}}")?;
    Ok(source)
}
