//! Ids and words out of whatever a provider sends: a query, a form or JSON.

use crate::json::Json;
use crate::telecom::hook::Report;

/// Pairs of an id and what is said of it.
pub fn told(call: &Report, id: &str, status: &str) -> Vec<(String, String)> {
    if call.is_json {
        let paths = [id, status].map(|path| path.split('.').collect::<Vec<_>>());
        return Json::parse(call.body).map(|json| of_json(&json, &paths[0], &paths[1])).unwrap_or_default();
    }
    let pairs = [call.query.as_bytes(), call.body].map(form_urlencoded::parse).into_iter().flatten();
    let (mut ids, mut words) = (None, None);
    for (name, value) in pairs {
        if name == id {
            ids.get_or_insert(value.into_owned());
        } else if name == status {
            words.get_or_insert(value.into_owned());
        }
    }
    ids.zip(words).into_iter().collect()
}

/// Names with dots lead inwards; of a list each element may tell of a message.
fn of_json(json: &Json, id: &[&str], status: &[&str]) -> Vec<(String, String)> {
    if let Json::List(elements) = json {
        return elements.iter().flat_map(|element| of_json(element, id, status)).collect();
    }
    let (same, inner) = (id.first() == status.first(), id.len() > 1 && status.len() > 1);
    match member(json, id[0]) {
        Some(value) if same && inner => of_json(value, &id[1..], &status[1..]),
        _ => at(json, id).zip(at(json, status)).into_iter().collect(),
    }
}

fn member<'a>(json: &'a Json, name: &str) -> Option<&'a Json> {
    let Json::Object(members) = json else { return None };
    members.iter().find(|(have, _)| have == name).map(|(_, value)| value)
}

fn at(json: &Json, path: &[&str]) -> Option<String> {
    let value = path.iter().try_fold(json, |json, name| match json {
        Json::List(elements) => member(elements.first()?, name),
        json => member(json, name),
    })?;
    match value {
        Json::Text(text) | Json::Number(text) => Some(text.clone()),
        Json::Bool(on) => Some(on.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, json: bool, body: &str, [id, status]: [&str; 2]) -> Vec<(String, String)> {
        let none = |_: &str| String::new();
        let call = Report { path: "x", query, is_json: json, body: body.as_bytes(), header: &none };
        told(&call, id, status)
    }

    fn is(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(id, word)| ((*id).to_owned(), (*word).to_owned())).collect()
    }

    #[test]
    fn queries_and_forms() {
        let names = ["msgid", "dlr"];
        assert_eq!(read("msgid=a%2Bb&dlr=1&x=2", false, "", names), is(&[("a+b", "1")]));
        assert_eq!(read("", false, "dlr=DELIVRD&msgid=7", names), is(&[("7", "DELIVRD")]));
        assert_eq!(read("msgid=1", false, "dlr=2&msgid=3", names), is(&[("1", "2")]));
        for nothing in ["", "msgid=1", "dlr=1", "&&=&%zz"] {
            assert_eq!(read(nothing, false, "", names), is(&[]), "{nothing}");
        }
    }

    #[test]
    fn json_of_many_shapes() {
        let flat = r#"{"id":12345678901234567890123,"status":"ok"}"#;
        assert_eq!(read("", true, flat, ["id", "status"]), is(&[("12345678901234567890123", "ok")]));
        let list = r#"[{"id":1,"status":"a"},{"id":2},{"id":3,"status":"c"}]"#;
        assert_eq!(read("", true, list, ["id", "status"]), is(&[("1", "a"), ("3", "c")]));
        let deep = r#"{"results":[{"messageId":"x","status":{"name":"D"}},{"messageId":"y","status":{"name":"U"}}]}"#;
        let names = ["results.messageId", "results.status.name"];
        assert_eq!(read("", true, deep, names), is(&[("x", "D"), ("y", "U")]));
        for nothing in ["", "{", "[]", "7", r#"{"id":{"a":1},"status":[]}"#, r#"{"id":null,"status":"x"}"#] {
            assert_eq!(read("", true, nothing, ["id", "status"]), is(&[]), "{nothing}");
        }
    }
}
