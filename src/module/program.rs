//! A module that is a program: `modules/<name>` of the data directory, called for each operation with
//! `--command open --item 5 --runningoperation 17 --module 2`. It answers through `mgrctl`, with
//! the rights of its operation's token alone (README, Writing a processing module).

use std::path::PathBuf;
use std::time::Duration;

use super::features::{self, Features};
use super::info::Processing;
use super::{Job, skipped};
use crate::app::App;
use crate::db::{Kind, Sql};
use crate::effect::program::{Outcome, Program};
use crate::error::{Error, Result};
use crate::outbox::worker::Acted;
use crate::outbox::{Due, Settled};
use crate::rpc::BUDGET_SLOW;
use crate::service::status::Operation;
use crate::time::MINUTE_US;

/// Of each output so much is kept with a failed attempt: together no more than 64 KiB.
const LOG_BYTES: usize = 30 * 1024;

/// The command and the feature of a program that tells what there is at its vendor.
const SEARCH: &str = "import";

/// What a program did wrong, and what it wrote.
pub struct Fault {
    pub error: String,
    pub log: String,
}

impl From<Fault> for Acted {
    fn from(fault: Fault) -> Self {
        Self::failed(fault.error, fault.log)
    }
}

pub fn act(job: &Job) -> Acted {
    if job.due.waits_since != 0 {
        return Acted::failed("the module has not reported in time", "");
    }
    attempt(job).unwrap_or_else(|error| Acted::failed(error.to_string(), ""))
}

fn attempt(job: &Job) -> Result<Acted> {
    let features = match features::of(job.app, &job.processing.module)? {
        Ok(features) => features,
        Err(fault) => return Ok(fault.into()),
    };
    if !features.serves(&job.itemtype) {
        let error = format!("module `{}` does not serve {}", job.processing.module, job.itemtype);
        return Ok(Acted::new(Settled::Manual { error }));
    }
    let Some(command) = features.command(job.operation) else {
        return Ok(skipped(job));
    };
    let errand = Errand { app: job.app, due: job.due, token: job.token, processing: &job.processing };
    let outcome = errand.run(&[("--command", command), ("--item", &job.due.item_id.to_string())])?;
    judged(job, &errand, &outcome)
}

/// What is asked of a program: a row of the outbox, with the token for its callbacks.
pub struct Errand<'e> {
    pub app: &'e App,
    pub due: &'e Due,
    pub token: &'e str,
    pub processing: &'e Processing,
}

impl Errand<'_> {
    /// Runs the program with these arguments and those that it is always given.
    fn run(&self, args: &[(&str, &str)]) -> Result<Outcome> {
        let (operation, module) = (self.due.id.to_string(), self.processing.id.to_string());
        let more = [("--runningoperation", operation.as_str()), ("--module", &module)];
        let mut program = program(self.app, &self.processing.module)?;
        let args = args.iter().copied().chain(more);
        program.args = args.flat_map(|(name, value)| [name.to_owned(), value.to_owned()]).collect();
        program.env.push(("BILLMGR_OPERATION", operation));
        program.env.push(("BILLMGR_TOKEN", self.token.to_owned()));
        program.run()
    }

    fn ended(&self, outcome: &Outcome) -> Result<Ended> {
        let sql = Sql::new("SELECT state, error FROM outbox WHERE id = ").bind(self.due.id);
        let row = self.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Text, Kind::Text]))?;
        let Some(row) = row.filter(|row| row[0].str() == "running") else { return Ok(Ended::Reported) };
        let reported = Some(row[1].str()).filter(|error| !error.is_empty()).map(first_line);
        let error = ended_badly(outcome).or(reported).or_else(|| said_wrong(&outcome.stdout));
        Ok(error.map_or(Ended::Well, Ended::Badly))
    }

    /// What it wrote, without its token and the password of its panel.
    fn log(&self, outcome: &Outcome) -> String {
        let password = self.processing.password.as_ref().map_or("", |password| password.reveal());
        log(outcome, &[self.token, password])
    }
}

/// How a program ended that was to do something.
enum Ended {
    /// A report counts, whatever followed it.
    Reported,
    Badly(String),
    Well,
}

/// Has it report what there is at its vendor. Nobody but who asked waits for that, so he asks again.
pub fn search(errand: &Errand, asked: &[(&str, &str)]) -> Result<Acted> {
    let refused = |error, log| Acted::new(Settled::Refused { error, log });
    let module = &errand.processing.module;
    match features::of(errand.app, module)? {
        Ok(features) if features.has(SEARCH) => {}
        Ok(_) => return Ok(refused(format!("module `{module}` cannot do `{SEARCH}`"), String::new())),
        Err(fault) => return Ok(refused(fault.error, fault.log)),
    }
    let outcome = errand.run(&[&[("--command", SEARCH)], asked].concat())?;
    Ok(match errand.ended(&outcome)? {
        Ended::Reported => Acted::new(Settled::Reported),
        Ended::Badly(error) => refused(error, errand.log(&outcome)),
        Ended::Well => Acted::new(Settled::Done),
    })
}

/// Absolute, for a program runs in a directory of its own.
pub fn folder(app: &App) -> Result<PathBuf> {
    std::path::absolute(app.data_dir.join("modules")).map_err(Error::system)
}

