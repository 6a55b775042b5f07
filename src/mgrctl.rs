//! The local utility: a command line becomes one request on the server's unix socket.
//!
//! Invariant: nothing is decided here. Who the caller is and what he may do, the server reads from
//! the socket (decisions.md, Access: mgrctl).

mod args;
mod client;
mod socket;

use std::ffi::OsString;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use args::{Call, Task};
use client::Client;

/// How the environment is asked, so that tests bring their own.
type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Why there is no answer of the server.
#[derive(Debug, PartialEq)]
enum Failure {
    /// The command line cannot be understood.
    Usage(String),
    /// The server cannot be reached, or went away before its answer was complete.
    Transport(String),
}

impl Failure {
    /// protocol.md §11, U15: 0 is kept for "the server answered", whatever it answered.
    fn code(&self) -> u8 {
        match self {
            Self::Transport(_) => 1,
            Self::Usage(_) => 2,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Usage(sentence) => write!(f, "mgrctl: {sentence}; mgrctl --help shows the options"),
            Self::Transport(sentence) => write!(f, "mgrctl: {sentence}"),
        }
    }
}

/// The whole program.
pub fn main() -> ExitCode {
    let env = |name: &str| std::env::var_os(name);
    match run(std::env::args_os().skip(1), &env, &mut std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.code())
        }
    }
}

fn run(words: impl Iterator<Item = OsString>, env: Env, out: &mut dyn Write) -> Result<(), Failure> {
    let command = args::parse(words, env)?;
    let places = socket::places(command.socket, env);
    match command.task {
        Task::Help => client::print_text(args::HELP, out),
        Task::Resume => resume(&places, out),
        task => {
            let client = Client::new(socket::find(&places)?, env);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| Failure::Transport(format!("cannot start: {error}")))?;
            runtime.block_on(ask(&client, task, out))
        }
    }
}

/// What a running server answers to a command of the server's own program.
pub fn command(socket: PathBuf, uri: &str) -> Result<String, String> {
    let client = Client::new(socket, &|_| None);
    let asked = async {
        let answer = client.post(uri, String::new()).await?;
        let status = answer.status();
        Ok((status.is_success(), client.text(answer).await?))
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(|error| error.to_string())?.block_on(asked) {
        Ok((true, words)) => Ok(words),
        Ok((false, words)) => Err(words.trim_end().to_owned()),
        Err(Failure::Transport(why) | Failure::Usage(why)) => Err(why),
    }
}

async fn ask(client: &Client, task: Task, out: &mut dyn Write) -> Result<(), Failure> {
    let answer = match task {
        Task::Call(call) => return perform(client, &call, out).await,
        Task::Restart { then: Some(call) } => return restart_then(client, &call, out).await,
        Task::Restart { then: None } => client.post("/mgrctl/restart", String::new()).await?,
        Task::Stop => client.post("/mgrctl/stop", String::new()).await?,
        Task::Hints { func, lang } => client.get(&hints_uri(&func, lang.as_deref())).await?,
        Task::Help | Task::Resume => return Ok(()),
    };
    client.print(answer, out).await
}

async fn perform(client: &Client, call: &Call, out: &mut dyn Write) -> Result<(), Failure> {
    let answer = client.post("/billmgr", call.body()).await?;
    client.print(answer, out).await
}

/// The words of the restart are shown only when it was refused: what a script reads is the answer
/// of the function.
async fn restart_then(client: &Client, call: &Call, out: &mut dyn Write) -> Result<(), Failure> {
    let answer = client.post("/mgrctl/restart", String::new()).await?;
    let instance = client::instance(&answer);
    let words = client.text(answer).await?;
    if !words.starts_with("OK") {
        return client::print_text(&words, out);
    }
    client.wait_for_another(instance).await?;
    perform(client, call, out).await
}

fn hints_uri(func: &str, lang: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("func", func);
    if let Some(lang) = lang {
        query.append_pair("lang", lang);
    }
    format!("/mgrctl/hints?{}", query.finish())
}

/// Lifts the block that `-l` left; the server is not running, so nobody can be asked to do it.
fn resume(places: &[PathBuf], out: &mut dyn Write) -> Result<(), Failure> {
    let directories: Vec<&Path> = places.iter().map(|place| socket::directory(place)).collect();
    let Some(block) =
        directories.iter().map(|directory| directory.join("stopped")).find(|file| file.exists())
    else {
        let tried = socket::listed(directories.iter().copied());
        return client::print_text(&format!("OK nothing to lift: no file named stopped in {tried}\n"), out);
    };
    std::fs::remove_file(&block)
        .map_err(|error| Failure::Transport(format!("cannot remove {}: {error}", block.display())))?;
    client::print_text(&format!("OK removed {}\n", block.display()), out)
}

#[cfg(test)]
mod tests;
