//! What a parameter can hold, and how its text is read.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use super::mail::{self, MailServer};
use super::ranges::{Networks, items};
use crate::time::Zone;

/// The greatest length of one value, wherever it comes from.
const TEXT_MAX_BYTES: usize = 65_536;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Bounds are in characters.
    Text {
        min: usize,
        max: usize,
    },
    OneOf(&'static [&'static str]),
    Number {
        min: u64,
        max: u64,
    },
    Path,
    /// An address with one of these schemes.
    Url(&'static [&'static str]),
    /// Listeners: `http://`, `https://`, `unix:`.
    Listen,
    /// `host:port`
    Address,
    /// First parts of our own addresses: `/ispmgr`.
    UrlPaths,
    /// What a browser sends as `Origin`.
    Origins,
    Networks,
    Zone,
    /// `smtp://user@host:port`
    MailServer,
    /// The address of a sender, with or without a name.
    Mailbox,
    /// `Option Name`.
    Flag,
}

/// A value that was read; `Config` takes it apart at once.
#[derive(Clone)]
pub enum Value {
    Text(String),
    Number(u64),
    Flag(bool),
    Texts(Vec<String>),
    Listen(Vec<Listen>),
    Networks(Networks),
    Zone(Zone),
    MailServer(MailServer),
}

/// Where the server waits for calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// `host:port`, as a listener is bound to it.
    Tcp {
        address: String,
        tls: bool,
    },
    Unix(PathBuf),
}

/// A text that no log, debug print or list shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub const MASK: &str = "********";

    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(Self::MASK)
    }
}

impl Kind {
    /// Whether lines of the same name add to each other, and one line may hold several items.
    pub fn repeatable(self) -> bool {
        matches!(self, Self::Listen | Self::UrlPaths | Self::Origins | Self::Networks)
    }

    /// Whether the text holds nothing.
    pub fn is_empty(self, text: &str) -> bool {
        if self.repeatable() { items(text).next().is_none() } else { text.trim().is_empty() }
    }

    /// The value of the text, or why it is none. What can be a secret is not repeated in the reason.
    pub fn parse(self, text: &str) -> Result<Value, String> {
        check_characters(text, self.repeatable())?;
        let word = text.trim();
        match self {
            Self::Text { min, max } => text_of(text, min, max),
            Self::Path => Ok(Value::Text(text.to_owned())),
            Self::Url(schemes) => url(word, schemes),
            Self::OneOf(words) => one_of(word, words),
            Self::Number { min, max } => number(word, min, max),
            Self::Flag => flag(word),
            Self::Zone => Zone::named(word)
                .map(Value::Zone)
                .ok_or_else(|| format!("`{word}` is no time zone; names are like `UTC` and `Europe/Riga`")),
            Self::MailServer => MailServer::parse(word).map(Value::MailServer),
            Self::Mailbox => mail::mailbox(word).map(|_| Value::Text(word.to_owned())),
            Self::Networks => Networks::parse(text)
                .map(Value::Networks)
                .map_err(|item| format!("`{item}` is neither an address nor a network like `10.0.0.0/8`")),
            Self::Listen => items(text).map(Listen::parse).collect::<Result<_, _>>().map(Value::Listen),
            Self::Address => match is_address(word) {
                true => Ok(Value::Text(word.to_owned())),
                false => Err(format!("`{word}` is not address:port")),
            },
            Self::UrlPaths => items(text).map(url_path).collect::<Result<_, _>>().map(Value::Texts),
            Self::Origins => items(text).map(origin).collect::<Result<_, _>>().map(Value::Texts),
        }
    }
}

/// A list of the panel's form may have an item a line; nothing else has a reason to hold C0
/// characters. U+FFFD is what a byte becomes that is no UTF-8.
fn check_characters(text: &str, lines: bool) -> Result<(), String> {
    if text.len() > TEXT_MAX_BYTES {
        return Err(format!("is longer than {TEXT_MAX_BYTES} bytes"));
    }
    let bad = |c: char| (c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'))) || c == '\u{FFFD}';
    if text.contains(bad) { Err("holds a control character or is not UTF-8".into()) } else { Ok(()) }
}

fn text_of(text: &str, min: usize, max: usize) -> Result<Value, String> {
    if (min..=max).contains(&text.chars().count()) {
        return Ok(Value::Text(text.to_owned()));
    }
    Err(format!("must have {min} to {max} characters"))
}

fn one_of(word: &str, words: &[&str]) -> Result<Value, String> {
    if words.contains(&word) {
        return Ok(Value::Text(word.to_owned()));
    }
    Err(format!("`{word}` is not one of {}", words.join(", ")))
}

fn number(word: &str, min: u64, max: u64) -> Result<Value, String> {
    match digits(word) {
        Some(number) if (min..=max).contains(&number) => Ok(Value::Number(number)),
        _ => Err(format!("`{word}` is not a number from {min} to {max}")),
    }
}

/// Digits only: `str::parse` also takes a `+`.
fn digits<T: std::str::FromStr>(word: &str) -> Option<T> {
    word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok()).flatten()
}

