//! The command line, in the documented layout (protocol.md §5).

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use super::{Env, Failure};

pub const HELP: &str = "\
Usage: mgrctl [-m billmgr] [-o FORMAT] FUNCTION [NAME=VALUE]... [-e 'NAME=$VARIABLE']...
       mgrctl [-m billmgr] -i [FUNCTION] [lang=LANGUAGE]
       mgrctl [-m billmgr] -R [-o FORMAT] [FUNCTION [NAME=VALUE]...]
       mgrctl [-m billmgr] -l | -u

Calls a function of the running server with the rights of the user who runs mgrctl.
Options may stand before or after the function.

  -m NAME          the panel: billmgr or core
  -o FORMAT        format of the answer: text (default), xml, devel, json or another; same as out=FORMAT
  -e 'NAME=$VAR'   takes the value from the environment variable VAR, so that it is in no process list
  -i [FUNCTION]    shows the functions, or one function, with a description
  -R               restarts the server, then calls the function, if one is given
  -l               stops the server and blocks its start
  -u               lifts that block
  --socket PATH    the server's socket; else BILLMGR_SOCKET, var/billmgr.sock,
                   /run/billmgr/billmgr.sock, /var/lib/billmgr/billmgr.sock
  --help           shows this text

su=USER calls as another user; the function exit restarts the server.
Exit code: 0 the server answered, be it with an error; 1 it could not be reached; 2 wrong usage.
";

#[derive(Debug, PartialEq)]
pub struct Command {
    pub socket: Option<PathBuf>,
    pub task: Task,
}

#[derive(Debug, PartialEq)]
pub enum Task {
    Help,
    Call(Call),
    Hints { func: String, lang: Option<String> },
    Stop,
    Resume,
    Restart { then: Option<Call> },
}

#[derive(Debug, PartialEq)]
pub struct Call {
    pub func: String,
    pub params: Vec<Param>,
}

impl Call {
    /// Always sent as a body: a query string has a limit of length, and servers log it.
    pub fn body(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("func", &self.func);
        for param in &self.params {
            form.append_pair(&param.name, &param.value);
        }
        form.finish()
    }
}

#[derive(PartialEq)]
pub struct Param {
    pub name: String,
    pub value: String,
}

/// Any value may be a secret, so no message and no failed test shows one.
impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}=…", self.name)
    }
}

pub fn parse(words: impl Iterator<Item = OsString>, env: Env) -> Result<Command, Failure> {
    let line = Line::read(words, env)?;
    let socket = line.socket.clone();
    Ok(Command { socket, task: line.task()? })
}

/// The command line as it was written, before its parts are held against each other.
#[derive(Default)]
struct Line {
    socket: Option<PathBuf>,
    help: bool,
    restart: bool,
    /// The one option of `-i`, `-l`, `-u` that was given.
    mode: Option<char>,
    func: Option<String>,
    params: Vec<Param>,
}

impl Line {
    fn read(words: impl Iterator<Item = OsString>, env: Env) -> Result<Self, Failure> {
        let mut line = Self::default();
        let mut words = words.map(|word| word.into_string().map_err(|_| usage("an argument is not UTF-8")));
        while let Some(word) = words.next() {
            line.take(&word?, &mut words, env)?;
        }
        Ok(line)
    }

    fn take(
        &mut self,
        word: &str,
        rest: &mut impl Iterator<Item = Result<String, Failure>>,
        env: Env,
    ) -> Result<(), Failure> {
        match word {
            "-h" | "--help" => self.help = true,
            "-R" => self.restart = true,
            "-i" => return self.mode('i'),
            "-l" => return self.mode('l'),
            "-u" => return self.mode('u'),
            "-m" => return manager(&value("-m", rest)?),
            "-o" => return self.param("out", value("-o", rest)?),
            "-e" => return self.environment(&value("-e", rest)?, env),
            "--socket" => self.socket = Some(value("--socket", rest)?.into()),
            _ => return self.bare(word),
        }
        Ok(())
    }

    fn mode(&mut self, mode: char) -> Result<(), Failure> {
        match self.mode.replace(mode) {
            Some(other) if other != mode => Err(usage(format!("-{other} and -{mode} exclude each other"))),
            _ => Ok(()),
        }
    }

