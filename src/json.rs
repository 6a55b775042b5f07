//! JSON with its numbers as they were written: an amount never goes through a float
//! (decisions.md, Money).

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// Deeper ones nobody sends.
const DEPTH_MAX: usize = 16;

#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// The number's own digits.
    Number(String),
    Text(String),
    List(Vec<Json>),
    /// In the order in which its members are written.
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn int(number: i64) -> Self {
        Self::Number(number.to_string())
    }

    /// Nothing where it is no JSON. Of a member that stands there twice the last counts.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let raw: Box<RawValue> = serde_json::from_slice(bytes).ok()?;
        read(&raw, 0)
    }

    pub fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(on) => out.push_str(if *on { "true" } else { "false" }),
            Self::Number(digits) => out.push_str(digits),
            Self::Text(text) => write_text(text, out),
            Self::List(values) => {
                out.push('[');
                each(values, out, |value, out| value.write(out));
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                each(members, out, |(name, value), out| {
                    write_text(name, out);
                    out.push(':');
                    value.write(out);
                });
                out.push('}');
            }
        }
    }
}

fn each<T>(values: &[T], out: &mut String, write: impl Fn(&T, &mut String)) {
    for (nth, value) in values.iter().enumerate() {
        if nth > 0 {
            out.push(',');
        }
        write(value, out);
    }
}

fn write_text(text: &str, out: &mut String) {
    crate::render::escape::json_string(out, text);
}

fn read(raw: &RawValue, depth: usize) -> Option<Json> {
    let text = raw.get();
    Some(match text.as_bytes().first()? {
        _ if depth > DEPTH_MAX => return None,
        b'"' => Json::Text(serde_json::from_str(text).ok()?),
        b't' => Json::Bool(true),
        b'f' => Json::Bool(false),
        b'n' => Json::Null,
        b'[' => {
            let values: Vec<Box<RawValue>> = serde_json::from_str(text).ok()?;
            Json::List(values.iter().map(|value| read(value, depth + 1)).collect::<Option<_>>()?)
        }
        b'{' => {
            let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).ok()?;
            let member = |(name, value): (String, Box<RawValue>)| Some((name, read(&value, depth + 1)?));
            Json::Object(members.into_iter().map(member).collect::<Option<_>>()?)
        }
        _ => Json::Number(text.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &Json) -> String {
        let mut out = String::new();
        json.write(&mut out);
        out
    }

    #[test]
    fn numbers_keep_their_digits() {
        for (sent, expected) in [
            (
                r#"{"a":0.1000,"b":12345678901234567890.5}"#,
                Some(r#"{"a":0.1000,"b":12345678901234567890.5}"#),
            ),
            (r#" {"a":1e3,"a":[true,null,"é\n"]} "#, Some(r#"{"a":[true,null,"é\n"]}"#)),
            ("1e3", Some("1e3")),
            ("{} x", None),
            (r#"{"a":}"#, None),
            (r#"{"a":01}"#, None),
            (r#"{"a":NaN}"#, None),
            ("", None),
        ] {
            assert_eq!(
                Json::parse(sent.as_bytes()).map(|json| written(&json)).as_deref(),
                expected,
                "{sent}"
            );
        }
        assert_eq!(Json::parse("[".repeat(100).as_bytes()), None);
        let deep = "[".repeat(40) + &"]".repeat(40);
        assert_eq!(Json::parse(deep.as_bytes()), None);
    }
}
