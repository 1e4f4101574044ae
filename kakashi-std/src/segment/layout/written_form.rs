//! What records look like at their destinations: the number that a black box has for each form, and the form's encoder.

use std::sync::Arc;

use kakashi_core::{Encoder, Json, Profile, Text, Wire};

/// What records look like at their destination.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum WrittenForm {
    /// None of the others.
    Foreign = 0,
    /// Lines of text.
    Text = 1,
    /// Lines of JSON.
    Json = 2,
    /// Blocks of the wire.
    Wire = 3,
    /// Other lines of ours, for people or with names of the program's own.
    Lines = 4,
    /// Lines of logfmt.
    Logfmt = 5,
    /// Lines of JSON as platforms have it.
    Ecs = 6,
    /// See [`Ecs`](Self::Ecs).
    Gcp = 7,
    /// See [`Ecs`](Self::Ecs).
    Datadog = 8,
    /// See [`Ecs`](Self::Ecs).
    OpenTelemetry = 9,
    /// See [`Ecs`](Self::Ecs).
    Pino = 10,
    /// See [`Ecs`](Self::Ecs).
    Bunyan = 11,
}

impl WrittenForm {
    /// Those whose encoder anybody can make.
    pub const KNOWN: [Self; 10] = [
        Self::Text,
        Self::Json,
        Self::Wire,
        Self::Logfmt,
        Self::Ecs,
        Self::Gcp,
        Self::Datadog,
        Self::OpenTelemetry,
        Self::Pino,
        Self::Bunyan,
    ];

    /// Returns the form of a number.
    pub fn of(number: u8) -> Self {
        let known = Self::KNOWN.into_iter().find(|form| *form as u8 == number);
        known.unwrap_or(if number == Self::Lines as u8 { Self::Lines } else { Self::Foreign })
    }

    /// Returns the encoder of a form; for one that only its process knew, that of text.
    pub fn encoder(self) -> Arc<dyn Encoder> {
        let profile = match self {
            Self::Json => return Arc::new(Json::new()),
            Self::Wire => return Arc::new(Wire),
            Self::Logfmt => return Arc::new(Text::logfmt()),
            Self::Text | Self::Lines | Self::Foreign => return Arc::new(Text),
            Self::Ecs => Profile::Ecs,
            Self::Gcp => Profile::Gcp,
            Self::Datadog => Profile::Datadog,
            Self::OpenTelemetry => Profile::OpenTelemetry,
            Self::Pino => Profile::Pino,
            Self::Bunyan => Profile::Bunyan,
        };
        Arc::new(Json::profile(profile))
    }

    /// Returns the form of an encoder.
    pub fn of_encoder(encoder: &dyn Encoder) -> Self {
        let form = encoder.line_form();
        match form {
            None if encoder.is_wire() => Self::Wire,
            None => Self::Foreign,
            Some(_) => {
                let found = Self::KNOWN.into_iter().find(|known| known.encoder().line_form() == form);
                found.unwrap_or(Self::Lines)
            }
        }
    }
}
