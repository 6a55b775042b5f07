//! The lines of a transcript.
//!
//! ```text
//! # R18 What the calls below show
//! > [GET|POST|JSON|MULTIPART] WHO [from ADDRESS]: QUERY     a call; WHO is a user, nobody, @session
//! >> KEY METHOD PATH        a request of another API; KEY is what X-API-Key shows, bearer:TOKEN, or none
//! body {"name":"x"}         its body, as application/json; a=b&c=d as a form
//! with Header: value        sent with the call
//! status 200                of HTTP; 200 where nothing is said
//! type text/xml             the whole Content-Type
//! header name: text         a header of the answer that contains the text
//! ok                        /doc/ok, or its like in the asked format
//! error value elid          the type and the object of an error
//! at /doc/id = 5            the text of the one node there
//! count /doc/elem = 2       how many there are
//! = <doc>…                  the whole answer; several lines are joined
//! ~ text                    the answer contains it
//! ! text                    the answer does not contain it
//! same                      the answer is the one before
//! unchanged                 the database is as it was before the call
//! let id = /doc/id          keeps a value: $id from here on
//! broken: why               what stands above of this call is known to fail
//! advance 59m               moves the clock; d, h, m, s
//! job prolong               runs a billing job
//! work                      does what waits in the outbox
//! numbers                   delivers what the sandbox of virtual numbers has for them
//! letter s = secret=        keeps what stands in the newest letter behind the words, up to a blank or &
//! sms                       hands over the messages that are due, and takes their receipts
//! config Option X; Y 1      replaces the configuration file
//! ```
//!
//! A call without `out` asks for xml; `out=none` sends none.

#[derive(Debug)]
pub enum Step {
    Heading(String),
    Call(Call),
    /// Microseconds.
    Advance(i64),
    Config(String),
    Job(String),
    Work,
    /// A name, and the words before its value.
    Letter(String, String),
    Sms,
    Numbers,
}

#[derive(Debug, Default)]
pub struct Call {
    pub line: usize,
    /// "" where the run decides.
    pub method: String,
    pub who: String,
    pub from: String,
    pub query: String,
    /// Of another API; then `who` is a key.
    pub path: String,
    pub body: String,
    pub headers: Vec<(String, String)>,
    pub checks: Vec<(usize, Check)>,
    pub broken: bool,
}

#[derive(Debug)]
pub enum Check {
    Status(u16),
    Type(String),
    Header(String, String),
    Ok,
    Error(String, String),
    At(String, String),
    Count(String, usize),
    Equals(String),
    Contains(String),
    Lacks(String),
    Same,
    Unchanged,
    Let(String, String),
}

pub fn parse(text: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let fault = |why: &str| format!("{}: {why}: {line}", at + 1);
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" => {}
            "#" => steps.push(Step::Heading(rest.to_owned())),
            "//" => {}
            ">" => steps.push(Step::Call(call(rest, at + 1).ok_or_else(|| fault("no call"))?)),
            ">>" => steps.push(Step::Call(request(rest, at + 1).ok_or_else(|| fault("no request"))?)),
            "advance" => steps.push(Step::Advance(duration_us(rest).ok_or_else(|| fault("no duration"))?)),
            "job" => steps.push(Step::Job(rest.to_owned())),
            "work" => steps.push(Step::Work),
            "letter" => {
                let (name, before) = rest.split_once(" = ").ok_or_else(|| fault("no value"))?;
                steps.push(Step::Letter(name.to_owned(), before.to_owned()));
            }
            "sms" => steps.push(Step::Sms),
            "numbers" => steps.push(Step::Numbers),
            "config" => steps.push(Step::Config(rest.replace("; ", "\n"))),
            _ => {
                let Some(Step::Call(call)) = steps.last_mut() else {
                    return Err(fault("belongs to no call"));
                };
                detail(call, at + 1, word, rest).ok_or_else(|| fault("not understood"))?;
            }
        }
    }
    Ok(steps)
}

/// `POST client from 192.0.2.1: func=payment`
fn call(text: &str, line: usize) -> Option<Call> {
    let (head, query) = text.split_once(": ")?;
    let mut words: Vec<&str> = head.split(' ').collect();
    let is_method = ["GET", "POST", "JSON", "MULTIPART"].contains(words.first()?);
    let method = if is_method { words.remove(0) } else { "" };
    let (who, from) = match words[..] {
        [who] => (who, ""),
        [who, "from", from] => (who, from),
        _ => return None,
    };
    let [method, who, from, query] = [method, who, from, query].map(str::to_owned);
    Some(Call { line, method, who, from, query, ..Call::default() })
}

/// `$key POST /client-api/index.php?endpoint=change-plan`
fn request(text: &str, line: usize) -> Option<Call> {
    let [who, method, path] = text.split(' ').collect::<Vec<_>>()[..] else { return None };
    let [method, who, path] = [method, who, path].map(str::to_owned);
    Some(Call { line, method, who, path, ..Call::default() })
}

fn duration_us(text: &str) -> Option<i64> {
    let mut total = 0;
    for part in text.split(' ') {
        let (number, unit) = part.split_at(part.len().checked_sub(1)?);
        let unit_us = match unit {
            "d" => 86_400_000_000,
            "h" => 3_600_000_000,
            "m" => 60_000_000,
            "s" => 1_000_000,
            _ => return None,
        };
        total += number.parse::<i64>().ok()? * unit_us;
    }
    Some(total)
}

fn detail(call: &mut Call, line: usize, word: &str, rest: &str) -> Option<()> {
    let pair = |mark: &str| rest.split_once(mark).map(|(a, b)| (a.trim().to_owned(), b.to_owned()));
    let check = match word {
        "with" => return pair(": ").map(|header| call.headers.push(header)),
        "body" => {
            call.body = rest.to_owned();
            return Some(());
        }
        "broken:" => {
            call.broken = true;
            return Some(());
        }
        "=" => {
            if let Some((_, Check::Equals(text))) = call.checks.last_mut() {
                text.push('\n');
                text.push_str(rest);
                return Some(());
            }
            Check::Equals(rest.to_owned())
        }
        "status" => Check::Status(rest.parse().ok()?),
        "type" => Check::Type(rest.to_owned()),
        "header" => pair(": ").map(|(name, text)| Check::Header(name, text))?,
        "ok" => Check::Ok,
        "error" => {
            let (kind, object) = rest.split_once(' ').unwrap_or((rest, ""));
            Check::Error(kind.to_owned(), object.to_owned())
        }
        "at" => pair(" = ")
            .or_else(|| Some((rest.strip_suffix(" =")?.to_owned(), String::new())))
            .map(|(path, text)| Check::At(path, text))?,
        "count" => pair(" = ").and_then(|(path, text)| Some(Check::Count(path, text.parse().ok()?)))?,
        "~" => Check::Contains(rest.to_owned()),
        "!" => Check::Lacks(rest.to_owned()),
        "same" => Check::Same,
        "unchanged" => Check::Unchanged,
        "let" => pair(" = ").map(|(name, path)| Check::Let(name, path))?,
        _ => return None,
    };
    call.checks.push((line, check));
    Some(())
}
