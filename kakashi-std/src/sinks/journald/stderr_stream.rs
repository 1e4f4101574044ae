//! Whether stderr is the journal, and the destination that is chosen then.

use std::ffi::OsStr;
use std::sync::Once;
use std::{env, io};

use kakashi_core::{Destination, SinkTarget};

use super::Journald;
use crate::sinks::descriptor::Behind;
use crate::sinks::notice;

/// Makes the destination for the journal if stderr leads there; nothing if it does not, or if
/// the journal's socket is not there, which is reported once.
pub(in crate::sinks) fn destination_for_stderr() -> Option<Destination> {
    let stream = env::var_os("JOURNAL_STREAM")?;
    let stderr = Behind::of(rustix::stdio::stderr()).ok()?.target();
    if stream_target(&stream) != Some(stderr) {
        return None;
    }
    match Journald::new().destination() {
        Ok(destination) => Some(destination),
        Err(error) => {
            static REPORTED: Once = Once::new();
            let error = io::Error::from(error);
            REPORTED.call_once(|| notice::print(format_args!("records go to stderr as text: {error}")));
            None
        }
    }
}

/// Reads `device:inode`.
fn stream_target(text: &OsStr) -> Option<SinkTarget> {
    let (device, inode) = text.to_str()?.split_once(':')?;
    Some(SinkTarget { device: device.parse().ok()?, file: inode.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_a_device_and_an_inode() {
        let read = |text: &str| stream_target(OsStr::new(text));
        assert_eq!(read("8:12345"), Some(SinkTarget { device: 8, file: 12345 }));
        for wrong in ["", "8", "8:", ":1", "8:1:2", "a:1", "-8:1", "99999999999999999999:1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
