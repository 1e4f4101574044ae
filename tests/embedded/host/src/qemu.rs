//! Machines that QEMU has.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use wait_timeout::ChildExt;

/// How long a run may take: it ends by itself, in seconds on an idle machine, and only
/// firmware that hangs meets this on one that is busy with other tests.
pub const RUN_TIMEOUT: Duration = Duration::from_secs(300);

/// A machine that the `board` crate supports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Machine {
    /// A Cortex-M4F: thumbv7em-none-eabihf.
    Mps2An386,
    /// A Cortex-M0: thumbv6m-none-eabi.
    Microbit,
}

impl Machine {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Mps2An386, Self::Microbit];

    /// Returns its Rust target.
    pub fn target(self) -> &'static str {
        match self {
            Self::Mps2An386 => "thumbv7em-none-eabihf",
            Self::Microbit => "thumbv6m-none-eabi",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Mps2An386 => "mps2-an386",
            Self::Microbit => "microbit",
        }
    }
}

/// What firmware left behind.
#[derive(Debug)]
pub struct Run {
    /// Whether it said that it went well.
    pub passed: bool,
    /// What it sent over its serial line.
    pub serial: Vec<u8>,
    /// What it wrote over semihosting.
    pub semihosting: String,
    /// What it wrote there as errors, and what QEMU itself had to say.
    pub complaints: String,
}

impl Machine {
    /// Runs firmware until it ends. Each instruction takes it one nanosecond, so that
    /// two runs are the same run.
    ///
    /// # Errors
    /// When QEMU can't be started, or has not ended in time.
    ///
    /// # Blocking
    /// For `timeout` at most.
    pub fn run(self, elf: &Path, timeout: Duration) -> Result<Run> {
        // Files, not pipes: nobody reads while it runs.
        let file = || tempfile::NamedTempFile::new().context("a file for what it says");
        let (serial, output, errors) = (file()?, file()?, file()?);
        let mut child = Command::new("qemu-system-arm")
            .args(["-machine", self.name(), "-icount", "shift=0", "-display", "none", "-monitor", "none"])
            .args(["-semihosting-config", "enable=on,target=native", "-serial"])
            .arg(format!("file:{}", serial.path().display()))
            .arg("-kernel")
            .arg(elf)
            .stdin(Stdio::null())
            .stdout(output.reopen()?)
            .stderr(errors.reopen()?)
            .spawn()
            .context("starting qemu-system-arm (Debian: apt-get install qemu-system-arm)")?;
        let status = child.wait_timeout(timeout).context("waiting for QEMU")?;
        let complaints = fs::read_to_string(errors.path()).context("its errors")?;
        let Some(status) = status else {
            child.kill().and_then(|()| child.wait()).context("stopping QEMU")?;
            bail!("{} has not ended within {timeout:?} on {}: {complaints}", elf.display(), self.name());
        };
        let semihosting = fs::read_to_string(output.path()).context("its output")?;
        let serial = fs::read(serial.path()).context("what came over the serial line")?;
        Ok(Run { passed: status.success(), serial, semihosting, complaints })
    }
}
