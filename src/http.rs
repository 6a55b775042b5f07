//! Bytes in, one call, bytes out. Nothing behind this module is async.

mod answer;
mod asterisk;
mod beside;
/// Public for the fuzz targets.
pub mod body;
mod browser;
mod bulk;
mod compress;
mod counters;
mod dialect;
mod done;
mod export;
mod file;
mod first;
mod hook;
mod jsonp;
mod kept;
mod local;
mod mancgi;
mod once;
mod origin;
mod output;
mod pace;
mod patience;
mod place;
mod refuse;
mod request;
mod stale;
mod tls;
mod upload;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Notify, Semaphore};
use tokio_rustls::TlsAcceptor;

use crate::app::App;
pub use local::Peer;
use patience::Patience;
pub use tls::acceptor;

pub use counters::Counters;
pub use kept::Kept;
pub use pace::Paces;

pub type Reply = Response<Either<Full<Bytes>, export::Pieces>>;

/// A reply whose body is all there.
fn whole(bytes: impl Into<Bytes>) -> Reply {
    Reply::new(Either::Left(Full::new(bytes.into())))
}

/// A head that takes longer is not answered; it is also how long an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a stop waits for what is in flight.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECTIONS_MAX: usize = 4096;

/// Where a connection came from.
#[derive(Debug, Clone)]
pub enum From {
    Tcp { ip: IpAddr, https: bool },
    Local(Peer),
}

/// What the signals and the local socket ask of a running server.
#[derive(Default)]
pub struct Control {
    stop: Notify,
    /// Start again with the same arguments after the stop.
    pub restarts: std::sync::atomic::AtomicBool,
}

impl Control {
    pub fn stop(&self) {
        self.stop.notify_one();
    }

    pub async fn stopped(&self) {
        self.stop.notified().await;
    }
}

/// What every connection needs.
pub struct Shared {
    pub app: Arc<App>,
    pub control: Arc<Control>,
    /// Different for each start: the local utility sees by it that a restart is done.
    pub instance: String,
}

pub struct Server {
    pub shared: Arc<Shared>,
    graceful: GracefulShutdown,
    places: Arc<Semaphore>,
}

impl Server {
    pub fn new(app: Arc<App>, control: Arc<Control>) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let instance = crate::auth::session::new_id();
        let shared = Arc::new(Shared { app, control, instance });
        Arc::new(Self { shared, graceful: GracefulShutdown::new(), places })
    }

    /// Answers connections until the server is dropped.
    pub async fn tcp(self: Arc<Self>, listener: TcpListener) {
        loop {
            let Ok(place) = self.places.clone().acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    self.connection(TokioIo::new(stream), From::Tcp { ip: ip(peer), https: false }, place);
                }
                Err(cause) => pause(&cause).await,
            }
        }
    }

    /// The same over https. A handshake holds nobody else up.
    pub async fn tls(self: Arc<Self>, listener: TcpListener, acceptor: TlsAcceptor) {
        loop {
            let Ok(place) = self.places.clone().acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    let (server, acceptor) = (self.clone(), acceptor.clone());
                    tokio::spawn(async move {
                        let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream));
                        let Ok(Ok(stream)) = handshake.await else { return };
                        server.connection(
                            TokioIo::new(stream),
                            From::Tcp { ip: ip(peer), https: true },
                            place,
                        );
                    });
                }
                Err(cause) => pause(&cause).await,
            }
        }
    }

    pub async fn local(self: Arc<Self>, listener: UnixListener) {
        loop {
            let Ok(place) = self.places.clone().acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => match Peer::of(&stream) {
                    Ok(peer) => self.connection(TokioIo::new(stream), From::Local(peer), place),
                    Err(cause) => tracing::warn!("local connection without credentials: {cause}"),
                },
                Err(cause) => pause(&cause).await,
            }
        }
    }

    fn connection<S>(self: &Arc<Self>, io: TokioIo<S>, from: From, place: tokio::sync::OwnedSemaphorePermit)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let shared = self.shared.clone();
        let service = service_fn(move |request| {
            let (shared, from) = (shared.clone(), from.clone());
            async move { Ok::<_, Infallible>(respond(&shared, request, from).await) }
        });
        let mut builder = http1::Builder::new();
        builder.timer(Patience::default()).header_read_timeout(HEAD_TIMEOUT);
        let connection = self.graceful.watch(builder.serve_connection(io, service));
        tokio::spawn(async move {
            let _ = connection.await; // a client that hangs up is no event
            drop(place);
        });
    }

    /// Takes no further connection and waits for what is in flight.
    pub async fn finish(server: Arc<Self>) {
        let Some(server) = Arc::into_inner(server) else { return };
        if tokio::time::timeout(STOP_TIMEOUT, server.graceful.shutdown()).await.is_err() {
            tracing::warn!("stopped with calls in flight");
        }
    }
}

async fn respond(shared: &Shared, request: Request<Incoming>, from: From) -> Reply {
    match from {
        From::Local(peer) => local::respond(shared, request, peer).await,
        From::Tcp { ip, https } => answer::respond(&shared.app, request, ip, https).await,
    }
}

fn ip(peer: SocketAddr) -> IpAddr {
    peer.ip().to_canonical()
}

/// Out of descriptors: trying again at once would only burn the processor.
async fn pause(cause: &std::io::Error) {
    tracing::warn!("accept: {cause}");
    tokio::time::sleep(Duration::from_millis(100)).await;
}

/// Opens the socket for the local utility. Who may call is checked by peer, so anybody may connect.
pub fn bind_local(path: &Path) -> std::io::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}
