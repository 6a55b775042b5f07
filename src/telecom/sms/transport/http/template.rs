//! Texts with `%placeholders%`, each filled in as it must be written where it stands: what a client
//! sends can end neither a value of a URL or a form nor a string of JSON.

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::telecom::sms::transport::Attempt;

/// What may stand between two percent signs. Shorter names would read as escapes of a URL.
const NAMES: [&str; 9] = ["number", "digits", "text", "from", "id", "unicode", "login", "secret", "basic"];
/// What clients have no hand in.
const OURS: [&str; 5] = ["id", "unicode", "login", "secret", "basic"];

/// Where a placeholder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Url,
    Form,
    Json,
    Header,
}

impl Place {
    fn allows(self, name: &str) -> bool {
        NAMES.contains(&name) && (self != Self::Header || OURS.contains(&name))
    }

    /// A value as it is written there.
    fn escaped(self, value: &str) -> String {
        match self {
            Self::Url | Self::Form => percent(value),
            Self::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            // Of a line of a header nothing but its end could be abused.
            Self::Header => value.chars().filter(|character| !character.is_control()).collect(),
        }
    }
}

/// Everything but the unreserved characters of RFC 3986 §2.3: good for paths, queries and forms.
fn percent(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => text.push(char::from(byte)),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// What the placeholders stand for in one message.
pub struct Values<'a> {
    pub attempt: &'a Attempt,
    pub login: &'a str,
    pub secret: &'a str,
}

impl Values<'_> {
    fn of(&self, name: &str) -> String {
        let attempt = self.attempt;
        match name {
            "number" => attempt.phone.clone(),
            "digits" => attempt.phone.trim_start_matches('+').to_owned(),
            "text" => attempt.text.clone(),
            "from" => attempt.sender.clone(),
            "id" => attempt.reference.clone(),
            "unicode" => u8::from(attempt.is_unicode).to_string(),
            "login" => self.login.to_owned(),
            "secret" => self.secret.to_owned(),
            // RFC 7617: what follows `Authorization: Basic`
            _ => BASE64_STANDARD.encode(format!("{}:{}", self.login, self.secret)),
        }
    }
}

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), template);
    while let Some((begin, name)) = placeholder(rest) {
        pieces.push(Piece::Text(&rest[..begin]));
        pieces.push(Piece::Name(name));
        rest = &rest[begin + name.len() + 2..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// The first `%name%`. Names are of three small letters and more, or known; anything else behind a
/// percent sign stays as it is, so escapes of a URL do.
fn placeholder(text: &str) -> Option<(usize, &str)> {
    text.match_indices('%').find_map(|(at, _)| {
        let (name, _) = text[at + 1..].split_once('%')?;
        let is_word = name.len() > 2 && name.bytes().all(|byte| byte.is_ascii_lowercase());
        (is_word || NAMES.contains(&name)).then_some((at, name))
    })
}

pub fn fill(template: &str, place: Place, values: &Values) -> String {
    let piece = |piece: Piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Name(name) => place.escaped(&values.of(name)),
    };
    pieces(template).into_iter().map(piece).collect()
}

/// The first placeholder that cannot be filled in there.
pub fn unknown(template: &str, place: Place) -> Option<&str> {
    pieces(template).into_iter().find_map(|piece| match piece {
        Piece::Name(name) if !place.allows(name) => Some(name),
        _ => None,
    })
}

/// Does it name the placeholder?
pub fn names(template: &str, name: &str) -> bool {
    pieces(template).contains(&Piece::Name(name))
}

/// Is a placeholder in what says where a URL leads, before its path?
pub fn moves_host(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.contains('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a&b=c#d?e/f%00 \"},{\\ \r\n<x>'\u{0}\u{2028}€😀%secret%";

    fn attempt(text: &str, sender: &str) -> Attempt {
        Attempt {
            reference: "sms-7".into(),
            phone: "+447575396991".into(),
            sender: sender.into(),
            text: text.into(),
            is_unicode: false,
            parts: 1,
        }
    }

    fn filled(template: &str, place: Place, text: &str) -> String {
        let attempt = attempt(text, text);
        fill(template, place, &Values { attempt: &attempt, login: "me", secret: "s:€ct" })
    }

    #[test]
    fn every_name_is_filled_in() {
        let template = "%number%|%digits%|%text%|%from%|%id%|%unicode%|%login%";
        assert_eq!(filled(template, Place::Json, "Hi"), "+447575396991|447575396991|Hi|Hi|sms-7|0|me");
        assert_eq!(filled("Basic %basic%", Place::Header, ""), "Basic bWU6czrigqxjdA==");
    }

    #[test]
    fn what_else_has_percent_signs_stays() {
        for template in ["a%20b%2Fc", "100%", "%", "%%", "%A%text", "%ab%cd"] {
            assert_eq!(filled(template, Place::Url, "x"), template);
        }
        assert_eq!(filled("%20%text%%20", Place::Url, "x"), "%20x%20");
        assert_eq!(filled("100%%text%", Place::Url, "x"), "100%x");
    }

    #[test]
    fn a_query_and_a_form_keep_their_values() {
        for place in [Place::Url, Place::Form] {
            let text = filled("to=%number%&text=%text%&from=%from%", place, HOSTILE);
            let pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
            assert_eq!(pairs.len(), 3);
            assert_eq!(pairs[0].1, "+447575396991");
            assert!(pairs[1..].iter().all(|(_, value)| value == HOSTILE));
            assert!(text.is_ascii());
        }
    }

    #[test]
    fn a_string_of_json_keeps_its_value() {
        let text = filled(r#"{"a":[{"text":"x%text%y"}],"n":"%number%"}"#, Place::Json, HOSTILE);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["a"][0]["text"], format!("x{HOSTILE}y"));
        assert_eq!(json.as_object().unwrap().len(), 2);
    }

    #[test]
    fn what_is_wrong_with_a_template() {
        assert_eq!(unknown("?to=%nubmer%&x=%text%", Place::Url), Some("nubmer"));
        assert_eq!(unknown("?to=%number%&x=%20%text%", Place::Url), None);
        for name in ["text", "from", "number", "digits"] {
            assert_eq!(unknown(&format!("x %{name}%"), Place::Header), Some(name));
        }
        assert!(moves_host("http://%login%.example.org/"));
        assert!(moves_host("http://example.org:%id%"));
        assert!(!moves_host("http://example.org/%login%?to=%number%"));
        assert!(names("a%text%", "text") && !names("a%20text%", "text"));
    }
}
