//! The client of every measurement: keep-alive connections on one thread, one request at a time
//! on each, answers read to their end.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

pub type Request = Arc<[u8]>;
pub type Requests = Box<dyn Iterator<Item = Request>>;

/// What a load came to.
#[derive(Debug, Default)]
pub struct Load {
    pub seconds: f64,
    pub latencies_us: Vec<f64>,
    /// The first error that was answered, and how many there were.
    pub refused: Option<(String, usize)>,
}

impl Load {
    pub fn rate(&self) -> f64 {
        self.latencies_us.len() as f64 / self.seconds
    }
}

/// A call of the panel; `query` without the `?`.
pub fn get(query: &str) -> Request {
    with_headers(query, "")
}

pub fn with_headers(query: &str, headers: &str) -> Request {
    format!("GET /billmgr?{query} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}\r\n").into_bytes().into()
}

pub fn always(request: Request) -> Requests {
    Box::new(std::iter::repeat(request))
}

/// Sends requests over `connections` until they or the time are used up. None may be refused.
pub fn load(port: u16, connections: usize, time: Duration, requests: Requests) -> Load {
    let load = try_load(port, connections, time, requests);
    assert_eq!(load.refused, None, "refused");
    load
}

/// Likewise, and some may be refused.
pub fn try_load(port: u16, connections: usize, time: Duration, requests: Requests) -> Load {
    let requests = Rc::new(RefCell::new(requests));
    block_on(async {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(Connection::open(port).await);
        }
        let (start, set) = (Instant::now(), LocalSet::new());
        let tasks: Vec<_> =
            open.into_iter().map(|one| set.spawn_local(one.drive(requests.clone(), start + time))).collect();
        set.await;
        let mut load = Load::default();
        for task in tasks {
            let (latencies_us, refused) = task.await.expect("no connection breaks");
            load.latencies_us.extend(latencies_us);
            let before = load.refused.take();
            load.refused = match (before, refused) {
                (Some((first, count)), Some((_, more))) => Some((first, count + more)),
                (before, refused) => before.or(refused),
            };
        }
        Load { seconds: start.elapsed().as_secs_f64(), ..load }
    })
}

/// Each request once, one after another.
pub fn each(port: u16, requests: impl IntoIterator<Item = Request>) -> Vec<f64> {
    let requests: Vec<Request> = requests.into_iter().collect();
    load(port, 1, Duration::from_secs(600), Box::new(requests.into_iter())).latencies_us
}

/// The body of one answer.
pub fn fetch(port: u16, request: &Request) -> String {
    block_on(async {
        let mut connection = Connection::open(port).await;
        String::from_utf8_lossy(connection.call(request).await).into_owned()
    })
}

/// Connections that have had one answer each and stay open while `look` looks.
pub fn holding<T>(port: u16, count: usize, request: &Request, look: impl FnOnce() -> T) -> T {
    block_on(async {
        let mut open = Vec::new();
        for _ in 0..count {
            let mut connection = Connection::open(port).await;
            connection.call(request).await;
            open.push(connection);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        look()
    })
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime can be made").block_on(work)
}

/// What came of one connection, as in [`Load`].
type Driven = (Vec<f64>, Option<(String, usize)>);

struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server accepts");
        stream.set_nodelay(true).expect("a socket takes its options");
        Self { stream, answer: vec![0; 64 * 1024] }
    }

    async fn drive(mut self, requests: Rc<RefCell<Requests>>, until: Instant) -> Driven {
        let (mut latencies_us, mut refused) = (Vec::new(), None::<(String, usize)>);
        loop {
            let start = Instant::now();
            let request = if start < until { requests.borrow_mut().next() } else { None };
            let Some(request) = request else { return (latencies_us, refused) };
            let body = self.call(&request).await;
            if is_error(body) {
                refused.get_or_insert_with(|| (String::from_utf8_lossy(body).into_owned(), 0)).1 += 1;
            }
            latencies_us.push(start.elapsed().as_nanos() as f64 / 1000.0);
        }
    }

    async fn call(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).await.expect("the server reads");
        let mut filled = 0;
        loop {
            if filled == self.answer.len() {
                self.answer.resize(2 * filled, 0);
            }
            let read = self.stream.read(&mut self.answer[filled..]).await.expect("the server answers");
            assert!(read > 0, "the server hung up");
            filled += read;
            if let Some(body) = body(&self.answer[..filled]) {
                return &self.answer[body];
            }
        }
    }
}

/// Where the body of a whole answer is. One that came in chunks is left as it came.
fn body(answer: &[u8]) -> Option<Range<usize>> {
    let begin = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..begin]).expect("a head is ASCII");
    let end = match head.split("\r\n").find_map(|line| line.strip_prefix("content-length: ")) {
        Some(length) => begin + length.parse::<usize>().expect("a length is a number"),
        None if answer.ends_with(b"\r\n0\r\n\r\n") => answer.len(),
        None => return None,
    };
    (answer.len() >= end).then_some(begin..end)
}

/// An error document begins with nothing but its error; refused sign-ins are wanted.
fn is_error(body: &[u8]) -> bool {
    let start = &body[..body.len().min(64)];
    start.windows(6).any(|bytes| bytes == b"<error" || bytes == b"\"error")
        && !body.windows(13).any(|bytes| bytes == b"\"badpassword\"")
}
