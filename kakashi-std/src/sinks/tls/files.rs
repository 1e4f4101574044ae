//! Certificates of one's own, in PEM files.

use std::path::{Path, PathBuf};
use std::{error, fmt, fs};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, RootCertStore};

/// The files that TLS is set up by, where a program has named some.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(in crate::sinks) struct TlsFiles {
    /// The CAs that are trusted, in place of the public ones.
    pub(in crate::sinks) ca: Option<PathBuf>,
    /// What this side shows: its certificate, with those between it and its CA.
    pub(in crate::sinks) client_certificate: Option<PathBuf>,
    /// The key of that.
    pub(in crate::sinks) client_key: Option<PathBuf>,
}

/// What the files have.
pub(crate) struct OwnCertificates {
    pub(in crate::sinks) roots: Option<Vec<CertificateDer<'static>>>,
    pub(in crate::sinks) client: Option<ClientCertificate>,
}

/// A certificate of this side, and its key.
pub(in crate::sinks) struct ClientCertificate {
    pub(in crate::sinks) chain: Vec<CertificateDer<'static>>,
    /// As it stands in its file, in PEM.
    pub(in crate::sinks) key: Vec<u8>,
}

/// Reports a file that is not what TLS needs: which, and what would be right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::sinks) struct TlsFileError(String);

impl fmt::Display for TlsFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for TlsFileError {}

impl TlsFiles {
    /// Tells whether no file was named.
    pub(in crate::sinks) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Sets the files that are named; the others stay.
    pub(in crate::sinks) fn set(
        &mut self,
        ca: Option<PathBuf>,
        client_certificate: Option<PathBuf>,
        client_key: Option<PathBuf>,
    ) {
        let Self { ca: old_ca, client_certificate: old_certificate, client_key: old_key } = self;
        *old_ca = ca.or(old_ca.take());
        *old_certificate = client_certificate.or(old_certificate.take());
        *old_key = client_key.or(old_key.take());
    }

    /// Reads the files, and checks what can be checked without a receiver.
    pub(in crate::sinks) fn read(&self) -> Result<OwnCertificates, TlsFileError> {
        let roots = self.ca.as_deref().map(read_roots).transpose()?;
        let client = match (&self.client_certificate, &self.client_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(read_client(certificate, key)?),
            (Some(certificate), None) => {
                return Err(TlsFileError(format!(
                    "the client certificate {certificate:?} has no key: give its file as well"
                )));
            }
            (None, Some(key)) => {
                return Err(TlsFileError(format!(
                    "the client key {key:?} has no certificate: give its file as well"
                )));
            }
        };
        Ok(OwnCertificates { roots, client })
    }
}

impl ClientCertificate {
    /// Returns what signs with the key; an error if it is not the certificate's.
    pub(in crate::sinks) fn certified(&self) -> Result<CertifiedKey, Error> {
        let key = PrivateKeyDer::from_pem_slice(&self.key);
        let key = key.map_err(|error| Error::General(error.to_string()))?;
        CertifiedKey::from_der(self.chain.clone(), key, &ring::default_provider())
    }
}

fn read_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
    let roots = read_certificates("CA certificate", path)?;
    let mut store = RootCertStore::empty();
    for root in &roots {
        store.add(root.clone()).map_err(|error| {
            TlsFileError(format!("the CA certificate {path:?} is none: {error}; give a PEM file of X.509"))
        })?;
    }
    Ok(roots)
}

fn read_client(certificate: &Path, key: &Path) -> Result<ClientCertificate, TlsFileError> {
    let chain = read_certificates("client certificate", certificate)?;
    let client = ClientCertificate { chain, key: read("client key", key)? };
    if let Err(error) = PrivateKeyDer::from_pem_slice(&client.key) {
        return Err(TlsFileError(format!(
            "the client key {key:?} has no key: {error}; give a PEM file with one that has no password"
        )));
    }
    match client.certified() {
        Ok(_) => Ok(client),
        Err(error) => Err(TlsFileError(format!(
            "the client key {key:?} does not belong to the certificate {certificate:?}: {error}; give the \
             key that it was made for"
        ))),
    }
}

fn read_certificates(what: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
    let text = read(what, path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(TlsFileError(format!(
            "the {what} {path:?} has no certificate: give a PEM file, with \"-----BEGIN CERTIFICATE-----\""
        ))),
        Err(error) => Err(TlsFileError(format!(
            "the {what} {path:?} is no PEM file: {error}; give one with certificates"
        ))),
    }
}

fn read(what: &str, path: &Path) -> Result<Vec<u8>, TlsFileError> {
    fs::read(path)
        .map_err(|error| TlsFileError(format!("the {what} {path:?} can't be read: {error}; give a PEM file")))
}
