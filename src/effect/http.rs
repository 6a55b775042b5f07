//! A request over HTTP, and what came of it: an answer, or whether it may have been taken.
//!
//! Each has a small runtime of its own. It is needed for as long as the request, works on the
//! blocking pool as well as in a command, and takes with it whatever hangs: a name that is being
//! looked up cannot be given up otherwise, and would hold a thread of the server.

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
pub use hyper::Method;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper::{Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::error::{Error, Result};

/// Of an answer so much is read; behind it the connection is closed.
pub const BODY_MAX_BYTES: usize = 64 * 1024;
const HEAD_MAX_BYTES: usize = 64 * 1024;
/// Nobody who can be reached takes longer, whatever time the request has.
const CONNECT_MAX: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Request {
    pub method: Method,
    /// `http://` or `https://`, without a user.
    pub url: String,
    /// Beside those of every request: host, user agent, connection and the body's length.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// For all of it: look-up, connection, sending and answer.
    pub timeout: Duration,
}

/// The answer, whatever its status: redirects are not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The first bytes, at most as many as were asked for.
    pub body: Vec<u8>,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It is no request: which part of it, `url` or the name of a header.
    Wrong(String),
    /// Nothing left us.
    NotSent { is_late: bool, reason: String },
    /// It may have arrived and been done.
    Lost { is_late: bool, reason: String },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Wrong(part) => write!(f, "cannot be sent: {part}"),
            Self::NotSent { is_late: true, .. } => f.write_str("no connection in time"),
            Self::Lost { is_late: true, .. } => f.write_str("no answer in time"),
            Self::NotSent { reason, .. } | Self::Lost { reason, .. } => f.write_str(reason),
        }
    }
}

fn unsent(reason: impl fmt::Display) -> Failure {
    Failure::NotSent { is_late: false, reason: reason.to_string() }
}

fn lost(reason: impl fmt::Display) -> Failure {
    Failure::Lost { is_late: false, reason: reason.to_string() }
}

type Sent<T> = std::result::Result<T, Failure>;

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
        SYSTEM.clone().map_err(|cause| Error::new("system", "https").cause(cause))
    }

    /// The authorities of a text of PEM; without any the system's. Error `value(pem)` where it holds what is none.
    pub fn of_pem(pem: &str) -> Result<Self> {
        if pem.trim().is_empty() {
            return Self::of_system();
        }
        match roots(certificates(pem.as_bytes())?) {
            (roots, 0) => Self::in_roots(roots),
            _ => Err(Error::value("pem", "")),
        }
    }

    /// These authorities alone. What none of them is, is passed over as browsers do.
    pub fn of(authorities: impl IntoIterator<Item = CertificateDer<'static>>) -> Result<Self> {
        Self::in_roots(roots(authorities).0)
    }

    fn in_roots(roots: RootCertStore) -> Result<Self> {
        let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(Error::system)?;
        Ok(Self(Arc::new(builder.with_root_certificates(roots).with_no_client_auth())))
    }
}

/// All certificates of a text of PEM. Error `value(pem)` where it holds none, or what is none.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let found: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(|| Error::value("pem", ""))
}

/// The authorities among them, and how many are none.
fn roots(certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> (RootCertStore, usize) {
    let mut roots = RootCertStore::empty();
    let (_, bad) = roots.add_parsable_certificates(certificates);
    (roots, bad)
}

impl Request {
    /// Sends it and blocks until the answer is there.
    pub fn send(&self) -> Sent<Answer> {
        self.send_trusting(None, BODY_MAX_BYTES)
    }

    /// Likewise, with so much of the answer; without a choice https believes the system's authorities.
    pub fn send_trusting(&self, trust: Option<&Trust>, body_max_bytes: usize) -> Sent<Answer> {
        let target = Target::of(&self.url)?;
        let request = self.built(&target)?;
        let trust = match (target.tls, trust) {
            (false, _) => None,
            (true, Some(trust)) => Some(trust.clone()),
            (true, None) => Some(Trust::of_system().map_err(unsent)?),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(unsent)?;
        let answer = runtime.block_on(self.exchange(&target, trust, request, body_max_bytes));
        runtime.shutdown_background();
        answer
    }

    fn built(&self, target: &Target) -> Sent<hyper::Request<Full<Bytes>>> {
        let mut request = hyper::Request::builder()
            .method(self.method.clone())
            .uri(&target.path)
            .header(HOST, &target.authority)
            .header(USER_AGENT, concat!("billmgr/", env!("CARGO_PKG_VERSION")))
            .header(CONNECTION, "close");
        for (name, value) in &self.headers {
            request = request.header(name, value);
            if request.headers_ref().is_none() {
                return Err(Failure::Wrong(name.clone()));
            }
        }
        let request = request.body(Full::new(Bytes::from(self.body.clone())));
        request.map_err(|_| Failure::Wrong("url".into()))
    }

    async fn exchange(
        &self,
        target: &Target,
        trust: Option<Trust>,
        request: hyper::Request<Full<Bytes>>,
        body_max_bytes: usize,
    ) -> Sent<Answer> {
        let end = Instant::now() + self.timeout;
        let stream = timeout(self.timeout.min(CONNECT_MAX), connect(target, trust)).await;
        let late = |_| Failure::NotSent { is_late: true, reason: String::new() };
        let stream = stream.map_err(late)??;
        let late = |_| Failure::Lost { is_late: true, reason: String::new() };
        timeout_at(end, ask(stream, request, body_max_bytes)).await.map_err(late)?
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
    fn of(url: &str) -> Sent<Self> {
        Self::read(url).ok_or_else(|| Failure::Wrong("url".into()))
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

/// A connection, with TLS or without.
pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

async fn connect(target: &Target, trust: Option<Trust>) -> Sent<Box<dyn Stream>> {
    stream(&target.host, target.port, trust).await
}

/// Connects, with TLS where it is said whom to believe. A failure is that nothing left us.
pub async fn stream(host: &str, port: u16, trust: Option<Trust>) -> Sent<Box<dyn Stream>> {
    let failed = |cause| unsent(format!("{host}:{port}: {cause}"));
    let stream = TcpStream::connect((host, port)).await.map_err(failed)?;
    let _ = stream.set_nodelay(true);
    let Some(Trust(config)) = trust else { return Ok(Box::new(stream)) };
    let name = ServerName::try_from(host.to_owned()).map_err(unsent)?;
    let stream = TlsConnector::from(config).connect(name, stream).await;
    stream.map(|stream| Box::new(stream) as Box<dyn Stream>).map_err(failed)
}

async fn ask(
    stream: Box<dyn Stream>,
    request: hyper::Request<Full<Bytes>>,
    body_max_bytes: usize,
) -> Sent<Answer> {
    let mut builder = http1::Builder::new();
    let (mut sender, connection) =
        builder.max_buf_size(HEAD_MAX_BYTES).handshake(TokioIo::new(stream)).await.map_err(lost)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(lost)?;
    let answer =
        Answer { status: response.status().as_u16(), body: beginning(response, body_max_bytes).await? };
    // Of an endless body the rest is not waited for.
    connection.abort();
    Ok(answer)
}

async fn beginning(response: Response<Incoming>, max_bytes: usize) -> Sent<Vec<u8>> {
    let (mut incoming, mut body) = (response.into_body(), Vec::new());
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame.map_err(lost)?.into_data() else { continue };
        body.extend_from_slice(&data[..data.len().min(max_bytes - body.len())]);
        if body.len() == max_bytes {
            break;
        }
    }
    Ok(body)
}
