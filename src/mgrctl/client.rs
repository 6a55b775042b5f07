//! One HTTP/1.1 request over the socket.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, timeout};

use super::{Env, Failure};

/// On every answer of the socket: another value means that another process answers.
const INSTANCE: &str = "x-mgrctl-instance";
const RESTART_MAX: Duration = Duration::from_secs(30);
const PING_MAX: Duration = Duration::from_secs(2);
const PING_PAUSE: Duration = Duration::from_millis(100);

pub struct Client {
    path: PathBuf,
    claimed: Option<HeaderValue>,
    /// Of the operation that the program which calls was started for.
    token: Option<HeaderValue>,
}

impl Client {
    pub fn new(path: PathBuf, env: Env) -> Self {
        Self { path, claimed: claimed_address(env("SSH_CONNECTION")), token: token(env("BILLMGR_TOKEN")) }
    }

    pub async fn get(&self, uri: &str) -> Result<Response<Incoming>, Failure> {
        self.send(Request::get(uri), String::new()).await
    }

    pub async fn post(&self, uri: &str, body: String) -> Result<Response<Incoming>, Failure> {
        self.send(Request::post(uri).header(CONTENT_TYPE, "application/x-www-form-urlencoded"), body).await
    }

    async fn send(
        &self,
        mut head: hyper::http::request::Builder,
        body: String,
    ) -> Result<Response<Incoming>, Failure> {
        if let Some(address) = &self.claimed {
            head = head.header("x-mgrctl-client", address);
        }
        if let Some(token) = &self.token {
            head = head.header("x-mgrctl-token", token);
        }
        let head = head.header(HOST, "localhost").header(CONNECTION, "close");
        let request = head.body(Full::new(Bytes::from(body))).map_err(|error| self.broken(error))?;
        let stream = UnixStream::connect(&self.path).await.map_err(|error| self.unreachable(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.broken(error))?;
        tokio::spawn(connection);
        sender.send_request(request).await.map_err(|error| self.broken(error))
    }

    pub async fn text(&self, answer: Response<Incoming>) -> Result<String, Failure> {
        let body = answer.into_body().collect().await.map_err(|error| self.broken(error))?;
        Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
    }

    /// The body as it arrives: an export can be larger than the memory.
    pub async fn print(&self, answer: Response<Incoming>, out: &mut dyn Write) -> Result<(), Failure> {
        let mut body = answer.into_body();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| self.broken(error))?;
            let Ok(data) = frame.into_data() else { continue };
            if !written(out.write_all(&data))? {
                return Ok(());
            }
        }
        written(out.flush()).map(|_| ())
    }

    /// Until another process than `old` answers on the socket. The old one may still take
    /// connections while it finishes its calls, and leaves them without an answer when it ends.
    pub async fn wait_for_another(&self, old: Option<HeaderValue>) -> Result<(), Failure> {
        let end = Instant::now() + RESTART_MAX;
        while Instant::now() < end {
            if let Ok(Ok(answer)) = timeout(PING_MAX, self.get("/mgrctl/ping")).await
                && instance(&answer).is_some_and(|new| Some(new) != old)
            {
                return Ok(());
            }
            sleep(PING_PAUSE).await;
        }
        let seconds = RESTART_MAX.as_secs();
        Err(self.failure(format!("has not come back within {seconds} seconds")))
    }

    fn unreachable(&self, error: &io::Error) -> Failure {
        let path = self.path.display();
        Failure::Transport(match error.kind() {
            ErrorKind::NotFound => format!("no server is running here: there is no socket at {path}"),
            ErrorKind::ConnectionRefused => format!("no server is running here: nothing listens on {path}"),
            ErrorKind::PermissionDenied => format!("the socket {path} may not be opened by this user"),
            _ => format!("the socket {path} cannot be opened: {error}"),
        })
    }

    fn broken(&self, error: impl std::error::Error) -> Failure {
        self.failure(format!("gave no complete answer: {error}"))
    }

    fn failure(&self, what: String) -> Failure {
        Failure::Transport(format!("the server at {} {what}", self.path.display()))
    }
}

pub fn instance(answer: &Response<Incoming>) -> Option<HeaderValue> {
    answer.headers().get(INSTANCE).cloned()
}

pub fn print_text(text: &str, out: &mut dyn Write) -> Result<(), Failure> {
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush())).map(|_| ())
}

/// `false` when the reader has had enough, as in `mgrctl payment | head -1`: no failure of ours.
fn written(result: io::Result<()>) -> Result<bool, Failure> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::Transport(format!("the answer cannot be written: {error}"))),
    }
}

/// The first word of `SSH_CONNECTION`: only logged, as what the caller says of himself
/// (protocol.md §5), so what cannot stand in a header is left out.
fn claimed_address(connection: Option<OsString>) -> Option<HeaderValue> {
    let connection = connection?.into_string().ok()?;
    HeaderValue::from_str(connection.split_whitespace().next()?).ok()
}

/// One that cannot be sent is sent as one that nobody knows: without any the call would have the
/// rights of the user.
fn token(token: Option<OsString>) -> Option<HeaderValue> {
    let token = token.filter(|token| !token.is_empty())?;
    let mut value =
        HeaderValue::from_bytes(token.as_encoded_bytes()).unwrap_or(HeaderValue::from_static("-"));
    value.set_sensitive(true);
    Some(value)
}
