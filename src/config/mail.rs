//! Where letters are handed over, and from whom they come.

use std::fmt;

use lettre::message::Mailbox;

use super::value::authority;

/// The submission ports (RFC 8314 §7.3, RFC 6409 §3.1).
const PORT_TLS: u16 = 465;
const PORT_STARTTLS: u16 = 587;

/// A mail server that takes our letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// TLS from the first byte on; else the server may offer STARTTLS.
    pub tls: bool,
    /// Empty: it takes letters from whoever reaches it.
    pub user: String,
    /// An IPv6 address without its brackets.
    pub host: String,
    pub port: u16,
}

impl MailServer {
    /// `smtp://user@host:587` or `smtps://host`. A user may hold an `@`, as it stands or as `%40`.
    /// The reason does not repeat the text: somebody may have written a password into it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (tls, rest) = match text.split_once("://") {
            Some(("smtp", rest)) => (false, rest),
            Some(("smtps", rest)) => (true, rest),
            _ => return Err("is not smtp://user@host:port or smtps://user@host:port".into()),
        };
        let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        if user.contains(':') {
            return Err("holds a password, which belongs into MailPassword".into());
        }
        let (host, port) = authority(place.strip_suffix('/').unwrap_or(place))
            .filter(|(host, _)| !host.is_empty())
            .ok_or("names no host like `mail.example.com:587`")?;
        let implied = if tls { PORT_TLS } else { PORT_STARTTLS };
        let host = host.trim_matches(['[', ']']).to_owned();
        Ok(Self { tls, user: user.replace("%40", "@"), host, port: port.unwrap_or(implied) })
    }

    /// What is sent there leaves this machine.
    pub fn is_remote(&self) -> bool {
        let local = self.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        !local && self.host != "localhost"
    }
}

impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// `billing@example.com` or `Example <billing@example.com>`
pub fn mailbox(text: &str) -> Result<Mailbox, String> {
    text.parse().map_err(|_| "is not an address like `Example <billing@example.com>`".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        for (text, shown) in [
            ("smtp://mail.example.com", "false  mail.example.com:587 true"),
            ("smtp://u@mail.example.com:25/", "false u mail.example.com:25 true"),
            ("smtps://u@example.com@mail.example.com", "true u@example.com mail.example.com:465 true"),
            ("smtps://u%40example.com@[::1]:1", "true u@example.com ::1:1 false"),
            ("smtp://127.0.0.1:2525", "false  127.0.0.1:2525 false"),
            ("smtp://localhost", "false  localhost:587 false"),
        ] {
            let server = MailServer::parse(text).expect(text);
            let found = format!("{} {} {server} {}", server.tls, server.user, server.is_remote());
            assert_eq!(found, shown, "{text}");
        }
        for text in ["", "mail.example.com", "http://a", "smtp://", "smtp://u@", "smtp://u:hunter2@a:25"] {
            let reason = MailServer::parse(text).expect_err(text);
            assert!(!reason.contains("hunter2"), "{reason}");
        }
    }

    #[test]
    fn mailboxes() {
        assert!(mailbox("Пример <a@example.com>").is_ok() && mailbox("a@example.com").is_ok());
        for text in ["", "a", "a@", "a@b c", "a@example.com\nBcc: b@example.com"] {
            assert!(mailbox(text).is_err(), "{text:?}");
        }
    }
}
