//! A signed POST to an address of the administrator's or a client's.
//!
//! Each call has a small runtime of its own. It is needed for as long as the call, works on the
//! blocking pool as well as in a command, and takes with it whatever hangs: a name that is being
//! looked up cannot be given up otherwise, and would hold a thread of the server.

mod signature;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::config::Secret;
use crate::error::{Error, Result};

pub use signature::{sign, verify_signature};

pub const SIGNATURE: &str = "x-billmgr-signature";
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Of an answer so much is read; behind it the connection is closed.
pub const BODY_MAX_BYTES: usize = 64 * 1024;
const HEAD_MAX_BYTES: usize = 64 * 1024;
/// Nobody who can be reached takes longer, whatever time the call has.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// What is to be sent, and where.
#[derive(Debug, Clone)]
pub struct Hook {
    /// `http://` or `https://`, without a user.
    pub url: String,
    pub secret: Secret,
    /// JSON
    pub body: String,
    /// The same for every try of the same message, so that its receiver can tell.
    pub idempotency_key: String,
    /// For all of it: look-up, connection, sending and answer.
    pub timeout: Duration,
}

/// The answer, whatever its status: redirects are not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookOutcome {
    pub status: u16,
    /// The first [`BODY_MAX_BYTES`].
    pub body: Vec<u8>,
}

impl HookOutcome {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Whom https believes.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// The certificates of the system, read once.
    pub fn of_system() -> Result<Self> {
        static SYSTEM: LazyLock<std::result::Result<Trust, String>> = LazyLock::new(|| {
            let found = rustls_native_certs::load_native_certs();
            match found.certs.is_empty() {
                true => Err(format!("no root certificates, install ca-certificates: {:?}", found.errors)),
                false => Trust::of(found.certs).map_err(|error| error.to_string()),
            }
        });
        SYSTEM.clone().map_err(failed)
    }

    /// These authorities alone. What none of them is, is passed over as browsers do.
    pub fn of(authorities: impl IntoIterator<Item = CertificateDer<'static>>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(authorities);
        let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(Error::system)?;
        Ok(Self(Arc::new(builder.with_root_certificates(roots).with_no_client_auth())))
    }
}

fn failed(cause: impl std::fmt::Display) -> Error {
    Error::new("system", "webhook").cause(cause.to_string())
}

impl Hook {
    /// Sends it and blocks until the answer is there. `now_us` is the time in the signature.
    ///
    /// An error `timeout` or `system` does not say that nothing arrived; `value` does.
    pub fn send(&self, now_us: i64) -> Result<HookOutcome> {
        self.send_trusting(None, now_us)
    }

    /// Likewise; without a choice https believes the system's authorities.
    pub fn send_trusting(&self, trust: Option<&Trust>, now_us: i64) -> Result<HookOutcome> {
        let target = Target::of(&self.url)?;
        let request = self.request(&target, now_us)?;
        let trust = match (target.tls, trust) {
            (false, _) => None,
            (true, Some(trust)) => Some(trust.clone()),
            (true, None) => Some(Trust::of_system()?),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Error::system)?;
        let answer = runtime.block_on(async {
            let all = timeout(self.timeout, exchange(&target, trust, request)).await;
            all.unwrap_or_else(|_| Err(Error::new("timeout", "webhook")))
        });
        runtime.shutdown_background();
        answer
    }

    fn request(&self, target: &Target, now_us: i64) -> Result<Request<Full<Bytes>>> {
        let key = HeaderValue::from_str(&self.idempotency_key);
        let key = key.map_err(|_| Error::value("idempotency_key", &self.idempotency_key))?;
        let signature = sign(self.secret.reveal(), &self.body, now_us / crate::time::SECOND_US);
        Request::post(&target.path)
            .header(HOST, &target.authority)
            .header(USER_AGENT, concat!("billmgr/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json")
            .header(CONNECTION, "close")
            .header(IDEMPOTENCY_KEY, key)
            .header(SIGNATURE, signature)
            .body(Full::new(Bytes::from(self.body.clone())))
            .map_err(|_| Error::value("url", &self.url))
    }
}

/// An address taken apart.
struct Target {
    tls: bool,
    host: String,
    port: u16,
    authority: String,
    path: String,
}

impl Target {
    fn of(url: &str) -> Result<Self> {
        Self::read(url).ok_or_else(|| Error::value("url", url))
    }

    fn read(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let tls = match uri.scheme_str()? {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let authority = uri.authority()?.as_str();
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        // Names and passwords are for the signature to replace; they would stand in logs.
        if authority.contains('@') || host.is_empty() {
            return None;
        }
        let port = match authority.rsplit_once(':') {
            Some((_, digits)) if !digits.ends_with(']') => digits.parse().ok().filter(|port| *port > 0)?,
            _ if tls => 443,
            _ => 80,
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Some(Self {
            tls,
            host: host.to_owned(),
            port,
            authority: authority.to_owned(),
            path: path.to_owned(),
        })
    }
}

async fn exchange(
    target: &Target,
    trust: Option<Trust>,
    request: Request<Full<Bytes>>,
) -> Result<HookOutcome> {
    match timeout(CONNECT_MAX, connect(target, trust)).await {
        Ok(stream) => ask(stream?, request).await,
        Err(_) => Err(Error::new("timeout", "webhook")),
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn connect(target: &Target, trust: Option<Trust>) -> Result<Box<dyn Stream>> {
    let stream = TcpStream::connect((target.host.as_str(), target.port)).await;
    let stream = stream.map_err(|cause| failed(format!("{}: {cause}", target.authority)))?;
    let Some(Trust(config)) = trust else { return Ok(Box::new(stream)) };
    let name = ServerName::try_from(target.host.clone()).map_err(failed)?;
    let stream = TlsConnector::from(config).connect(name, stream).await;
    stream
        .map(|stream| Box::new(stream) as Box<dyn Stream>)
        .map_err(|cause| failed(format!("{}: {cause}", target.authority)))
}

async fn ask(stream: Box<dyn Stream>, request: Request<Full<Bytes>>) -> Result<HookOutcome> {
    let mut builder = http1::Builder::new();
    let (mut sender, connection) =
        builder.max_buf_size(HEAD_MAX_BYTES).handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(failed)?;
    let outcome = HookOutcome { status: response.status().as_u16(), body: beginning(response).await? };
    // Of an endless body the rest is not waited for.
    connection.abort();
    Ok(outcome)
}

async fn beginning(response: Response<Incoming>) -> Result<Vec<u8>> {
    let (mut incoming, mut body) = (response.into_body(), Vec::new());
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame.map_err(failed)?.into_data() else { continue };
        body.extend_from_slice(&data[..data.len().min(BODY_MAX_BYTES - body.len())]);
        if body.len() == BODY_MAX_BYTES {
            break;
        }
    }
    Ok(body)
}
