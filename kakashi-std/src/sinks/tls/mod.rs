//! What destinations that speak TLS share: certificates of one's own, and what to say where no
//! TLS comes about.
//!
//! It opens no connection, and knows nothing of what is spoken over one.

mod cause;
mod files;

pub(super) use self::cause::{cause_of, rustls_error_in};
#[cfg(any(feature = "http", feature = "otlp"))]
pub(super) use self::files::OwnCertificates;
pub(super) use self::files::TlsFiles;
