//! A mail server that says what a test wants.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

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

pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers each connection as the next of these says.
    pub fn new(answers: Vec<Taken>) -> Self {
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
                talk(stream, &taken, |note| note(&mut noted.lock().expect("the list")[at]));
            }
        });
        Self { port, seen }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("the list").clone()
    }
}

type Note<'n> = &'n dyn Fn(&mut Seen);

fn talk(stream: TcpStream, taken: &Taken, note: impl Fn(Note)) {
    let (mut reader, mut stream) = (BufReader::new(stream.try_clone().expect("a second handle")), stream);
    let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes()).is_ok();
    match taken {
        Taken::Answer("", reply) => {
            say(reply);
            return;
        }
        _ => say("220 test"),
    };
    let mut in_letter = false;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let command = line.trim_end().to_owned();
        if in_letter {
            in_letter = command != ".";
            note(&|seen| {
                if in_letter {
                    seen.letter.push_str(&line)
                }
            });
            if !in_letter {
                say("250 taken");
            }
            continue;
        }
        note(&|seen| seen.commands.push(command.clone()));
        in_letter = command == "DATA";
        say(reply(&command, taken));
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
