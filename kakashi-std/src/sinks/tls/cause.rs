//! Why no TLS came about, for the operator: each says what would be right.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// Finds the TLS error in what a stream's read or write returned.
pub(in crate::sinks) fn rustls_error_in(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// Says what an error of TLS is, as far as an operator can do something about it.
pub(in crate::sinks) fn cause_of(error: &Error) -> &'static str {
    match error {
        Error::InvalidCertificate(error) => of_certificate(error),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => {
            "it answers with what is no TLS: give a port at which TLS is spoken"
        }
        Error::PeerIncompatible(_) => "it speaks no TLS 1.2 or 1.3 with a cipher that is known here",
        Error::NoCertificatesPresented => "it shows no TLS certificate: it must have one",
        _ => "TLS with it failed",
    }
}

fn of_certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its TLS certificate has expired: it needs a new one, or this machine's clock is wrong"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its TLS certificate is not valid yet: one of the two clocks is wrong"
        }
        // A bad signature: a CA of the same name has another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its TLS certificate comes from no CA that is trusted here: give that CA's by ca_certificate"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its TLS certificate is for another name: connect by a name that the certificate has"
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "its TLS certificate is not one for servers: it needs another"
        }
        CertificateError::Revoked => "its TLS certificate was revoked: it needs a new one",
        _ => "its TLS certificate can't be checked: it needs one for servers, signed by a CA",
    }
}

fn of_alert(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            "it wants a certificate of the client: give one by client_certificate"
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => {
            "it does not accept the client's certificate: give one by client_certificate that it trusts"
        }
        AlertDescription::HandshakeFailure => {
            "it refuses TLS: it wants a certificate of the client (client_certificate), or other ciphers"
        }
        AlertDescription::ProtocolVersion | AlertDescription::InsufficientSecurity => {
            "it speaks no TLS 1.2 or 1.3 with a cipher that is known here"
        }
        AlertDescription::UnrecognisedName => "it has no TLS certificate for this name: connect by another",
        _ => "it ended TLS with an alert",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_found_in_what_a_stream_returned() {
        let inner = Error::AlertReceived(AlertDescription::CertificateRequired);
        let error = io::Error::new(io::ErrorKind::InvalidData, inner);
        assert!(rustls_error_in(&error).is_some_and(|error| cause_of(error).contains("client_certificate")));
        assert_eq!(rustls_error_in(&io::ErrorKind::UnexpectedEof.into()), None);
    }
}
