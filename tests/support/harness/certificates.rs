//! A CA of a test's own, by the command `openssl`, and receivers that speak TLS with what it
//! signs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, iter};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::process::TestFolder;

/// A CA, and what it has signed.
#[derive(Debug)]
pub struct TestCa {
    folder: TestFolder,
    count: AtomicUsize,
}

/// A certificate and its key, in files.
#[derive(Clone, Debug)]
pub struct IssuedCertificate {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl TestCa {
    /// Makes one.
    ///
    /// # Panics
    /// When the command `openssl` can't.
    #[expect(clippy::new_without_default, reason = "each is another CA")]
    pub fn new() -> Self {
        let ca = Self { folder: TestFolder::new(), count: AtomicUsize::new(0) };
        ca.write_config("DNS:none");
        let (key, file) = (ca.folder.file("ca.key"), ca.file());
        // Each has a name of its own: its folder's.
        let name = format!("/CN=the CA in {}", file.display().to_string().replace('/', " "));
        ca.openssl(&["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-days", "2", "-subj", &name, "-extensions", "ca"])
            .args([OsStr::new("-config"), ca.config().as_os_str()])
            .args([OsStr::new("-keyout"), key.as_os_str(), OsStr::new("-out"), file.as_os_str()])
            .run();
        ca
    }

    /// Returns the CA's own certificate.
    pub fn file(&self) -> PathBuf {
        self.folder.file("ca.pem")
    }

    /// Signs a certificate for names such as `DNS:localhost,IP:127.0.0.1`.
    ///
    /// # Panics
    /// As `new`.
    pub fn issue(&self, names: &str) -> IssuedCertificate {
        self.issue_for_days(names, 2)
    }

    /// Signs one that has expired.
    ///
    /// # Panics
    /// As `new`.
    pub fn issue_expired(&self, names: &str) -> IssuedCertificate {
        self.issue_for_days(names, -1)
    }

    fn issue_for_days(&self, names: &str, days: i32) -> IssuedCertificate {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let file = |ending: &str| self.folder.file(&format!("{number}.{ending}"));
        let (certificate, key, request) = (file("pem"), file("key"), file("csr"));
        self.write_config(names);
        self.openssl(&["req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-subj", &format!("/CN=test {number}")])
            .args([OsStr::new("-config"), self.config().as_os_str()])
            .args([OsStr::new("-keyout"), key.as_os_str(), OsStr::new("-out"), request.as_os_str()])
            .run();
        self.openssl(&["x509", "-req", "-days", &days.to_string(), "-extensions", "leaf", "-CAcreateserial"])
            .args([OsStr::new("-extfile"), self.config().as_os_str()])
            .args([OsStr::new("-CA"), self.file().as_os_str()])
            .args([OsStr::new("-CAkey"), self.folder.file("ca.key").as_os_str()])
            .args([OsStr::new("-in"), request.as_os_str(), OsStr::new("-out"), certificate.as_os_str()])
            .run();
        IssuedCertificate { certificate, key }
    }

    fn config(&self) -> PathBuf {
        self.folder.file("openssl.cnf")
    }

    fn write_config(&self, names: &str) {
        let config = format!(
            "[req]\ndistinguished_name=name\nprompt=no\n[name]\nCN=none\n\
             [ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n\
             [leaf]\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\nsubjectAltName={names}\n"
        );
        fs::write(self.config(), config).expect("a file in the test's folder");
    }

    fn openssl(&self, args: &[&str]) -> OpenSsl {
        let mut command = Command::new("openssl");
        command.args(args);
        OpenSsl(command)
    }
}

/// A call of the command, which must succeed.
struct OpenSsl(Command);

impl OpenSsl {
    fn args(mut self, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Self {
        self.0.args(args);
        self
    }

    fn run(mut self) {
        let done = self.0.output().expect("the command `openssl`");
        assert!(done.status.success(), "{:?}: {}", self.0, String::from_utf8_lossy(&done.stderr));
    }
}

impl IssuedCertificate {
    /// Makes the settings of a server that shows this certificate; with a CA, it asks its
    /// clients for one that this has signed.
    ///
    /// # Panics
    /// When the files are none.
    pub fn server(&self, ca_of_clients: Option<&TestCa>) -> Arc<ServerConfig> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone());
        let builder = builder.with_safe_default_protocol_versions().expect("ring has them");
        let builder = match ca_of_clients {
            None => builder.with_no_client_auth(),
            Some(ca) => {
                let mut roots = RootCertStore::empty();
                roots.add(certificate(&ca.file())).expect("it is a CA");
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().expect("there is a CA"))
            }
        };
        let key = PrivateKeyDer::from_pem_file(&self.key).expect("it is a key");
        let chain = iter::once(certificate(&self.certificate)).collect();
        Arc::new(builder.with_single_cert(chain, key).expect("they belong together"))
    }
}

fn certificate(path: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(path).expect("it is a certificate")
}
