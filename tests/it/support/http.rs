//! A blocking HTTP/1.1 client that sends exactly what it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// No answer within it is a fault of the server.
const TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(have, _)| have == name).map_or("", |(_, value)| value)
    }

    pub fn mime(&self) -> &str {
        self.header("content-type")
    }
}

#[derive(Debug, Clone)]
pub struct Request {
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// `target` is a path with its query.
    pub fn get(target: impl Into<String>) -> Self {
        Self { method: "GET", target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn post(target: impl Into<String>, mime: &str, body: impl Into<Vec<u8>>) -> Self {
        let request = Self { method: "POST", body: body.into(), ..Self::get(target) };
        request.header("Content-Type", mime)
    }

    /// The same by another method.
    pub fn by(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn bytes(&self, host: &str, connection: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {host}\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head.push_str(&format!("Connection: {connection}\r\n\r\n"));
        [head.as_bytes(), &self.body].concat()
    }

    /// Sends it on a connection of its own.
    pub fn send(&self, address: SocketAddr) -> Reply {
        let mut connection = Connection::open(address);
        connection.write(&self.bytes(&address.to_string(), "close"));
        connection.read().expect("the server answers")
    }
}

/// A connection that is kept for several requests.
pub struct Connection {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server takes connections");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a socket takes a timeout");
        stream.set_nodelay(true).expect("a socket takes an option");
        Self { address, stream: BufReader::new(stream) }
    }

    pub fn send(&mut self, request: &Request) -> Reply {
        self.write(&request.bytes(&self.address.to_string(), "keep-alive"));
        self.read().expect("the server answers on a kept connection")
    }

    /// Bytes as they are: for requests that are no requests.
    pub fn write(&mut self, bytes: &[u8]) {
        // A server that has already refused may have closed its side; its answer is still there.
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// Says that nothing more will be sent.
    pub fn finish(&mut self) {
        let _ = self.stream.get_ref().shutdown(std::net::Shutdown::Write);
    }

    /// One answer, or nothing where the server closed the connection.
    pub fn read(&mut self) -> Option<Reply> {
        let status = self.line()?;
        let status = status.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        while let Some(line) = self.line().filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').expect("a header has a colon");
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = Vec::new();
        let is_chunked =
            headers.iter().any(|header| *header == ("transfer-encoding".into(), "chunked".into()));
        match length.map(|(_, value)| value.parse().expect("a length is a number")) {
            Some(length) => {
                body.resize(length, 0);
                self.stream.read_exact(&mut body).expect("a whole body");
            }
            None if is_chunked => self.chunks(&mut body),
            None => {
                self.stream.read_to_end(&mut body).expect("a whole body");
            }
        }
        let is_pdf =
            headers.iter().any(|header| *header == ("content-type".into(), "application/pdf".into()));
        let body = match is_pdf {
            true => String::from_utf8_lossy(&body).into_owned(), // for a look at its beginning
            false => String::from_utf8(body).expect("answers are UTF-8"),
        };
        Some(Reply { status, headers, body })
    }

    /// The pieces of a body, until the empty one that ends it.
    fn chunks(&mut self, body: &mut Vec<u8>) {
        loop {
            let size = self.line().expect("a chunk says its size");
            let size = usize::from_str_radix(&size, 16).expect("a size is hexadecimal");
            let start = body.len();
            body.resize(start + size, 0);
            self.stream.read_exact(&mut body[start..]).expect("a whole chunk");
            self.line().expect("a chunk ends with its line");
            if size == 0 {
                return;
            }
        }
    }

    /// Reads so many bytes of whatever comes.
    pub fn skip(&mut self, count: u64) {
        std::io::copy(&mut self.stream.by_ref().take(count), &mut std::io::sink()).expect("bytes come");
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
        }
    }
}
