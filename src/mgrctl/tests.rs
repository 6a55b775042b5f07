//! The command line and the wire, without a billing server.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::header::HeaderValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use super::args::{Param, Task, parse};
use super::client::Client;
use super::{Failure, ask, hints_uri, perform, resume, socket};

fn env(name: &str) -> Option<OsString> {
    match name {
        "SECRET" => Some("a&b= é".into()),
        "SSH_CONNECTION" => Some("192.0.2.7 50000 192.0.2.1 22".into()),
        "BILLMGR_SOCKET" => Some("/named/by/env.sock".into()),
        "EMPTY" => Some("".into()),
        _ => None,
    }
}

/// The arguments as one row: blanks part them, `_` stands for a blank within one.
fn words(row: &str) -> impl Iterator<Item = OsString> {
    row.split_whitespace().map(|word| word.replace('_', " ").into())
}

fn in_short(task: &Task) -> String {
    match task {
        Task::Help => "help".to_owned(),
        Task::Call(call) => call.body(),
        Task::Hints { func, lang } => hints_uri(func, lang.as_deref()),
        Task::Stop => "stop".to_owned(),
        Task::Resume => "resume".to_owned(),
        Task::Restart { then: None } => "restart".to_owned(),
        Task::Restart { then: Some(call) } => format!("restart, {}", call.body()),
    }
}

fn asked(row: &str) -> String {
    match parse(words(row), &env) {
        Ok(command) => in_short(&command.task),
        Err(Failure::Usage(sentence)) => format!("usage: {sentence}"),
        Err(Failure::Transport(sentence)) => format!("transport: {sentence}"),
    }
}

#[test]
fn a_command_line_asks_for() {
    let rows = [
        // the documented forms (protocol.md §5)
        ("-m billmgr payment", "func=payment&out=text"),
        ("-m core -o xml whoami", "func=whoami&out=xml"),
        ("-m billmgr user.edit elid=7 sok=ok -o json", "func=user.edit&elid=7&sok=ok&out=json"),
        ("payment.edit elid=5 -m billmgr", "func=payment.edit&elid=5&out=text"),
        ("-i", "/mgrctl/hints?func="),
        ("-m billmgr -i lang=ru", "/mgrctl/hints?func=&lang=ru"),
        ("-i payment.edit lang=en", "/mgrctl/hints?func=payment.edit&lang=en"),
        ("payment.edit -i", "/mgrctl/hints?func=payment.edit"),
        ("-l", "stop"),
        ("-u -m billmgr", "resume"),
        ("-R", "restart"),
        ("exit", "restart"),
        ("-m billmgr exit -R", "restart"),
        ("-R -o xml whoami", "restart, func=whoami&out=xml"),
        ("-i exit", "/mgrctl/hints?func=exit"),
        ("--help", "help"),
        ("payment -h", "help"),
        // parameters
        ("whoami auth=abc su=client lang=ru", "func=whoami&auth=abc&su=client&lang=ru&out=text"),
        ("whoami out=bjson", "func=whoami&out=bjson"),
        ("whoami out=bjson -o xml", "func=whoami&out=xml"),
        ("whoami -o xml out=bjson", "func=whoami&out=bjson"),
        ("x.edit note=a=b&c;d name=é_ü", "func=x.edit&note=a%3Db%26c%3Bd&name=%C3%A9+%C3%BC&out=text"),
        ("x.edit name= project=1 project=2", "func=x.edit&name=&project=1&project=2&out=text"),
        ("x elid=-5", "func=x&elid=-5&out=text"),
        (
            "session.newkey username=u -e key=$SECRET",
            "func=session.newkey&username=u&key=a%26b%3D+%C3%A9&out=text",
        ),
        ("-e key=$EMPTY session.newkey", "func=session.newkey&key=&out=text"),
        // what is no command line
        ("", "usage: there is no function"),
        ("elid=5", "usage: there is no function"),
        ("-m ispmgr domain", "usage: there is no panel ispmgr, only billmgr and core"),
        ("payment -m", "usage: -m needs a value"),
        ("payment -o -R", "usage: -o needs a value"),
        ("payment --socket", "usage: --socket needs a value"),
        ("payment --socket=", "usage: --socket is not an option"),
        ("payment -x", "usage: -x is not an option"),
        ("payment --passwd=secret", "usage: --passwd is not an option"),
        ("payment user", "usage: after payment only NAME=VALUE can follow"),
        ("payment =5", "usage: a parameter has no name before its ="),
        ("func=payment", "usage: the function stands alone, without func="),
        ("x -e func=$SECRET", "usage: the function stands alone, without func="),
        ("x -e =$SECRET", "usage: a parameter has no name before its ="),
        ("-i -l", "usage: -i and -l exclude each other"),
        ("-u -R", "usage: -R and -u exclude each other"),
        ("-l payment", "usage: -l takes no function and no parameters"),
        ("-u elid=1", "usage: -u takes no function and no parameters"),
        ("-R -o xml", "usage: -R takes no function and no parameters"),
        ("exit elid=1", "usage: exit takes no function and no parameters"),
        ("-i payment elid=1", "usage: -i takes no parameter but lang"),
        ("-i payment -o xml", "usage: -i takes no parameter but lang"),
        // the shell has put a secret where the variable's name was
        ("x -e hunter2", "usage: -e wants 'NAME=$VARIABLE'"),
        ("x -e key=hunter2", "usage: -e wants 'key=$VARIABLE', in single quotes"),
        ("x -e key=$hunter2", "usage: the variable that -e takes key from is not set"),
        ("x -e key=$", "usage: -e wants 'key=$VARIABLE', in single quotes"),
    ];
    for (row, expected) in rows {
        assert_eq!(asked(row), expected, "mgrctl {row}");
    }
}

