//! Names of the forms in which records are written.

use alloc::{boxed::Box, sync::Arc};
use core::fmt;
use core::str::FromStr;

#[cfg(feature = "std")]
use crate::encode::WithoutFields;
use crate::encode::{Encoder, Json, Logfmt, Pretty, Profile, ProfiledJson, Text, Wire};
#[cfg(all(feature = "std", not(target_family = "wasm")))]
use crate::encode::{Screen, TerminalPretty};
#[cfg(feature = "std")]
use crate::record::left_out::LeftOut;

/// Names the form in which records are written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum Format {
    /// Text; on a terminal pretty, without the `service_name`, `version` and `environment` of
    /// `configure().service(…)` and other contexts, which are the same on every line.
    #[default]
    Auto,
    /// `time LEVEL logger message key=value …`.
    Text,
    /// One JSON object a line.
    Json,
    /// For eyes: aligned, in colour on a terminal, wrapped to its width.
    Pretty,
    /// Blocks of the wire.
    Wire,
    /// `ts=… level=info logger=… msg="…" key=value …`: see [`Logfmt`].
    Logfmt,
    /// One JSON object a line, with the names that a platform reads; as [`Json::profile`], and
    /// `Bunyan` with this machine's name where it is known.
    Profile(Profile),
}

impl Format {
    /// Makes the encoder for a destination that is a terminal which may show
    /// colour, or is not.
    pub fn encoder(self, terminal: bool, colour: bool) -> Arc<dyn Encoder> {
        #[cfg(all(feature = "std", not(target_family = "wasm")))]
        return self.encoder_on(&Screen { is_terminal: terminal, colour, columns: None }, Pretty::terminal());
        #[cfg(not(all(feature = "std", not(target_family = "wasm"))))]
        match self {
            Self::Profile(profile) => Arc::new(of_this_machine(profile)),
            Self::Logfmt => Arc::new(Logfmt),
            _ => self.encoder_without_profiles(terminal, colour),
        }
    }

    /// As [`encoder`](Self::encoder), lines for people as they are asked for.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    #[doc(hidden)]
    pub fn encoder_on(self, screen: &Screen, pretty: TerminalPretty) -> Arc<dyn Encoder> {
        match self {
            Self::Auto if screen.is_terminal => without_service(pretty.on(screen)),
            Self::Pretty => Arc::new(pretty.on(screen)),
            Self::Profile(profile) => Arc::new(of_this_machine(profile)),
            Self::Logfmt => Arc::new(Logfmt),
            _ => self.encoder_without_profiles(false, false),
        }
    }

    /// As [`encoder`](Self::encoder), with no code for profiles, which are plain JSON, and logfmt, which is text.
    #[doc(hidden)]
    pub fn encoder_without_profiles(self, terminal: bool, colour: bool) -> Arc<dyn Encoder> {
        match self {
            #[cfg(feature = "std")]
            Self::Auto if terminal => without_service(Pretty::new().colour(colour)),
            #[cfg(not(feature = "std"))]
            Self::Auto if terminal => Arc::new(Pretty::new().colour(colour)),
            Self::Auto | Self::Text | Self::Logfmt => Arc::new(Text),
            Self::Json | Self::Profile(_) => Arc::new(Json::new()),
            Self::Pretty => Arc::new(Pretty::new().colour(colour)),
            Self::Wire => Arc::new(Wire),
        }
    }
}

/// Makes an encoder for a terminal, where what is the same on every line is of no use.
#[cfg(feature = "std")]
fn without_service(encoder: impl Encoder + 'static) -> Arc<dyn Encoder> {
    let service = LeftOut::new(["service_name", "version", "environment"]);
    Arc::new(WithoutFields::new(Arc::new(encoder), service))
}

/// Makes a profile's encoder, with this machine's name where one is wanted.
fn of_this_machine(profile: Profile) -> ProfiledJson {
    let json = Json::profile(profile);
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    if profile == Profile::Bunyan {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let name = name
            .or_else(|| ["HOSTNAME", "COMPUTERNAME"].into_iter().find_map(|name| std::env::var(name).ok()));
        if let Some(name) = name {
            return json.hostname(name.trim());
        }
    }
    json
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let known = [
            ("auto", Self::Auto),
            ("text", Self::Text),
            ("json", Self::Json),
            ("pretty", Self::Pretty),
            ("wire", Self::Wire),
            ("logfmt", Self::Logfmt),
            ("ecs", Self::Profile(Profile::Ecs)),
            ("gcp", Self::Profile(Profile::Gcp)),
            ("datadog", Self::Profile(Profile::Datadog)),
            ("opentelemetry", Self::Profile(Profile::OpenTelemetry)),
            ("pino", Self::Profile(Profile::Pino)),
            ("bunyan", Self::Profile(Profile::Bunyan)),
        ];
        let found = known.into_iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        found.map(|(_, format)| format).ok_or_else(|| UnknownFormat { name: name.into() })
    }
}

/// Reports a format's name that does not exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownFormat {
    name: Box<str>,
}

impl UnknownFormat {
    /// Returns the rejected name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown format {:?}: use auto, text, json, pretty, wire, logfmt, ecs, gcp, datadog, opentelemetry, pino or bunyan",
            self.name
        )
    }
}

impl core::error::Error for UnknownFormat {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_format_is_told_which_are_right() {
        let error = "xml".parse::<Format>().unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"unknown format "xml": use auto, text, json, pretty, wire, logfmt, ecs, gcp, datadog, opentelemetry, pino or bunyan"#
        );
        assert_eq!("GCP".parse(), Ok(Format::Profile(Profile::Gcp)));
        assert_eq!("JSON".parse(), Ok(Format::Json));
    }
}
