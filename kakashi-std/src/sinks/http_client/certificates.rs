//! Certificates of one's own, as the HTTP client takes them.

use rustls::pki_types::CertificateDer;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use crate::sinks::tls::OwnCertificates;

/// Makes the client's settings of TLS.
pub(super) fn tls_config(own: &OwnCertificates) -> TlsConfig {
    let mut config = TlsConfig::builder();
    if let Some(roots) = &own.roots {
        config = config.root_certs(RootCerts::new_with_certs(&certificates(roots)));
    }
    // A key that can't be read was refused before.
    if let Some(client) = &own.client
        && let Ok(key) = PrivateKey::from_pem(&client.key)
    {
        config = config.client_cert(Some(ClientCert::new_with_certs(&certificates(&client.chain), key)));
    }
    config.build()
}

fn certificates(chain: &[CertificateDer<'_>]) -> Vec<Certificate<'static>> {
    chain.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect()
}