#[test]
fn an_argument_in_another_encoding_is_refused() {
    use std::os::unix::ffi::OsStringExt;
    let row = ["payment".into(), OsString::from_vec(vec![b'a', b'=', 0xff])];
    assert_eq!(parse(row.into_iter(), &env), Err(Failure::Usage("an argument is not UTF-8".to_owned())));
}

#[test]
fn a_value_is_never_shown() {
    let param = Param { name: "key".to_owned(), value: "hunter2".to_owned() };
    assert_eq!(format!("{param:?}"), "key=…");
}

#[test]
fn the_socket_is_the_named_one_or_the_first_that_exists() {
    let none = |_: &str| None;
    let empty = |name: &str| env("EMPTY").filter(|_| name == "BILLMGR_SOCKET");
    let defaults = ["var/billmgr.sock", "/run/billmgr/billmgr.sock", "/var/lib/billmgr/billmgr.sock"];
    assert_eq!(socket::places(Some("a.sock".into()), &env), [PathBuf::from("a.sock")]);
    assert_eq!(socket::places(None, &env), [PathBuf::from("/named/by/env.sock")]);
    assert_eq!(socket::places(None, &empty), defaults.map(PathBuf::from));
    assert_eq!(socket::places(None, &none), defaults.map(PathBuf::from));
    assert_eq!(socket::directory(Path::new("a.sock")), Path::new("."));

    let directory = Scratch::new("find");
    let (absent, present) = (directory.0.join("absent"), directory.0.join("present"));
    std::fs::write(&present, "").unwrap();
    assert_eq!(socket::find(&[absent.clone(), present.clone()]), Ok(present));
    let Err(Failure::Transport(sentence)) = socket::find(std::slice::from_ref(&absent)) else {
        panic!("found a socket that does not exist");
    };
    assert!(sentence.contains(&absent.display().to_string()), "{sentence}");
}

#[test]
fn the_block_of_the_start_is_lifted_without_a_server() {
    let directory = Scratch::new("resume");
    let places = [directory.0.join("none/billmgr.sock"), directory.0.join("billmgr.sock")];
    let block = directory.0.join("stopped");
    std::fs::write(&block, "").unwrap();
    let mut out = Vec::new();
    assert_eq!(resume(&places, &mut out), Ok(()));
    assert!(!block.exists());
    assert_eq!(resume(&places, &mut out), Ok(()), "lifting twice is no failure");
    let out = String::from_utf8(out).unwrap();
    assert!(out.starts_with(&format!("OK removed {}\nOK nothing to lift", block.display())), "{out}");
}

