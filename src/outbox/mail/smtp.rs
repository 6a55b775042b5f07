//! Hands a letter over to the mail server.

use std::path::Path;
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::extension::ClientId;
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::config::{Config, MailServer, Secret};
use crate::effect::http::certificates;

/// Why a letter did not go out.
pub enum Fault {
    /// Nobody there, no place, not now, or the server does not take us: another time.
    Later(String),
    /// The server does not want this letter (RFC 5321 §4.2.1: 5yz is not to be repeated).
    Never(String),
}

impl Fault {
    fn later(error: impl std::fmt::Display) -> Self {
        Self::Later(error.to_string())
    }
}

pub fn send(server: &MailServer, config: &Config, letter: &Message) -> Result<(), Fault> {
    let mut connection = connect(server, config)?;
    if let Some(password) = config.mail_password.as_ref().filter(|_| !server.user.is_empty()) {
        sign_in(&mut connection, server, password)?;
    }
    let sent = connection.send(letter.envelope(), &letter.formatted());
    if sent.is_ok() {
        // It has the letter; how it says goodbye changes nothing.
        let _ = connection.quit();
    }
    sent.map(drop).map_err(|error| judged(&error))
}

/// What a letter is told is about it alone; what is said before is about us.
fn judged(error: &Error) -> Fault {
    match error.is_permanent() || error.is_client() {
        true => Fault::Never(error.to_string()),
        false => Fault::later(error),
    }
}

/// STARTTLS is spoken wherever it is offered; on this machine, whose servers mostly have certificates that
/// nobody believes, only where somebody vouches for them.
fn connect(server: &MailServer, config: &Config) -> Result<SmtpConnection, Fault> {
    let (place, hello) = ((server.host.as_str(), server.port), ClientId::default());
    let timeout = Duration::from_secs(config.mail_timeout_seconds);
    let wrapped = if server.tls { Some(tls(server, config)?) } else { None };
    let connection = SmtpConnection::connect(place, Some(timeout), &hello, wrapped.as_ref(), None);
    let mut connection = connection.map_err(Fault::later)?;
    let is_asked = !server.tls && (server.is_remote() || config.mail_authority.is_some());
    if is_asked && connection.can_starttls() {
        connection.starttls(&tls(server, config)?, &hello).map_err(Fault::later)?;
    }
    Ok(connection)
}

fn tls(server: &MailServer, config: &Config) -> Result<TlsParameters, Fault> {
    let authorities = match &config.mail_authority {
        Some(path) => {
            authorities(path).map_err(|cause| Fault::Later(format!("{}: {cause}", path.display())))?
        }
        None => Vec::new(),
    };
    let builder = TlsParameters::builder(server.host.clone());
    let builder = authorities.into_iter().fold(builder, TlsParametersBuilder::add_root_certificate);
    builder.build().map_err(Fault::later)
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, String> {
    let pem = std::fs::read(path).map_err(|cause| cause.to_string())?;
    let found = certificates(&pem).map_err(|_| "holds no certificates, or what is none")?;
    let of_der = |der: CertificateDer| Certificate::from_der(der.to_vec()).map_err(|cause| cause.to_string());
    found.into_iter().map(of_der).collect()
}

/// A password leaves this machine only where nobody on the way can read it.
fn sign_in(connection: &mut SmtpConnection, server: &MailServer, password: &Secret) -> Result<(), Fault> {
    if server.is_remote() && !connection.is_encrypted() {
        connection.abort();
        return Err(Fault::later("it offers no STARTTLS, so the password is not sent"));
    }
    let credentials = Credentials::new(server.user.clone(), password.reveal().to_owned());
    let refused = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).err();
    refused.map_or(Ok(()), |error| {
        connection.abort();
        Err(Fault::later(error))
    })
}