/// Is there a file of that name in it?
pub fn exists(app: &App, name: &str) -> bool {
    !name.contains(['/', '\\', '\0']) && app.data_dir.join("modules").join(name).is_file()
}

/// A program of the folder that finds the server.
pub fn program(app: &App, name: &str) -> Result<Program> {
    let config = app.config.load();
    let socket = std::path::absolute(crate::start::socket(&config, &app.data_dir)).map_err(Error::system)?;
    Ok(Program {
        dir: folder(app)?,
        name: name.to_owned(),
        args: Vec::new(),
        env: vec![("BILLMGR_SOCKET", socket.display().to_string())],
        stdin: Vec::new(),
        limit: Duration::from_secs(config.module_timeout_seconds),
    })
}

/// Asks a program what it can do.
pub fn ask_features(app: &App, module: &str) -> Result<std::result::Result<Features, Fault>> {
    let mut program = program(app, module)?;
    program.args = vec!["--command".to_owned(), "features".to_owned()];
    let outcome = program.run()?;
    let fault = |error: String| Fault { error, log: log(&outcome, &[]) };
    if let Some(error) = ended_badly(&outcome) {
        return Ok(Err(fault(format!("features: {error}"))));
    }
    let read = Features::read(&String::from_utf8_lossy(&outcome.stdout));
    Ok(read.map_err(|why| fault(format!("features: the output is no such document: {why}"))))
}

/// Without a report it has failed or goes on by itself.
fn judged(job: &Job, errand: &Errand, outcome: &Outcome) -> Result<Acted> {
    match errand.ended(outcome)? {
        Ended::Reported => return Ok(Acted::new(Settled::Reported)),
        Ended::Badly(error) => return Ok(Acted::failed(error, errand.log(outcome))),
        Ended::Well => {}
    }
    Ok(Acted::new(match job.operation {
        // Nothing reports a new key but the key itself.
        Operation::NewKey => Settled::Done,
        _ => {
            let minutes = job.app.config.load().module_wait_minutes;
            Settled::Waiting { until_us: job.app.clock.now_us() + minutes * MINUTE_US }
        }
    }))
}

fn ended_badly(outcome: &Outcome) -> Option<String> {
    match outcome.code {
        _ if outcome.timed_out => Some("the program took too long and was killed".to_owned()),
        Some(0) => None,
        Some(code) => Some(format!("the program ended with code {code}")),
        None => Some("the program was ended by a signal".to_owned()),
    }
}

/// What a program may print is a document without an error in it, or nothing.
fn said_wrong(stdout: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stdout);
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let Ok(doc) = quick_xml::de::from_str::<Said>(text) else {
        return Some("the program printed what is no document".to_owned());
    };
    let error = doc.error?;
    Some([error.kind, error.msg].into_iter().flatten().find(|text| !text.is_empty()).unwrap_or_default())
        .map(|why| format!("the program printed an error {}", first_line(&why)))
}

#[derive(serde::Deserialize)]
struct Said {
    error: Option<SaidError>,
}

#[derive(serde::Deserialize)]
struct SaidError {
    #[serde(rename = "@type")]
    kind: Option<String>,
    msg: Option<String>,
}

fn first_line(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    cleaned(line.chars().take(200).collect::<String>().as_bytes(), &[]).trim().to_owned()
}

/// What is kept of an attempt for whoever looks into it.
fn log(outcome: &Outcome, secrets: &[&str]) -> String {
    let mut log = String::new();
    for (name, bytes) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        let kept = &bytes[..bytes.len().min(LOG_BYTES)];
        if !kept.is_empty() {
            log.push_str(&format!("--- {name}\n{}\n", cleaned(kept, secrets).trim_end()));
        }
    }
    log
}

/// Without control characters, which no database and no terminal wants, and without secrets.
fn cleaned(bytes: &[u8], secrets: &[&str]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let is_kept = |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || c == '\u{fffd}');
    let text: String = text.chars().map(|c| if is_kept(c) { c } else { '.' }).collect();
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.fold(text, |text, secret| text.replace(secret, "********"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed() {
        assert_eq!(said_wrong(b" \n"), None);
        assert_eq!(said_wrong(b"<doc><ok/></doc>"), None);
        assert!(said_wrong(b"done").is_some() && said_wrong(b"\xff\xfe").is_some());
        let error = said_wrong(b"<doc><error type=\"auth\"><msg>no</msg></error></doc>");
        assert_eq!(error.as_deref(), Some("the program printed an error auth"));
    }

    #[test]
    fn logs_are_clean_and_bounded() {
        let stdout = [b"token abc\x1b[31m\x00\xff\n".to_vec(), vec![b'x'; 80_000]].concat();
        let stderr = vec![0xff; 80_000];
        let log = log(&Outcome { code: Some(1), stdout, stderr, timed_out: false }, &["abc", ""]);
        assert!(log.starts_with("--- stdout\ntoken ********.[31m..\nxxx"), "{}", &log[..60]);
        assert!(log.len() <= 64 * 1024 && !log.chars().any(|c| c.is_control() && c != '\n'));
    }
}
