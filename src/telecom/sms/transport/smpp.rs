//! A provider that takes messages over SMPP 3.4. One session a provider is kept (`session`); a
//! message is as many submissions as it has parts.

pub mod keep;
pub mod pdu;
pub mod receipt;
pub mod session;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Attempt, Outcome, Transport};
use crate::error::{Error, Result};
use crate::telecom::sms::gsm::{self, Encoding};
use crate::telecom::sms::provider;
use pdu::{Submit, status};
use receipt::IdForm;
use session::{Came, Session};

/// Between two tries of a part whose message has begun to leave.
const PAUSE: Duration = Duration::from_millis(500);
const MESSAGE_ID_MAX_CHARS: usize = 64;
const PLAIN: &str = "smpp://";
const TLS: &str = "smpps://";
/// After so long a silence it is asked whether the provider is there.
pub const ENQUIRE: Duration = Duration::from_secs(30);
/// Where providers listen (assigned by IANA).
const PORT: u16 = 2775;
const LOGIN_MAX: usize = 64;

/// Where a provider listens: `host`, `host:port`, `smpp://…` or, with TLS, `smpps://…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

impl Address {
    /// Error `value(address)`.
    pub fn read(text: &str) -> Result<Self> {
        let wrong = || Error::value("address", text);
        let (tls, rest) = match (text.strip_prefix(TLS), text.strip_prefix(PLAIN)) {
            (Some(rest), _) => (true, rest),
            (None, rest) => (false, rest.unwrap_or(text)),
        };
        let uri: hyper::Uri = rest.parse().map_err(|_| wrong())?;
        let authority = uri.authority().filter(|authority| authority.as_str() == rest).ok_or_else(wrong)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let is_port_wrong = rest[authority.host().len().min(rest.len())..].starts_with(':')
            && authority.port_u16().is_none_or(|port| port == 0);
        match host.is_empty() || rest.contains('@') || is_port_wrong {
            true => Err(wrong()),
            false => Ok(Self { host: host.to_owned(), port: authority.port_u16().unwrap_or(PORT), tls }),
        }
    }
}

/// What a provider's row says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub address: Address,
    pub login: String,
    pub secret: String,
    pub system_type: String,
    pub sender: String,
    pub id_form: IdForm,
    /// Requests without an answer, at most.
    pub window: usize,
    /// How long an answer may take, and a silence.
    pub timeout: Duration,
    pub enquire: Duration,
}

impl Settings {
    /// Error `value` names the field that is wrong.
    pub fn of(row: &provider::Settings) -> Result<Self> {
        let settings = Self {
            address: Address::read(row.text("address"))?,
            login: row.text("login").to_owned(),
            secret: row.secret.clone(),
            system_type: row.text("system_type").to_owned(),
            sender: row.text("sender").to_owned(),
            id_form: IdForm::of(row.text("id_form")),
            window: usize::try_from(row.in_flight).unwrap_or(1),
            timeout: Duration::from_secs(row.timeout_sec.unsigned_abs()),
            enquire: ENQUIRE,
        };
        settings.check().map(|()| settings)
    }

    /// Error `value` names the field that is wrong.
    pub fn check(&self) -> Result<()> {
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        match () {
            () if self.login.is_empty() || self.login.len() > LOGIN_MAX || !is_plain(&self.login) => {
                Err(Error::value("login", &self.login))
            }
            () if self.system_type.len() > 12 || !is_plain(&self.system_type) => {
                Err(Error::value("system_type", &self.system_type))
            }
            () if self.secret.len() > LOGIN_MAX || !self.secret.is_ascii() => Err(Error::value("secret", "")),
            () => Ok(()),
        }
    }
}

/// Where the ids of the parts of one message are kept: each part has receipts of its own.
pub trait Parts: Send + Sync {
    /// `reference` is ours, of the message.
    fn keep(&self, reference: &str, ids: &[String]) -> Result<()>;
}

pub struct Smpp {
    session: Arc<Session>,
    parts: Arc<dyn Parts>,
}

/// How a part was taken.
enum Part {
    Taken(String),
    Over(Outcome),
}

