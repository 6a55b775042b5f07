//! Replies that are a line of text.

use super::part::Text;
use crate::doc::Node;

/// `{id}:{+phone}` with what the names stand for, `+` for the digits alone, `{code|text}` for the first that
/// stands for something; a name that stands for nothing is left out.
pub fn filled(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let (mut out, mut rest) = (String::new(), template);
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
        out.push_str(before);
        let digits_only = name.starts_with('+');
        let mut found = name.trim_start_matches('+').split('|').filter_map(&value);
        let found = found.find(|text| !text.is_empty()).unwrap_or_default();
        out.extend(found.chars().filter(|sign| !digits_only || sign.is_ascii_digit()));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The reply to a document, if one of the texts is meant for it.
pub fn of(texts: &[Text], doc: &Node) -> Option<String> {
    let is_meant = |text: &&Text| {
        let Some((name, values)) = text.when.split_once('=') else { return true };
        let have = leaf(doc, name).unwrap_or_default();
        values.split(',').any(|value| value == have)
    };
    let text = texts.iter().find(is_meant)?;
    Some(filled(&text.is, |name| leaf(doc, name).map(str::to_owned)))
}

/// The text behind a path; of several elements of a name the last one counts.
fn leaf<'n>(node: &'n Node, path: &str) -> Option<&'n str> {
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let kid = node.kids.iter().rev().find(|kid| kid.name == name)?;
    if rest.is_empty() { kid.text.as_deref() } else { leaf(kid, rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates() {
        let sms = |code: &str| Node::new("sms").kid(Node::leaf("code", code));
        let doc = Node::new("doc").kid(Node::leaf("phone", "+7900")).kid(sms("1")).kid(sms("2"));
        for (when, is, expected) in [
            ("", "OK", Some("OK")),
            ("", "A:{phone}:{+phone}:{none}:{sms/code}", Some("A:+7900:7900::2")),
            ("", "A:{none|phone}", Some("A:+7900")),
            ("phone=1,+7900", "{phone", Some("+7900")),
            ("phone=1", "x", None),
            ("none=", "x", Some("x")),
        ] {
            let texts = [Text { when: when.into(), is: is.into() }];
            assert_eq!(of(&texts, &doc).as_deref(), expected, "{is}");
        }
    }
}