fn flag(word: &str) -> Result<Value, String> {
    match word.to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" | "1" => Ok(Value::Flag(true)),
        "off" | "no" | "false" | "0" => Ok(Value::Flag(false)),
        _ => Err(format!("`{word}` is neither on nor off")),
    }
}

/// A database address may have no host (`postgres:///name?host=/run/postgresql`), so only the
/// scheme is judged here; the rest is for the library that connects.
fn url(word: &str, schemes: &[&str]) -> Result<Value, String> {
    let known =
        word.split_once("://").is_some_and(|(scheme, rest)| schemes.contains(&scheme) && !rest.is_empty());
    if known && !word.contains(char::is_whitespace) {
        return Ok(Value::Text(word.to_owned()));
    }
    Err(format!("is not an address that begins with {}://", schemes.join(":// or ")))
}

fn url_path(item: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    let good = |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(allowed);
    match item.strip_prefix('/') {
        Some(rest) if item.len() <= 255 && rest.split('/').all(good) => Ok(item.to_owned()),
        _ => Err(format!("`{item}` is not a path like `/ispmgr`")),
    }
}

/// As a browser writes it: lower case, without the port that the scheme implies.
fn origin(item: &str) -> Result<String, String> {
    let bad = || format!("`{item}` is not an origin like `https://shop.example`");
    let lower = item.to_ascii_lowercase();
    let (scheme, rest) = lower.split_once("://").ok_or_else(bad)?;
    let implied = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return Err(bad()),
    };
    match authority(rest).ok_or_else(bad)? {
        (host, Some(port)) if port != implied => Ok(format!("{scheme}://{host}:{port}")),
        (host, _) => Ok(format!("{scheme}://{host}")),
    }
}

