//! Gateways that are programs of `modules/`: run as the original's are, by CGI (protocol.md §9).
//!
//! `<name>payment?elid=N` sends a client to the payment system, `<name>recurring?elid=N` has a card
//! remembered, `<name>result` hears from the payment system, which has no session with us.

use std::time::Duration;

use crate::app::App;
use crate::effect::program::{KEPT_BYTES, Outcome, Program};
use crate::error::{Error, Result};
use crate::module::program;

const LIMIT: Duration = Duration::from_secs(30);
/// What a program's name may end with.
const KINDS: [&str; 3] = ["payment", "result", "recurring"];

/// A request as the program is told it.
pub struct Request {
    pub name: String,
    pub method: String,
    pub query: String,
    pub content_type: String,
    pub body: Vec<u8>,
    pub cookie: String,
    pub host: String,
    pub remote_addr: String,
}

/// What the program answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    pub location: String,
    pub body: Vec<u8>,
}

/// Is there such a program?
pub fn exists(app: &App, name: &str) -> bool {
    is_name(name) && program::exists(app, name)
}

/// Other programs of the folder are not for everybody who can reach the server.
pub fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    let is_kind = |kind: &str| name.len() > kind.len() && name.ends_with(kind);
    name.len() <= 64 && name.bytes().all(is_plain) && KINDS.into_iter().any(is_kind)
}

/// Blocks until the program has ended.
pub fn run(app: &App, request: Request) -> Result<Reply> {
    let token = app.gateways.give(gateway_of(&request.name));
    let mut program = Program { limit: LIMIT, ..program::program(app, &request.name)? };
    program.env.push(token.env());
    program.env.extend(environment(&request));
    program.stdin = request.body;
    let outcome = program.run()?;
    let fault = |why: &str| {
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        Error::new("system", "module").cause(format!("{}: {why}: {stderr}", request.name))
    };
    match &outcome {
        Outcome { timed_out: true, .. } => Err(fault("took too long")),
        Outcome { stdout, .. } if stdout.len() >= KEPT_BYTES => Err(fault("answered too much")),
        Outcome { stdout, .. } => parse(stdout).ok_or_else(|| fault("answered no CGI")),
    }
}

/// `ya` of `yapayment`.
fn gateway_of(name: &str) -> &str {
    KINDS.into_iter().find_map(|kind| name.strip_suffix(kind)).unwrap_or(name)
}

fn environment(request: &Request) -> Vec<(&'static str, String)> {
    let (scheme, host) = request.host.split_once("://").unwrap_or(("http", request.host.as_str()));
    let path = format!("/mancgi/{}", request.name);
    let mut env = vec![
        ("GATEWAY_INTERFACE", "CGI/1.1".into()),
        ("SERVER_PROTOCOL", "HTTP/1.1".into()),
        ("SERVER_SOFTWARE", "billmgr".into()),
        ("SERVER_NAME", host.split(':').next().unwrap_or_default().into()),
        ("REQUEST_METHOD", request.method.clone()),
        ("REQUEST_URI", format!("{path}?{}", request.query)),
        ("SCRIPT_NAME", path),
        ("QUERY_STRING", request.query.clone()),
        ("REMOTE_ADDR", request.remote_addr.clone()),
        ("HTTP_HOST", host.into()),
        ("HTTP_COOKIE", request.cookie.clone()),
        ("CONTENT_TYPE", request.content_type.clone()),
        ("CONTENT_LENGTH", request.body.len().to_string()),
    ];
    if scheme == "https" {
        env.push(("HTTPS", "on".into()));
    }
    // A NUL can stand in no environment; what holds one was no browser's.
    env.retain(|(_, value)| !value.contains('\0'));
    env
}

/// Header lines, an empty line, the body (RFC 3875, 6).
fn parse(output: &[u8]) -> Option<Reply> {
    let mut reply =
        Reply { status: 200, content_type: String::new(), location: String::new(), body: Vec::new() };
    let (mut rest, mut has_status) = (output, false);
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = std::str::from_utf8(&rest[..end]).ok()?.trim_end_matches('\r');
        rest = &rest[end + 1..];
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "status" => {
                reply.status = value.get(..3)?.parse().ok().filter(|status| (200..600).contains(status))?;
                has_status = true;
            }
            "content-type" => reply.content_type = value.to_owned(),
            "location" => reply.location = value.to_owned(),
            _ => {}
        }
    }
    if !reply.location.is_empty() && !has_status {
        reply.status = 302;
    }
    let is_whole = !reply.location.is_empty() || !reply.content_type.is_empty() || has_status;
    reply.body = rest.to_vec();
    is_whole.then_some(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs() {
        for (name, good) in [
            ("yapayment", true),
            ("yaresult", true),
            ("ya-2_recurring", true),
            ("payment", false),
            ("pmya", false),
            ("../yapayment", false),
            ("Yapayment", false),
            ("", false),
        ] {
            assert_eq!(is_name(name), good, "{name}");
        }
    }

    #[test]
    fn answers_of_programs() {
        let reply = |status, content_type: &str, location: &str, body: &str| {
            Some(Reply {
                status,
                content_type: content_type.into(),
                location: location.into(),
                body: body.into(),
            })
        };
        for (output, expected) in [
            ("Content-Type: text/html\r\n\r\n<p>a:b</p>\n", reply(200, "text/html", "", "<p>a:b</p>\n")),
            ("location: https://pay.example.com/1\n\n", reply(302, "", "https://pay.example.com/1", "")),
            ("Status: 303 See Other\nLocation: /x\nX-Own: 1\n\n", reply(303, "", "/x", "")),
            ("Status: 404\n\n", reply(404, "", "", "")),
            ("Content-Type: text/plain\n", None),
            ("Status: 99\n\n", None),
            ("\nbody", None),
            ("hello\n\n", None),
            ("", None),
        ] {
            assert_eq!(parse(output.as_bytes()), expected, "{output:?}");
        }
    }
}
