//! systemd's journal as a destination, as it is written: `journald = { … }`.

#[cfg(not(all(feature = "journald", target_os = "linux")))]
pub(super) use self::elsewhere::JournalTable;
#[cfg(all(feature = "journald", target_os = "linux"))]
pub(super) use self::linux::JournalTable;

#[cfg(all(feature = "journald", target_os = "linux"))]
mod linux {
    use std::path::PathBuf;

    use kakashi_core::Destination;
    use serde::Deserialize;

    use crate::config::error::ConfigError;
    use crate::sinks::Journald;

    /// How records go to the journal.
    #[derive(Clone, Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    pub(in crate::config) struct JournalTable {
        identifier: Option<String>,
        socket: Option<PathBuf>,
    }

    impl JournalTable {
        /// Connects to the journal.
        pub(in crate::config) fn open(self) -> Result<Destination, ConfigError> {
            let mut journal = Journald::new();
            if let Some(identifier) = self.identifier {
                journal = journal.identifier(identifier);
            }
            if let Some(socket) = self.socket {
                journal = journal.socket(socket);
            }
            journal.destination().map_err(|error| ConfigError::at(None, error))
        }
    }
}

#[cfg(not(all(feature = "journald", target_os = "linux")))]
mod elsewhere {
    use kakashi_core::Destination;
    use serde::de::{Deserialize, Deserializer, Error as _};

    use crate::config::error::ConfigError;

    /// There is none: to read one is an error.
    #[derive(Clone, Debug)]
    pub(in crate::config) enum JournalTable {}

    impl JournalTable {
        pub(in crate::config) fn open(self) -> Result<Destination, ConfigError> {
            match self {}
        }
    }

    impl<'de> Deserialize<'de> for JournalTable {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            let needs = match cfg!(feature = "journald") {
                true => "Linux",
                false => "kakashi-std's feature \"journald\"",
            };
            Err(D::Error::custom(format_args!("journald needs {needs}")))
        }
    }
}