impl Listen {
    /// `http://127.0.0.1:1500`, `https://[::]:1500` or `unix:/run/billmgr/billmgr.sock`.
    pub fn parse(item: &str) -> Result<Self, String> {
        if let Some(path) = item.strip_prefix("unix:").filter(|path| !path.is_empty()) {
            return Ok(Self::Unix(path.into()));
        }
        let (tls, rest) = match item.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            _ => {
                return Err(format!(
                    "`{item}` is not http://address:port, https://address:port or unix:path"
                ));
            }
        };
        match authority(rest.strip_suffix('/').unwrap_or(rest)) {
            Some((host, Some(port))) => Ok(Self::Tcp { address: format!("{host}:{port}"), tls }),
            Some((_, None)) => Err(format!("`{item}` names no port; write `{item}:1500`")),
            None => Err(format!("`{item}` names no address to listen on")),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Tcp { address, tls: false } => write!(f, "http://{address}"),
            Self::Tcp { address, tls: true } => write!(f, "https://{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A host with a port.
pub fn is_address(text: &str) -> bool {
    matches!(authority(text), Some((_, Some(port))) if port > 0)
}

/// Host (IPv6 in its brackets) and port.
pub fn authority(text: &str) -> Option<(&str, Option<u16>)> {
    let end = match text.starts_with('[') {
        true => text.find(']')? + 1,
        false => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(end);
    let port = match rest.strip_prefix(':') {
        Some(port) => Some(digits(port)?),
        None if rest.is_empty() => None,
        None => return None,
    };
    is_host(host).then_some((host, port))
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok();
    }
    if host.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return host.parse::<Ipv4Addr>().is_ok();
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    host.len() <= 253 && host.split('.').all(|label| !label.is_empty() && label.chars().all(allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: Kind, text: &str) -> Option<String> {
        kind.parse(text).ok().map(|value| match value {
            Value::Text(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Flag(on) => on.to_string(),
            Value::Texts(texts) => texts.join(" "),
            Value::Listen(listen) => listen.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Value::Networks(networks) => networks.to_string(),
            Value::Zone(zone) => zone.time(0),
            Value::MailServer(server) => server.to_string(),
        })
    }

    const NUMBER: Kind = Kind::Number { min: 1, max: 30 };
    const NAME: Kind = Kind::Text { min: 2, max: 4 };
    const LANG: Kind = Kind::OneOf(&["en", "ru"]);
    const BASE: Kind = Kind::Url(&["postgres", "postgresql"]);

    #[test]
    fn taken() {
        let rows = [
            (NUMBER, " 30 ", "30"),
            (NUMBER, "007", "7"),
            (NAME, "да", "да"),
            (NAME, " a ", " a "),
            (LANG, "ru", "ru"),
            (Kind::Flag, "Yes", "true"),
            (Kind::Flag, "0", "false"),
            (Kind::Path, "/a b/c", "/a b/c"),
            (Kind::Zone, "Europe/Moscow", "1970-01-01 03:00:00"),
            (BASE, "postgres:///b?host=/run", "postgres:///b?host=/run"),
            (BASE, "postgresql://u:p@h:5432/b", "postgresql://u:p@h:5432/b"),
            (Kind::Listen, "http://127.0.0.1:1500/", "http://127.0.0.1:1500"),
            (Kind::Listen, "https://[::]:0,unix:/run/b.sock", "https://[::]:0 unix:/run/b.sock"),
            (Kind::Listen, "http://bill.example:80", "http://bill.example:80"),
            (Kind::UrlPaths, "/ispmgr /manager/x.y", "/ispmgr /manager/x.y"),
            (Kind::Origins, "https://Shop.Example:443\nhttp://a:8080", "https://shop.example http://a:8080"),
            (Kind::Origins, "", ""),
            (Kind::Networks, "10.1.1.1/8,::1", "10.0.0.0/8, ::1"),
            (Kind::MailServer, " smtp://mail.example ", "mail.example:587"),
            (Kind::Mailbox, "Bill <a@b.example>", "Bill <a@b.example>"),
        ];
        for (kind, text, expected) in rows {
            assert_eq!(shown(kind, text).as_deref(), Some(expected), "{kind:?} {text:?}");
        }
    }

    #[test]
    fn refused() {
        let rows: [(Kind, &[&str]); 11] = [
            (NUMBER, &["", "0", "31", "+5", "-1", "5 5", "1e1", "99999999999999999999"]),
            (NAME, &["a", "abcde", "a\nb", "a\u{0}b", "a\u{FFFD}"]),
            (LANG, &["EN", "de", ""]),
            (Kind::Flag, &["", "maybe", "onn"]),
            (Kind::Path, &["/a\nb"]),
            (Kind::Zone, &["Mars/Base", "", "+03:00"]),
            (BASE, &["postgres://", "mysql://h/b", "h/b", "postgres://h/a b"]),
            (
                Kind::Listen,
                &[
                    "127.0.0.1:1500",
                    "http://127.0.0.1",
                    "http://:80",
                    "http://1.2.3:80",
                    "http://h:65536",
                    "http://h:+80",
                    "http://h:80/x",
                    "http://[::1:80",
                    "http://::1:80",
                    "ftp://h:1",
                    "unix:",
                    "http://*:80",
                ],
            ),
            (Kind::UrlPaths, &["/", "ispmgr", "/a/", "/a//b", "/../a", "/a b?", "/a?b", "/%61"]),
            (
                Kind::Origins,
                &["*", "null", "https://", "https://a/", "https://u@a", "ftp://a", "https://a:x"],
            ),
            (Kind::Networks, &["10.0.0.0/40", "localhost"]),
        ];
        for (kind, texts) in rows {
            for text in texts {
                assert_eq!(shown(kind, text), None, "{kind:?} {text:?}");
            }
        }
        assert_eq!(shown(Kind::Path, &"x".repeat(TEXT_MAX_BYTES + 1)), None);
    }

    #[test]
    fn a_reason_does_not_repeat_what_may_be_secret() {
        for kind in [NAME, BASE, Kind::Path] {
            let Err(reason) = kind.parse("hunter2\u{7}") else { panic!("{kind:?}") };
            assert!(!reason.contains("hunter2"), "{reason}");
        }
        assert_eq!(format!("{:?}", Secret::new("hunter2")), Secret::MASK);
    }
}
