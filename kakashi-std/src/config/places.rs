//! Where in a file a setting stands that is found wrong only when it is made: read again, since
//! the settings themselves are of no format.

use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

/// A setting whose value is right by itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum Setting {
    /// `cpu` of async logging.
    Cpu,
    /// The file of the destination of this index, or its name.
    DestinationFile(usize),
    DestinationName(usize),
}

#[derive(Deserialize)]
struct Places {
    #[serde(rename = "async")]
    async_logging: Option<AsyncPlaces>,
    #[serde(default)]
    destinations: Vec<DestinationPlaces>,
}

#[derive(Deserialize)]
struct AsyncPlaces {
    cpu: Option<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
struct DestinationPlaces {
    stream: Option<Spanned<IgnoredAny>>,
    #[serde(alias = "wire_file", alias = "journald", alias = "syslog")]
    file: Option<Spanned<IgnoredAny>>,
    name: Option<Spanned<IgnoredAny>>,
}

impl Setting {
    /// Returns the text before its value.
    pub(super) fn text_before(self, text: &str) -> Option<&str> {
        let places: Places = toml::from_str(text).ok()?;
        let destination = |index| places.destinations.get(index);
        let value = match self {
            Self::Cpu => places.async_logging?.cpu,
            Self::DestinationFile(index) => destination(index)?.file.clone(),
            Self::DestinationName(index) => {
                let DestinationPlaces { stream, file, name } = destination(index)?;
                name.clone().or_else(|| file.clone()).or_else(|| stream.clone())
            }
        };
        let Range { start, .. } = value?.span();
        text.get(..start)
    }
}
