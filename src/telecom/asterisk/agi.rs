//! FastAGI: Asterisk asks before it dials (`agi://host:port/<key>/authorize`) and tells how the call ended
//! (`…/<key>/end,${ANSWEREDTIME},${DIALSTATUS}`). A line of text each way; whatever goes wrong here leaves
//! the verdict unset, and the dialplan lets nothing through without one.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::lines::Lines;
use super::{Peer, peer};
use crate::app::App;
use crate::error::{Error, Result};
use crate::telecom::call::{self, Ask, End, Granted, Named, cause};

/// Conversations at once: each waits for the database.
const SESSIONS_MAX: usize = 256;
/// A whole conversation.
const SESSION_TIMEOUT: Duration = Duration::from_secs(20);
/// Asterisk says all of its first lines at once; who does not holds a place of others.
const FIRST_LINES_TIMEOUT: Duration = Duration::from_secs(5);
const LINE_MAX_BYTES: usize = 2_048;
const LINES_MAX: usize = 128;

/// Answers switches until it is dropped.
pub async fn serve(app: Arc<App>, listener: TcpListener) {
    let places = Arc::new(Semaphore::new(SESSIONS_MAX));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, from)) => {
                let (app, ip) = (app.clone(), from.ip().to_canonical());
                tokio::spawn(async move {
                    match tokio::time::timeout(SESSION_TIMEOUT, Session::run(app, stream, ip)).await {
                        Ok(Ok(())) => {}
                        Ok(Err(cause)) => tracing::warn!("FastAGI from {ip}: {cause}"),
                        Err(_slow) => tracing::warn!("FastAGI from {ip}: too slow"),
                    }
                    drop(place);
                });
            }
            Err(cause) => {
                tracing::warn!("FastAGI: {cause}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn broken(word: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, word)
}

/// What Asterisk says of the call before it listens: `agi_name: value`.
struct Environment(BTreeMap<String, String>);

impl Environment {
    /// A name that stands twice was put there by somebody: a caller chooses some of the values.
    async fn read(lines: &mut Lines<OwnedReadHalf>) -> io::Result<Self> {
        let mut found = BTreeMap::new();
        for _ in 0..LINES_MAX {
            let line =
                lines.next(LINE_MAX_BYTES).await?.ok_or_else(|| broken("ended within its first lines"))?;
            if !line.whole {
                return Err(broken("a line is too long"));
            }
            if line.text.is_empty() {
                return Ok(Self(found));
            }
            let (name, value) = line.text.split_once(':').ok_or_else(|| broken("a line has no name"))?;
            let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !name.starts_with("agi_") || !is_name(name) {
                return Err(broken("a line has no name of FastAGI"));
            }
            if found.insert(name.to_owned(), value.trim().to_owned()).is_some() {
                return Err(broken("a name stands twice"));
            }
        }
        Err(broken("too many lines"))
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The key and what is asked, from the path of the address.
    fn script(&self) -> Option<(&str, &str)> {
        self.get("agi_network_script").trim_start_matches('/').split_once('/')
    }

    /// The line that calls: as the dialplan names it, else what we have told the switch as its account
    /// code, else the name in that of the channel, `PJSIP/<line>-00000001`.
    fn line(&self) -> String {
        let channel = self.get("agi_channel").strip_prefix("PJSIP/").and_then(|rest| rest.rsplit_once('-'));
        let named =
            [self.get("agi_arg_1"), self.get("agi_accountcode"), channel.map_or("", |(name, _)| name)];
        named.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
    }
}

struct Session {
    lines: Lines<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Session {
    async fn run(app: Arc<App>, stream: TcpStream, ip: IpAddr) -> io::Result<()> {
        let _ = stream.set_nodelay(true);
        let (reader, writer) = stream.into_split();
        let mut session = Self { lines: Lines::new(reader), writer };
        let first = tokio::time::timeout(FIRST_LINES_TIMEOUT, Environment::read(&mut session.lines));
        let environment = first.await.map_err(|_slow| broken("too slow"))??;
        let asking = environment.script().map(|(key, verb)| (key.to_owned(), verb.to_owned()));
        let (key, verb) = asking.ok_or_else(|| broken("names no key"))?;
        let look = app.clone();
        let peer =
            tokio::task::spawn_blocking(move || peer(&look, &key, ip)).await.map_err(io::Error::other)?;
        let peer =
            peer.map_err(io::Error::other)?.ok_or_else(|| broken("an unknown key, or not from here"))?;
        match verb.as_str() {
            "authorize" => session.authorise(app, peer, &environment).await,
            "end" => ended(app, peer, environment).await,
            _ => Err(broken("asks for neither authorize nor end")),
        }
    }

    async fn authorise(&mut self, app: Arc<App>, peer: Peer, environment: &Environment) -> io::Result<()> {
        let asked = asked(&peer, environment);
        let done = match asked {
            Ok(ask) if peer.active => {
                let work = move || {
                    call::authorise(&app, &ask, app.clock.now_us()).and_then(|granted| same(granted, &ask))
                };
                tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
            }
            Ok(_) => Err(Error::limit("call", "")),
            Err(error) => Err(error),
        };
        match done {
            Ok(granted) => self.let_through(&granted, &environment.line()).await,
            Err(error) => self.refuse(&error).await,
        }
    }

    /// The verdict comes last: whatever fails before it, lets nothing through.
    async fn let_through(&mut self, granted: &Granted, line: &str) -> io::Result<()> {
        let callerid = if granted.callerid.is_empty() { line } else { &granted.callerid };
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+');
        let callerid = if is_number(callerid) { callerid } else { "" };
        self.command(&format!("SET CALLERID \"{callerid}\"")).await?;
        // Until it is heard that the call was answered (`link`), ringing counts as talking. Only `link` can
        // move the limit later: while `Dial` runs no FastAGI does, and what it ends with is the call.
        self.command(&format!("SET AUTOHANGUP {}", granted.sec)).await?;
        self.set("BILLMGR_SECONDS", &granted.sec.to_string()).await?;
        self.set("BILLMGR_DST", &granted.dst).await?;
        self.set("BILLMGR_VERDICT", "granted").await
    }

    async fn refuse(&mut self, error: &Error) -> io::Result<()> {
        let cause = match (error.kind, error.object.as_str()) {
            ("limit", "balance") => cause::BALANCE,
            ("missed", "rate") => cause::RATE,
            ("limit", "line") | ("missed", "sip") => cause::DISABLED,
            ("value", "dst") => "number",
            ("system", _) => {
                tracing::error!("a call was not authorised: {error}");
                cause::UNAVAILABLE
            }
            _ => cause::UNAVAILABLE,
        };
        self.set("BILLMGR_CAUSE", cause).await?;
        self.set("BILLMGR_VERDICT", "refused").await
    }

    async fn set(&mut self, name: &str, value: &str) -> io::Result<()> {
        debug_assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+'));
        self.command(&format!("SET VARIABLE {name} \"{value}\"")).await
    }

    /// One command and its answer. `HANGUP` comes by itself when the caller has gone.
    async fn command(&mut self, command: &str) -> io::Result<()> {
        self.writer.write_all(format!("{command}\n").as_bytes()).await?;
        for _ in 0..LINES_MAX {
            let line =
                self.lines.next(LINE_MAX_BYTES).await?.ok_or_else(|| broken("ended before its answer"))?;
            match line.text.split([' ', '-']).next().unwrap_or_default() {
                "HANGUP" => {}
                "200" => return Ok(()),
                _ => return Err(broken("refused a command")),
            }
        }
        Err(broken("too many lines"))
    }
}

fn asked(peer: &Peer, environment: &Environment) -> Result<Ask> {
    Ok(Ask {
        switch_id: peer.id,
        uniqueid: call::uniqueid(environment.get("agi_uniqueid"))?.to_owned(),
        line: Named::Line(environment.line()),
        dst: call::number(environment.get("agi_extension"))?,
    })
}

/// A name that has called another number before is not let through to this one by that grant.
fn same(granted: Granted, ask: &Ask) -> Result<Granted> {
    if granted.dst == ask.dst { Ok(granted) } else { Err(Error::exists("uniqueid", ask.uniqueid.as_str())) }
}

async fn ended(app: Arc<App>, peer: Peer, environment: Environment) -> io::Result<()> {
    let work = move || {
        let uniqueid = call::uniqueid(environment.get("agi_uniqueid"))?.to_owned();
        let end = end(environment.get("agi_arg_1"), environment.get("agi_arg_2"), app.clock.now_us())?;
        call::settle(&app, (peer.id, &uniqueid), end, app.clock.now_us())
    };
    match tokio::task::spawn_blocking(work).await.map_err(io::Error::other)? {
        Err(error) if error.kind != "missed" => {
            tracing::warn!("the end of a call was not taken: {error}");
            Ok(())
        }
        _ => Ok(()), // a call that was never let through ends too
    }
}

/// What `Dial` leaves behind: seconds from the answer on, and its word for how it ended.
fn end(answered: &str, status: &str, end_us: i64) -> Result<End> {
    let billsec = match answered {
        "" => 0,
        text => text.parse().map_err(|_| Error::value("billsec", text))?,
    };
    let billsec = call::seconds("billsec", billsec)?;
    let cause = if billsec > 0 { cause::ANSWERED } else { disposition(status) };
    Ok(End { cause, billsec, duration: None, end_us })
}

/// Our word for one of `DIALSTATUS` or of a record of Asterisk.
pub fn disposition(status: &str) -> &'static str {
    match status.replace(' ', "").to_ascii_uppercase().as_str() {
        "ANSWER" | "ANSWERED" => cause::ANSWERED,
        "BUSY" => "busy",
        "NOANSWER" => "noanswer",
        "" | "CANCEL" => "canceled",
        "CONGESTION" => "congestion",
        _ => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_by_what_names_them() {
        let environment = |pairs: &[(&str, &str)]| {
            Environment(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        for (pairs, line) in [
            (&[("agi_channel", "PJSIP/1234567801-0000001a")][..], "1234567801"),
            (&[("agi_channel", "PJSIP/a-b_ipa1-0000001a")], "a-b_ipa1"),
            (&[("agi_channel", "Local/4930@x-0000001a;2")], ""),
            (&[("agi_channel", "PJSIP/1-1"), ("agi_accountcode", "2")], "2"),
            (&[("agi_arg_1", "3"), ("agi_accountcode", "2")], "3"),
        ] {
            assert_eq!(environment(pairs).line(), line);
        }
        let script = environment(&[("agi_network_script", "key/authorize")]);
        assert_eq!(script.script(), Some(("key", "authorize")));
    }

    #[test]
    fn ends() {
        for (answered, status, expected) in [
            ("42", "ANSWER", Some((42, "answered"))),
            ("0", "ANSWER", Some((0, "answered"))),
            ("", "NOANSWER", Some((0, "noanswer"))),
            ("", "", Some((0, "canceled"))),
            ("", "CHANUNAVAIL", Some((0, "failed"))),
            ("-1", "ANSWER", None),
            ("1e3", "ANSWER", None),
            ("99999999", "ANSWER", None),
        ] {
            let found = end(answered, status, 0).ok().map(|end| (end.billsec, end.cause));
            assert_eq!(found, expected, "{answered} {status}");
        }
    }
}
