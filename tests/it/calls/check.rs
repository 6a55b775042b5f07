//! What a transcript expects of an answer.

use std::collections::BTreeMap;

use billmgr::doc::Node;
use serde_json::Value;

use super::parse::Check;
use crate::support::{Reply, World, dom};

pub struct Seen<'s> {
    reply: &'s Reply,
    before: Option<&'s Reply>,
    world: &'s World,
    digest: Option<u64>,
    doc: Result<Node, String>,
}

impl<'s> Seen<'s> {
    pub fn new(reply: &'s Reply, before: Option<&'s Reply>, world: &'s World, digest: Option<u64>) -> Self {
        Self { reply, before, world, digest, doc: dom::parse(&reply.body) }
    }

    fn find(&self, path: &str) -> Result<Vec<String>, String> {
        if !self.reply.mime().starts_with("application/json") {
            return Ok(dom::find(self.doc.as_ref()?, path));
        }
        let json: Value = serde_json::from_str(&self.reply.body).map_err(|cause| cause.to_string())?;
        Ok(json
            .pointer(path)
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .into_iter()
            .collect())
    }
}

type Values = BTreeMap<String, String>;

pub fn check(seen: &Seen, check: &Check, values: &mut Values) -> Result<(), String> {
    let reply = seen.reply;
    match check {
        Check::Status(status) => equal("status", &reply.status.to_string(), &status.to_string()),
        Check::Type(mime) => equal("type", reply.mime(), mime),
        Check::Header(name, text) => match reply.header(name).contains(&expand(text, values)?) {
            true => Ok(()),
            false => Err(format!("header {name} is '{}'", reply.header(name))),
        },
        Check::Ok => equal("outcome", &outcome(reply)?, "ok"),
        Check::Error(kind, object) => {
            let got = outcome(reply)?;
            let wanted = format!("error {kind} {object}");
            let fits = if object.is_empty() { got.starts_with(&wanted) } else { got == wanted };
            if fits { Ok(()) } else { Err(format!("outcome is '{got}' and not '{}'", wanted.trim())) }
        }
        Check::At(path, text) => {
            let (path, text) = (expand(path, values)?, expand(text, values)?);
            match seen.find(&path)?.as_slice() {
                [one] => equal(&path, one, &text),
                found => Err(format!("{path} stands {} times", found.len())),
            }
        }
        Check::Count(path, count) => {
            let path = expand(path, values)?;
            equal(&path, &seen.find(&path)?.len().to_string(), &count.to_string())
        }
        Check::Equals(text) => {
            let got = masked(reply, seen.world).replace("\r\n", "\n");
            equal("answer", got.trim_end(), &expand(text, values)?)
        }
        Check::Contains(text) | Check::Lacks(text) => {
            let (text, wanted) = (expand(text, values)?, matches!(check, Check::Contains(_)));
            match reply.body.contains(&text) == wanted {
                true => Ok(()),
                false => Err(format!("the answer {} '{text}'", if wanted { "lacks" } else { "holds" })),
            }
        }
        Check::Same => match seen.before {
            Some(before) => equal("answer", &masked(reply, seen.world), &masked(before, seen.world)),
            None => Err("there is no answer before".into()),
        },
        Check::Unchanged => match seen.digest == Some(seen.world.digest()) {
            true => Ok(()),
            false => Err("the database was changed".into()),
        },
        Check::Let(name, path) => {
            let path = expand(path, values)?;
            let found = seen.find(&path)?;
            let value = found.first().filter(|value| !value.is_empty());
            values.insert(name.clone(), value.ok_or_else(|| format!("nothing at {path}"))?.clone());
            Ok(())
        }
    }
}

fn equal(what: &str, got: &str, wanted: &str) -> Result<(), String> {
    if got == wanted { Ok(()) } else { Err(format!("{what} is\n{got}\nand not\n{wanted}")) }
}

/// `ok`, `error type object` or `data`, in any format.
fn outcome(reply: &Reply) -> Result<String, String> {
    let body = reply.body.as_str();
    match reply.mime().split(';').next().unwrap_or_default() {
        "text/xml" => {
            let doc = dom::parse(body)?;
            Ok(match doc.get("error") {
                Some(error) => {
                    let attr = |name| error.get_attr(name).unwrap_or_default();
                    format!("error {} {}", attr("type"), attr("object"))
                }
                None if doc.get("ok").is_some() => "ok".into(),
                None => "data".into(),
            })
        }
        "application/json" => of_json(body),
        "text/csv" => Ok(match body.strip_prefix("type,object,msg\r\n") {
            Some(line) => format!("error {}", line.splitn(3, ',').take(2).collect::<Vec<_>>().join(" ")),
            None => "data".into(),
        }),
        _ => Ok(match body.strip_prefix("ERROR ") {
            Some(rest) => {
                format!("error {}", rest.split(')').next().unwrap_or_default().replacen('(', " ", 1))
            }
            None if body.starts_with("OK\n") => "ok".into(),
            None => "data".into(),
        }),
    }
}

fn of_json(body: &str) -> Result<String, String> {
    let json: Value = serde_json::from_str(body).map_err(|cause| format!("{cause}: {body}"))?;
    let root = json.get("doc").unwrap_or(&json);
    let Some(error) = root.get("error") else {
        return Ok(if root.get("ok").is_some() { "ok" } else { "data" }.into());
    };
    let member = |name: &str| {
        let value = error.get(format!("${name}")).or_else(|| error.get(name));
        value.and_then(Value::as_str).unwrap_or_default()
    };
    Ok(format!("error {} {}", member("type"), member("object")))
}

/// The answer without what differs between two runs.
fn masked(reply: &Reply, world: &World) -> String {
    let text = reply.body.replace(&world.address.to_string(), "HOST");
    let text = text.replace(&world.app.registry.features, "FEATURES");
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(|c: char| !c.is_ascii_hexdigit()) {
        let hex = part.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        match hex.len() {
            32 => out.push_str(&part.replace(hex, "HEX")),
            _ => out.push_str(part),
        }
    }
    out
}

/// `$name` and `${name}` become what they stand for, `$$` a dollar sign.
pub fn expand(text: &str, values: &Values) -> Result<String, String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let braced = after.strip_prefix('{').and_then(|after| after.split_once('}'));
        let (name, left) = braced.unwrap_or_else(|| {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            after.split_at(end)
        });
        match (name, values.get(name)) {
            ("", _) => out.push('$'),
            (_, Some(value)) => out.push_str(value),
            (name, None) => return Err(format!("there is no ${name}")),
        }
        rest = if name.is_empty() { left.strip_prefix('$').unwrap_or(left) } else { left };
    }
    Ok(out + rest)
}