impl Smpp {
    pub fn new(session: Arc<Session>, parts: Arc<dyn Parts>) -> Self {
        Self { session, parts }
    }

    /// One part. The first may come to anything; a later one is tried again until `end`, because what
    /// has left cannot be called back.
    fn part(&self, submit: &Submit, [number, total]: [usize; 2], end: Instant) -> Part {
        loop {
            let (reason, taken) = match self.session.submit(submit.body()) {
                Came::Answer { status: status::OK, message_id } => return Part::Taken(message_id),
                Came::Answer { status: status::THROTTLED | status::QUEUE_FULL, .. } if number == 1 => {
                    return Part::Over(Outcome::Throttled { reason: "throttled".into() });
                }
                Came::Answer { status: later @ (status::THROTTLED | status::QUEUE_FULL), .. } => {
                    (status::words(later), true)
                }
                Came::Answer { status, .. } => (status::words(status), false),
                Came::Lost(reason) => {
                    return Part::Over(Outcome::Unknown { reason: of(number, total, &reason) });
                }
                Came::NotSent(reason) if number == 1 => return Part::Over(Outcome::NotSent { reason }),
                Came::NotSent(reason) => (reason, true),
            };
            if !taken || Instant::now() + PAUSE > end {
                return Part::Over(Outcome::Rejected { reason: of(number, total, &reason) });
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The message goes by the id of its first part. Where all parts have the same, the first receipt
    /// is of all of them.
    fn accepted(&self, attempt: &Attempt, ids: Vec<String>) -> Outcome {
        let message_id = ids[0].clone();
        if ids.iter().any(|id| *id != message_id)
            && let Err(error) = self.parts.keep(&attempt.reference, &ids)
        {
            tracing::error!(reference = attempt.reference, "ids of parts were not kept: {error}");
        }
        Outcome::Accepted { message_id }
    }
}

fn of(number: usize, total: usize, reason: &str) -> String {
    match total {
        1 => reason.to_owned(),
        _ => format!("part {number} of {total}: {reason}"),
    }
}

impl Transport for Smpp {
    fn send(&self, attempt: &Attempt) -> Outcome {
        let encoding = gsm::encoding(&attempt.text);
        let texts = gsm::parts(&attempt.text);
        let (total, reference) = (texts.len(), reference(&attempt.reference));
        let Ok(count) = u8::try_from(total) else {
            return Outcome::NotSent { reason: format!("{total} parts are too many") };
        };
        let settings = self.session.settings();
        let sender = if attempt.sender.is_empty() { &settings.sender } else { &attempt.sender };
        let (mut ids, end) = (Vec::new(), Instant::now() + settings.timeout);
        for (number, text) in (1..=count).zip(texts) {
            let submit = Submit {
                sender,
                phone: &attempt.phone,
                is_unicode: encoding == Encoding::Ucs2,
                octets: gsm::octets(text, encoding),
                part: (total > 1).then_some([reference, count, number]),
            };
            match self.part(&submit, [usize::from(number), total], end) {
                Part::Taken(id) => ids.push(self.id(attempt, &id, number)),
                Part::Over(outcome) => return outcome,
            }
        }
        self.accepted(attempt, ids)
    }

    fn end(&self) {
        self.session.stop();
    }
}

impl Smpp {
    /// The id of a part as it is kept. Who gives none, or none that can be one, gets ours.
    fn id(&self, attempt: &Attempt, answered: &str, number: u8) -> String {
        let id = self.session.settings().id_form.answered(answered);
        let is_id =
            (1..=MESSAGE_ID_MAX_CHARS).contains(&id.chars().count()) && !id.chars().any(char::is_control);
        match (is_id, number) {
            (true, _) => id,
            (false, 1) => attempt.reference.clone(),
            (false, _) => format!("{}-{number}", attempt.reference),
        }
    }
}

/// What joins the parts of a message in a telephone: the same for every try of it.
fn reference(reference: &str) -> u8 {
    let number = reference.rsplit('-').next().and_then(|digits| digits.parse::<u64>().ok());
    number.unwrap_or_default().to_be_bytes()[7]
}