    /// `-o xml` and `out=xml` are one thing, and the last of them holds; another name given twice
    /// is sent twice: so a multiple select is filled.
    fn param(&mut self, name: &str, value: String) -> Result<(), Failure> {
        match name {
            "" => return Err(usage("a parameter has no name before its =")),
            "func" => return Err(usage("the function stands alone, without func=")),
            "out" => self.params.retain(|param| param.name != "out"),
            _ => {}
        }
        self.params.push(Param { name: name.to_owned(), value });
        Ok(())
    }

    fn bare(&mut self, word: &str) -> Result<(), Failure> {
        if let Some(path) = word.strip_prefix("--socket=").filter(|path| !path.is_empty()) {
            self.socket = Some(path.into());
            return Ok(());
        }
        if word.starts_with('-') {
            let option = word.split('=').next().unwrap_or(word);
            return Err(usage(format!("{option} is not an option")));
        }
        if let Some((name, value)) = word.split_once('=') {
            return self.param(name, value.to_owned());
        }
        match &self.func {
            Some(func) => Err(usage(format!("after {func} only NAME=VALUE can follow"))),
            None => {
                self.func = Some(word.to_owned()).filter(|func| !func.is_empty());
                Ok(())
            }
        }
    }

    /// The messages name the parameter and never the rest: within double quotes the shell has
    /// already put the secret in the variable's place.
    fn environment(&mut self, pair: &str, env: Env) -> Result<(), Failure> {
        let Some((name, variable)) = pair.split_once('=') else {
            return Err(usage("-e wants 'NAME=$VARIABLE'"));
        };
        let Some(variable) = variable.strip_prefix('$').filter(|variable| !variable.is_empty()) else {
            return Err(usage(format!("-e wants '{name}=$VARIABLE', in single quotes")));
        };
        let value = env(variable)
            .ok_or_else(|| usage(format!("the variable that -e takes {name} from is not set")))?;
        let value = value.into_string().map_err(|_| usage(format!("the value of {name} is not UTF-8")))?;
        self.param(name, value)
    }

    fn task(mut self) -> Result<Task, Failure> {
        if self.help {
            return Ok(Task::Help);
        }
        match self.mode {
            Some(mode) if self.restart => Err(usage(format!("-R and -{mode} exclude each other"))),
            Some('i') => self.hints(),
            Some(mode) => {
                let task = if mode == 'l' { Task::Stop } else { Task::Resume };
                self.alone(&format!("-{mode}"), task)
            }
            None => match self.func.take() {
                Some(func) if func == "exit" => self.alone("exit", Task::Restart { then: None }),
                Some(func) => self.call(func),
                None if self.restart => self.alone("-R", Task::Restart { then: None }),
                None => Err(usage("there is no function")),
            },
        }
    }

    fn call(mut self, func: String) -> Result<Task, Failure> {
        if !self.params.iter().any(|param| param.name == "out") {
            self.param("out", "text".to_owned())?;
        }
        let call = Call { func, params: self.params };
        Ok(if self.restart { Task::Restart { then: Some(call) } } else { Task::Call(call) })
    }

    fn hints(self) -> Result<Task, Failure> {
        if self.params.iter().any(|param| param.name != "lang") {
            return Err(usage("-i takes no parameter but lang"));
        }
        let lang = self.params.into_iter().next_back().map(|param| param.value);
        Ok(Task::Hints { func: self.func.unwrap_or_default(), lang })
    }

    /// What would be ignored is refused, so that nobody waits for its effect.
    fn alone(&self, what: &str, task: Task) -> Result<Task, Failure> {
        if self.func.is_some() || !self.params.is_empty() {
            return Err(usage(format!("{what} takes no function and no parameters")));
        }
        Ok(task)
    }
}

/// What follows an option; another option in its place means that it was forgotten.
fn value(option: &str, rest: &mut impl Iterator<Item = Result<String, Failure>>) -> Result<String, Failure> {
    match rest.next().transpose()? {
        Some(value) if !value.is_empty() && !value.starts_with('-') => Ok(value),
        _ => Err(usage(format!("{option} needs a value"))),
    }
}

/// One server is both panels, and there is no other (decisions.md, Access: mgrctl).
fn manager(name: &str) -> Result<(), Failure> {
    match name {
        "billmgr" | "core" => Ok(()),
        _ => Err(usage(format!("there is no panel {name}, only billmgr and core"))),
    }
}

fn usage(sentence: impl Into<String>) -> Failure {
    Failure::Usage(sentence.into())
}
