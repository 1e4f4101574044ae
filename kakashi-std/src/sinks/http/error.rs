//! Why no destination of HTTP could be made.

use std::fmt;

/// Says which setting of an [`Http`](super::Http) destination makes no sense.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum HttpError {
    /// It is no URL of http or https with a host.
    Url(String),
    /// A header has characters that no header may have, or is about the body's length or encoding.
    Header(String),
    /// It is no name of a data stream or an index.
    Target(String),
    /// It is no name of a label.
    Label(String),
    /// The encoder does not write one line a record, or one that is no JSON object.
    Encoder,
    /// A file of certificates or of a key is not what TLS needs, as the text says.
    Certificate(String),
    /// The directory of the disk buffer can't be had: why, and what would be right.
    DiskBuffer(String),
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(text) => {
                write!(f, "HTTP receiver {text:?}: it must be a URL such as \"http://localhost:3100\"")
            }
            // Its value may be a secret.
            Self::Header(name) => write!(
                f,
                "HTTP header {name:?}: it has characters that no header may have, or is about the body"
            ),
            Self::Target(text) => write!(
                f,
                "index {text:?}: it must be 1 to 255 bytes without capital letters, spaces and \\ / * ? \" < > | , # :, and not begin with - _ + or ."
            ),
            Self::Label(text) => {
                write!(f, "label {text:?}: it must be letters, digits and _, and not begin with a digit")
            }
            Self::Certificate(text) => write!(f, "HTTP: {text}"),
            Self::DiskBuffer(text) => f.write_str(text),
            Self::Encoder => f.write_str(
                "HTTP encoder: it must write one line a record, a JSON object where the receiver is not Loki",
            ),
        }
    }
}

impl std::error::Error for HttpError {}