#[tokio::test]
async fn a_call_is_one_post_with_everything_in_its_body() {
    let directory = Scratch::new("wire");
    let (path, listener) = directory.listen();
    let Task::Call(call) = parse(words("user.edit elid=7 -e passwd=$SECRET"), &env).unwrap().task else {
        panic!("not a call");
    };
    let (client, mut out) = (Client::new(path, &env), Vec::new());
    let answer = perform(&client, &call, &mut out);
    let (request, answer) = tokio::join!(answer_once(&listener, "", "ERROR value(passwd) é\n"), answer);
    assert_eq!(answer, Ok(()));
    assert_eq!(out, "ERROR value(passwd) é\n".as_bytes());
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /billmgr HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nx-mgrctl-client: 192.0.2.7\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"), "{head}");
    assert_eq!(body, "func=user.edit&elid=7&passwd=a%26b%3D+%C3%A9&out=text");
}

#[tokio::test]
async fn a_restart_is_over_when_another_process_answers() {
    let directory = Scratch::new("restart");
    let (path, listener) = directory.listen();
    let (client, old) = (Client::new(path, &|_| None), HeaderValue::from_static("1"));
    let server = async {
        for head in ["", "x-mgrctl-instance: 1\r\n", "x-mgrctl-instance: 2\r\n"] {
            answer_once(&listener, head, "").await;
        }
    };
    let both = async { tokio::join!(server, client.wait_for_another(Some(old))).1 };
    let waited = tokio::time::timeout(Duration::from_secs(20), both).await;
    assert_eq!(waited, Ok(Ok(())));
}

#[tokio::test]
async fn a_refused_restart_calls_nothing() {
    let directory = Scratch::new("refused");
    let (path, listener) = directory.listen();
    let (client, mut out) = (Client::new(path, &|_| None), Vec::new());
    let task = parse(words("-R whoami"), &env).unwrap().task;
    let refusal = answer_once(&listener, "", "ERROR access(restart)\n");
    let (request, answer) = tokio::join!(refusal, ask(&client, task, &mut out));
    assert!(request.starts_with("POST /mgrctl/restart HTTP/1.1\r\n"), "{request}");
    assert_eq!((answer, out.as_slice()), (Ok(()), b"ERROR access(restart)\n".as_slice()));
}

#[tokio::test]
async fn a_server_that_is_gone_or_falls_silent_is_a_transport_failure() {
    let directory = Scratch::new("gone");
    let (path, listener) = directory.listen();
    let client = Client::new(path.clone(), &|_| None);
    let (_, silent) = tokio::join!(async { drop(listener.accept().await) }, client.get("/mgrctl/ping"));
    drop(listener);
    let nobody = client.get("/mgrctl/ping").await;
    std::fs::remove_file(&path).unwrap();
    let absent = client.get("/mgrctl/ping").await;
    for (what, result) in [("silent", silent), ("nobody listens", nobody), ("no socket", absent)] {
        let Err(failure @ Failure::Transport(_)) = result else { panic!("{what}") };
        assert!(failure.to_string().contains(&path.display().to_string()), "{what}: {failure}");
        assert_eq!(failure.code(), 1);
    }
}

/// Takes one request and answers it; gives back what was received.
async fn answer_once(listener: &UnixListener, head: &str, body: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = String::new();
    while !complete(&request) {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "the request ends early: {request}");
        request.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    let answer = format!("HTTP/1.1 200 OK\r\n{head}content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.unwrap();
    request
}

fn complete(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

/// A directory of one test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mgrctl-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn listen(&self) -> (PathBuf, UnixListener) {
        let path = self.0.join("billmgr.sock");
        let listener = UnixListener::bind(&path).unwrap();
        (path, listener)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
