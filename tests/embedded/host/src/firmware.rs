//! Firmware, built by cargo as anybody would build it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::qemu::Machine;

/// What to build.
#[derive(Clone, Debug)]
pub struct Firmware<'a> {
    /// The workspace's package.
    pub package: &'a str,
    /// Which of its programs.
    pub program: Program<'a>,
    /// Features of the package.
    pub features: &'a [&'a str],
    /// Variables that its build script reads.
    pub variables: &'a [(&'a str, String)],
    /// Where its call sites are.
    pub sites: Sites,
}

/// Where the words of call sites are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sites {
    /// In flash: blocks explain what they name by numbers.
    Described,
    /// In the ELF file: `kakashi.x`.
    Exported,
}

impl Sites {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Described, Self::Exported];
}

/// A program of a package.
#[derive(Clone, Copy, Debug)]
pub enum Program<'a> {
    /// A binary.
    Bin(&'a str),
    /// An example.
    Example(&'a str),
}

impl<'a> Firmware<'a> {
    /// Names a program of the package `firmware`.
    pub fn of(program: Program<'a>) -> Self {
        Self { package: "firmware", program, features: &[], variables: &[], sites: Sites::Described }
    }

    /// Leaves its call sites in the ELF file, or not.
    #[must_use]
    pub fn with_sites(mut self, sites: Sites) -> Self {
        self.sites = sites;
        self
    }

    /// Builds it for a machine, and tells where the ELF file is.
    ///
    /// # Errors
    /// When cargo fails; it has said why on standard error.
    pub fn build(&self, machine: Machine) -> Result<PathBuf> {
        let (kind, name) = match self.program {
            Program::Bin(name) => ("--bin", name),
            Program::Example(name) => ("--example", name),
        };
        let (profile, sites) = match self.sites {
            Sites::Described => ("release", "described"),
            Sites::Exported => ("exported", "exported"),
        };
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .current_dir(workspace())
            .args(["build", "--quiet", "--profile", profile, "--message-format=json-render-diagnostics"])
            .args(["--target", machine.target(), "--package", self.package, kind, name])
            .args(["--features", &self.features.join(",")])
            .env("SITES", sites)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stderr(Stdio::inherit());
        let output = cargo.output().context("starting cargo")?;
        if !output.status.success() {
            bail!("{name} for {} was not built: cargo ended with {}", machine.target(), output.status);
        }
        let messages = String::from_utf8(output.stdout).context("cargo's messages")?;
        let path = messages.lines().rev().find_map(|line| {
            let message: Value = serde_json::from_str(line).ok()?;
            message["executable"].as_str().map(PathBuf::from)
        });
        path.with_context(|| format!("cargo names no executable for {name}"))
    }
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
