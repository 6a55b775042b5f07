//! Pages of documents made by hand.

mod cards;
mod forms;
mod frames;
mod lists;
mod samples;

use crate::doc::{Answer, Body, Node};

/// The page of an answer without rows.
fn page(body: Body, doc: Node) -> String {
    super::start().finish(&Answer::new(body, doc))
}

#[track_caller]
fn has(page: &str, part: &str) {
    assert!(page.contains(part), "no {part} in\n{page}");
}

#[track_caller]
fn lacks(page: &str, part: &str) {
    assert!(!page.contains(part), "{part} in\n{page}");
}

/// The values of an attribute, in the order of the page.
fn attrs<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    page.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// What holds for every page: ids are unique, whatever refers to one finds it, and nothing is
/// there that the content security policy forbids.
#[track_caller]
fn sound(page: &str) {
    let ids = attrs(page, "id");
    for (at, id) in ids.iter().enumerate() {
        assert!(!ids[..at].contains(id), "id {id} twice in\n{page}");
    }
    for name in ["for", "form", "aria-describedby", "aria-labelledby", "popovertarget"] {
        for id in attrs(page, name).iter().flat_map(|value| value.split(' ')) {
            assert!(ids.contains(&id), "{name}={id} finds nothing in\n{page}");
        }
    }
    for script in page.split("<script").skip(1) {
        assert!(script.starts_with(" src=\"&#x2f;billmgr&#x2f;static&#x2f;"), "a script in\n{page}");
    }
    for forbidden in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
        lacks(page, forbidden);
    }
}
