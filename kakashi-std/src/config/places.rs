//! Where in a file a setting stands that is found wrong only when it is made: read again, since
//! the settings themselves are of no format.

use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

/// A setting whose value is right by itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum Setting {
    /// The pattern of all lines.
    Pattern,
    /// The time of lines for people.
    LocalTime,
    /// `cpu` of async logging.
    Cpu,
    /// `directory` of the black box, or its table.
    BlackBox,
    /// The file of the destination of this index, or its name.
    DestinationFile(usize),
    DestinationName(usize),
}

#[derive(Deserialize)]
struct Places {
    pattern: Option<Spanned<IgnoredAny>>,
    pretty: Option<PrettyPlaces>,
    #[serde(rename = "async")]
    async_logging: Option<AsyncPlaces>,
    black_box: Option<Spanned<BlackBoxPlaces>>,
    #[serde(default)]
    destinations: Vec<DestinationPlaces>,
}

#[derive(Deserialize)]
struct PrettyPlaces {
    local_time: Option<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
struct AsyncPlaces {
    cpu: Option<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
struct BlackBoxPlaces {
    directory: Option<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
struct DestinationPlaces {
    stream: Option<Spanned<IgnoredAny>>,
    #[serde(alias = "wire_file", alias = "journald", alias = "syslog", alias = "otlp")]
    #[serde(alias = "http", alias = "loki", alias = "elasticsearch")]
    file: Option<Spanned<IgnoredAny>>,
    name: Option<Spanned<IgnoredAny>>,
}

impl Setting {
    /// Returns the text before its value.
    pub(super) fn text_before(self, text: &str) -> Option<&str> {
        let places: Places = toml::from_str(text).ok()?;
        let destination = |index| places.destinations.get(index);
        let value = match self {
            Self::Pattern => places.pattern,
            Self::LocalTime => places.pretty?.local_time,
            Self::Cpu => places.async_logging?.cpu,
            Self::BlackBox => {
                let table = places.black_box?;
                let Range { start, .. } = table.span();
                let directory = table.into_inner().directory;
                return text.get(..directory.map_or(start, |directory| directory.span().start));
            }
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
