//! A mail server that says what a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use tokio_rustls::rustls::ServerConfig;

use crate::support::tls;

/// What one connection is answered.
pub enum Taken {
    /// It takes the letter.
    All,
    /// This reply to commands that begin so; `""` is the greeting.
    Answer(&'static str, &'static str),
}

/// What one connection said.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub commands: Vec<String>,
    pub letter: String,
}

impl Seen {
    pub fn said(&self, command: &str) -> bool {
        self.commands.iter().any(|said| said.starts_with(command))
    }
}

/// When a connection is secured.
#[derive(Clone)]
pub enum Secured {
    Never,
    AtOnce(Arc<ServerConfig>),
    WhenAsked(Arc<ServerConfig>),
}

pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers each connection as the next of these says.
    pub fn new(answers: Vec<Taken>) -> Self {
        Self::secured(Secured::Never, answers)
    }

    pub fn secured(secured: Secured, answers: Vec<Taken>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let (port, seen) = (listener.local_addr().expect("a port").port(), Arc::default());
        let noted: Arc<Mutex<Vec<Seen>>> = Arc::clone(&seen);
        std::thread::spawn(move || {
            for taken in answers {
                let (stream, _) = listener.accept().expect("a connection");
                let at = {
                    let mut seen = noted.lock().expect("the list");
                    seen.push(Seen::default());
                    seen.len() - 1
                };
                talk(stream, &secured, &taken, &|note| note(&mut noted.lock().expect("the list")[at]));
            }
        });
        Self { port, seen }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("the list").clone()
    }
}

type Note<'n> = &'n dyn Fn(&mut Seen);

fn talk(stream: TcpStream, secured: &Secured, taken: &Taken, note: &dyn Fn(Note)) {
    if let Secured::AtOnce(config) = secured {
        let mut line = BufReader::new(tls::over(config, stream));
        if greet(&mut line, taken) {
            converse(&mut line, taken, false, note);
        }
        return;
    }
    let mut line = BufReader::new(stream);
    let offers = matches!(secured, Secured::WhenAsked(_));
    if greet(&mut line, taken)
        && converse(&mut line, taken, offers, note)
        && let Secured::WhenAsked(config) = secured
    {
        converse(&mut BufReader::new(tls::over(config, line.into_inner())), taken, false, note);
    }
}

fn say<S: Read + Write>(line: &mut BufReader<S>, text: &str) -> bool {
    let stream = line.get_mut();
    stream.write_all(format!("{text}\r\n").as_bytes()).and_then(|()| stream.flush()).is_ok()
}

/// Goes the conversation on?
fn greet<S: Read + Write>(line: &mut BufReader<S>, taken: &Taken) -> bool {
    match taken {
        Taken::Answer("", reply) => {
            say(line, reply);
            false
        }
        _ => say(line, "220 test"),
    }
}

/// True when it ended with the wish for TLS.
fn converse<S: Read + Write>(
    line: &mut BufReader<S>,
    taken: &Taken,
    offers_tls: bool,
    note: &dyn Fn(Note),
) -> bool {
    let mut in_letter = false;
    loop {
        let mut text = String::new();
        if line.read_line(&mut text).unwrap_or(0) == 0 {
            return false;
        }
        let command = text.trim_end().to_owned();
        if in_letter {
            in_letter = command != ".";
            note(&|seen| {
                if in_letter {
                    seen.letter.push_str(&text)
                }
            });
            if !in_letter {
                say(line, "250 taken");
            }
            continue;
        }
        note(&|seen| seen.commands.push(command.clone()));
        if offers_tls && command == "STARTTLS" {
            return say(line, "220 go on");
        }
        in_letter = command == "DATA";
        let offer = if offers_tls && command.starts_with("EHLO") { "250-STARTTLS\r\n" } else { "" };
        say(line, &format!("{offer}{}", reply(&command, taken)));
    }
}

fn reply(command: &str, taken: &Taken) -> &'static str {
    let verb = command.split(' ').next().unwrap_or_default();
    match (verb, taken) {
        (verb, Taken::Answer(to, reply)) if verb == *to => reply,
        ("EHLO", _) => "250-test\r\n250 AUTH PLAIN LOGIN",
        ("AUTH", _) => "235 welcome",
        ("DATA", _) => "354 go on",
        ("QUIT", _) => "221 bye",
        _ => "250 ok",
    }
}
