//! TLS by rustls: whom to trust, and who we are.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::pem::{FileError, certificates, private_key};
use super::{Layer, Stream, Trouble, pass_on};

/// What TLS is to use instead of its defaults.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TlsOptions {
    /// A PEM file with the authorities to trust, instead of those of the system.
    pub ca: Option<PathBuf>,
    /// A PEM file with our certificate, and what leads from it to an authority.
    pub certificate: Option<PathBuf>,
    /// A PEM file with the key of our certificate; the file of the certificate if there is none.
    pub key: Option<PathBuf>,
    /// The name to ask for (SNI) and to find in the broker's certificate, instead of the host of the address.
    pub server_name: Option<String>,
    /// Trusts any certificate.
    pub insecure: bool,
}

/// TLS, set up for one address.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Tls {
    pub(super) fn new(host: &str, options: &TlsOptions) -> Result<Self, FileError> {
        let provider = Arc::new(ring::default_provider());
        let wanted = options.server_name.as_deref().unwrap_or(host);
        // The zone of an IPv6 address is of no concern to certificates.
        let wanted = wanted.split('%').next().unwrap_or(wanted);
        let name = ServerName::try_from(wanted.to_owned()).map_err(|_| {
            FileError::new(wanted.as_ref(), None, "is no name that a certificate can hold")
                .hint("give one by --server-name")
        })?;
        let general = |e: Error| FileError::new("TLS".as_ref(), None, e.to_string());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(general)?;
        let builder = if options.insecure {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider)))
        } else {
            builder.with_root_certificates(roots(options)?)
        };
        let mut config = match &options.certificate {
            None => builder.with_no_client_auth(),
            Some(file) => {
                let chain = certificates(file)?;
                let key_file = options.key.as_ref().unwrap_or(file);
                let (line, key) = private_key(key_file)?;
                let chain = chain.into_iter().map(|(_, certificate)| certificate).collect();
                builder.with_client_auth_cert(chain, key).map_err(|error| {
                    let what = match error {
                        Error::InconsistentKeys(_) => {
                            format!("this key does not belong to {}", file.display())
                        }
                        other => format!("this key cannot be used: {other}"),
                    };
                    FileError::new(key_file, Some(line), what)
                        .hint("expected the RSA, EC or Ed25519 key that the certificate was made for")
                })?
            }
        };
        // Each connection stands for itself.
        config.resumption = Resumption::disabled();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }

    pub(super) async fn connect(&self, socket: Stream) -> io::Result<Encrypted> {
        let stream =
            self.connector.connect(self.name.clone(), socket).await.map_err(Trouble::explain_handshake)?;
        Ok(Encrypted { stream })
    }
}

/// The authorities to trust.
fn roots(options: &TlsOptions) -> Result<RootCertStore, FileError> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = &options.ca {
        for (line, certificate) in certificates(file)? {
            roots.add(certificate).map_err(|error| {
                FileError::new(file, Some(line), format!("this is no X.509 certificate: {error}"))
                    .hint("expected the certificate of an authority, as PEM")
            })?;
        }
        return Ok(roots);
    }
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(FileError::new("system".as_ref(), None, "no certificates of authorities are installed")
            .hint("install them (Debian: ca-certificates), or name the broker's authority by --ca"));
    }
    Ok(roots)
}

/// Trusts every certificate; the handshake itself is still checked.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A stream in TLS. In TLS 1.3 the server judges our certificate after the handshake, so its refusal is found by reading.
#[derive(Debug)]
pub(super) struct Encrypted {
    stream: TlsStream<Stream>,
}

impl Layer for Encrypted {
    fn sever(&self) {
        self.stream.get_ref().0.sever();
    }
}

pass_on!(Encrypted, stream, Trouble::explain);
