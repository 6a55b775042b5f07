//! https: the administrator's certificate, or a pair of our own made at the first start.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

use crate::config::Config;
use crate::error::{Error, Result};

/// The acceptor for `TlsCert` and `TlsKey`, else for `tls/` in the data directory.
pub fn acceptor(config: &Config, data_dir: &Path) -> Result<TlsAcceptor> {
    let (cert, key) = match &config.tls {
        Some(tls) => (tls.cert.clone(), tls.key.clone()),
        None => own_pair(data_dir)?,
    };
    let named = |path: &Path| {
        let path = path.display().to_string();
        move |cause: String| Error::new("system", "tls").cause(format!("{path}: {cause}"))
    };
    let certs = CertificateDer::pem_file_iter(&cert).map_err(|cause| named(&cert)(cause.to_string()))?;
    let certs: Vec<_> =
        certs.collect::<std::result::Result<_, _>>().map_err(|c| named(&cert)(c.to_string()))?;
    let private = PrivateKeyDer::from_pem_file(&key).map_err(|cause| named(&key)(cause.to_string()))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(Error::system)?;
    let server = builder.with_no_client_auth().with_single_cert(certs, private);
    let server = server.map_err(|cause| named(&cert)(cause.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(server)))
}

/// A self-signed pair: it encrypts, but browsers and strict clients will ask who it is.
fn own_pair(data_dir: &Path) -> Result<(PathBuf, PathBuf)> {
    let dir = data_dir.join("tls");
    let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    if !(cert.exists() && key.exists()) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).map_err(Error::system)?;
        std::fs::create_dir_all(&dir).map_err(Error::system)?;
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&key);
        let pem = made.signing_key.serialize_pem();
        file.and_then(|mut file| file.write_all(pem.as_bytes())).map_err(Error::system)?;
        std::fs::write(&cert, made.cert.pem()).map_err(Error::system)?;
    }
    Ok((cert, key))
}
