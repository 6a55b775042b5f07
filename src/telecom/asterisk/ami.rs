//! Words of the manager interface (AMI): fields of `Name: value`, an empty line after them.

use std::io;

use md5::{Digest, Md5};
use tokio::io::{AsyncRead, AsyncWriteExt, ReadHalf, WriteHalf};

use super::lines::Lines;
use crate::auth::session::hex;
use crate::config::value::authority;
use crate::effect::http::{Stream, Trust, stream};

const LINE_MAX_BYTES: usize = 8_192;
const FIELDS_MAX: usize = 512;

/// An event or the response to an action.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Message(Vec<(String, String)>);

impl Message {
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    pub fn is_success(&self) -> bool {
        self.get("Response") == "Success"
    }

    /// The action that this answers; 0: none of ours.
    pub fn action_id(&self) -> u64 {
        self.get("ActionID").parse().unwrap_or_default()
    }

    #[cfg(test)]
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}

/// Reads one message; what is too long of it is left out. Nothing at the end.
pub async fn read<R: AsyncRead + Unpin>(lines: &mut Lines<R>) -> io::Result<Option<Message>> {
    let mut message = Message::default();
    loop {
        let Some(line) = lines.next(LINE_MAX_BYTES).await? else { return Ok(None) };
        if line.text.is_empty() {
            if !message.0.is_empty() {
                return Ok(Some(message));
            }
        } else if let Some((name, value)) = line.text.split_once(':')
            && message.0.len() < FIELDS_MAX
        {
            message.0.push((name.to_owned(), value.trim_start().to_owned()));
        }
    }
}

pub struct Reader(Lines<ReadHalf<Box<dyn Stream>>>);

impl Reader {
    pub async fn next(&mut self) -> io::Result<Message> {
        read(&mut self.0).await?.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
    }
}

pub struct Writer {
    half: WriteHalf<Box<dyn Stream>>,
    last_id: u64,
}

impl Writer {
    /// Sends an action; its number comes back with the response.
    pub async fn send(&mut self, action: &str, fields: &[(&str, &str)]) -> io::Result<u64> {
        self.last_id += 1;
        let text = text(self.last_id, action, fields)?;
        self.half.write_all(text.as_bytes()).await?;
        self.half.flush().await?;
        Ok(self.last_id)
    }
}

/// A value that would end its line is refused: it could be another action.
fn text(id: u64, action: &str, fields: &[(&str, &str)]) -> io::Result<String> {
    let mut text = format!("Action: {action}\r\nActionID: {id}\r\n");
    for (name, value) in fields {
        if value.chars().any(char::is_control) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{name} holds a control character"),
            ));
        }
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    Ok(text + "\r\n")
}

/// Connects, with TLS where it is said whom to believe, and signs in. The secret itself is never sent: only
/// what proves that we know it.
pub async fn sign_in(
    address: &str,
    trust: Option<Trust>,
    (login, secret): (&str, &str),
) -> io::Result<(Reader, Writer)> {
    let (host, port) = authority(address).ok_or(io::ErrorKind::InvalidInput)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let connected = stream(host, port.unwrap_or_default(), trust).await;
    let (reader, half) = tokio::io::split(connected.map_err(|cause| io::Error::other(cause.to_string()))?);
    let (mut lines, mut writer) = (Lines::new(reader), Writer { half, last_id: 0 });
    let banner = lines.next(LINE_MAX_BYTES).await?.map(|line| line.text).unwrap_or_default();
    if !banner.starts_with("Asterisk Call Manager/") {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "is no manager interface of Asterisk"));
    }
    let mut reader = Reader(lines);
    let id = writer.send("Challenge", &[("AuthType", "MD5")]).await?;
    let challenge = answer(&mut reader, id).await?;
    let key = hex(&Md5::digest(format!("{}{secret}", challenge.get("Challenge"))));
    let fields = [("AuthType", "MD5"), ("Username", login), ("Key", &key), ("Events", "call,cdr")];
    let id = writer.send("Login", &fields).await?;
    answer(&mut reader, id).await?;
    Ok((reader, writer))
}

/// The response to an action that has to succeed.
async fn answer(reader: &mut Reader, id: u64) -> io::Result<Message> {
    for _ in 0..FIELDS_MAX {
        let message = reader.next().await?;
        if message.action_id() == id && !message.get("Response").is_empty() {
            return match message.is_success() {
                true => Ok(message),
                false => {
                    Err(io::Error::new(io::ErrorKind::PermissionDenied, message.get("Message").to_owned()))
                }
            };
        }
    }
    Err(io::Error::from(io::ErrorKind::InvalidData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_becomes_an_action() {
        let sent = text(7, "Hangup", &[("Channel", "PJSIP/a-1")]).expect("a plain value");
        assert_eq!(sent, "Action: Hangup\r\nActionID: 7\r\nChannel: PJSIP/a-1\r\n\r\n");
        for bad in ["a\r\nAction: Originate", "a\nb", "a\0"] {
            assert!(text(1, "Hangup", &[("Channel", bad)]).is_err(), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn messages() {
        let sent =
            b"\r\nEvent: Hangup\r\nUniqueid: 1.2\r\nCause-txt: a: b\r\nnonsense\r\n\r\nEvent: x".to_vec();
        let mut lines = Lines::new(&sent[..]);
        let message = read(&mut lines).await.expect("readable").expect("a message");
        assert_eq!(message, Message::of(&[("Event", "Hangup"), ("Uniqueid", "1.2"), ("Cause-txt", "a: b")]));
        assert_eq!(read(&mut lines).await.expect("readable"), None);
    }
}
