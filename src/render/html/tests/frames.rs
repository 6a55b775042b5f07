use std::fs;

use super::samples::{doc, error, framed, named, panel_words, payments, paymethod};
use super::{has, lacks, page, sound};
use crate::doc::{Answer, Body, Node};
use crate::render::html::{TEMPLATES, location};

#[test]
fn the_words_are_complete() {
    let [en, ru] =
        ["en", "ru"].map(|lang| panel_words(lang).into_iter().map(|(name, _)| name).collect::<Vec<_>>());
    assert_eq!(en, ru);
    let (code, templates) = (code(), TEMPLATES.map(|(_, source)| source).concat());
    for name in en.iter().filter_map(|name| name.strip_prefix("panel_")) {
        let is_used = code.contains(&format!("\"{name}\"")) || templates.contains(&format!("w.{name}"));
        assert!(is_used || name.starts_with("lang_"), "{name}: a word too many");
    }
    let asked = [(&templates, " w."), (&code, "frame_word(\""), (&code, ".fill(\"")];
    for (source, start) in asked {
        for rest in source.split(start).skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len());
            assert!(en.contains(&format!("panel_{}", &rest[..end]).as_str()), "no word {}", &rest[..end]);
        }
    }
}

fn code() -> String {
    let folders = ["/src/render/html", "/src/render/html/list"]
        .map(|path| format!("{}{path}", env!("CARGO_MANIFEST_DIR")));
    let files = folders.iter().flat_map(|path| fs::read_dir(path).expect("the folder"));
    let files = files.map(|entry| entry.expect("a file").path()).filter(|path| path.is_file());
    files.map(|path| fs::read_to_string(path).expect("a source")).collect()
}

#[test]
fn nobody_signs_in() {
    let page = page(Body::Form, doc("logon", "ru", &[], &[]));
    sound(&page);
    has(&page, r#"<html lang="ru" data-theme="system">"#);
    has(&page, r#"<input type="hidden" name="func" value="auth">"#);
    has(&page, r#"<label for="f_password">Пароль</label>"#);
    has(&page, r#"<a href="?func=logon&amp;lang=en" lang="en" hreflang="en">English</a>"#);
}

#[test]
fn a_refused_sign_in_asks_again() {
    let refused = error("auth", "badpassword", "Invalid username or password ");
    let doc = doc("auth", "en", &[], &[("username", "anna"), ("password", "hunter2")]).kid(refused);
    let page = page(Body::Error, doc);
    sound(&page);
    has(&page, r#"role="alert" id="e_login">Invalid username or password</p>"#);
    has(&page, r#"name="username" value="anna""#);
    lacks(&page, "hunter2");
}

#[test]
fn an_error_leads_back() {
    let page = page(
        Body::Error,
        doc("payment.delete", "en", &[], &[("elid", "7")]).kid(error("access", "payment", "No")),
    );
    sound(&page);
    has(&page, r#"<p class="error" role="alert">No</p>"#);
    has(&page, r#"<a class="button" href="?func=payment">Back</a>"#);
}

#[test]
fn a_bare_error_is_a_page_too() {
    let page = page(Body::Error, Node::new("doc").kid(Node::new("error").attr("type", "system")));
    has(&page, "<h1 id=\"title\">error</h1>");
    has(&page, ">system</p>");
}

#[test]
fn the_menu_shows_where_we_are() {
    let page = page(Body::Form, paymethod("en", &[]));
    lacks(&page, r#"aria-current="page""#);
    let page = super::samples::render(&payments("en", &[]), &[]);
    has(&page, r#"<a href="?func=payment" aria-current="page">Payments</a>"#);
    has(&page, "<details open>");
    has(&page, r#"<button name="func" value="logout">Sign out</button>"#);
    has(&page, "admin");
}

#[test]
fn a_language_link_repeats_no_deed() {
    let href = r#"href="?lang=ru""#;
    has(
        &page(
            Body::Error,
            doc("payment.delete", "en", &[], &[("elid", "7")]).kid(error("value", "elid", "No")),
        ),
        href,
    );
    has(&page(Body::Ok, doc("payment.delete", "en", &[], &[("elid", "7")]).kid(Node::new("ok"))), href);
    let form = page(Body::Form, paymethod("en", &[("elid", "5"), ("name", "typed"), ("sok", "ok")]));
    has(&form, r#"href="?func=paymethod.edit&amp;elid=5&amp;lang=ru""#);
}

fn gone(func: &str, params: &[(&str, &str)], kids: &[Node]) -> Option<String> {
    let doc = doc(func, "en", &[], params).with(kids.iter().cloned());
    location(&Answer::new(Body::Ok, doc))
}

#[test]
fn the_way_on() {
    let ok = |text: &str| Node::leaf("ok", text).attr("type", "list");
    let id = Node::leaf("id", "17");
    for (func, params, kids, next) in [
        (
            "payment.delete",
            &[("elid", "1, 2"), ("p_num", "3")][..],
            &[Node::new("ok")][..],
            Some("?func=payment&p_num=3"),
        ),
        (
            "account.discount.edit",
            &[("plid", "5")],
            &[Node::new("ok"), id.clone()],
            Some("?func=account.discount&elid=5"),
        ),
        ("account.su", &[("elid", "5")], &[Node::new("ok"), Node::leaf("auth", "f33b")], Some("?")),
        ("logout", &[], &[Node::new("ok")], Some("?")),
        ("payment.add", &[], &[ok("func=payment.edit&elid=7"), id], Some("?func=payment.edit&elid=7")),
        ("payment.add", &[], &[ok("/mancgi/bankpayment?elid=7")], Some("/mancgi/bankpayment?elid=7")),
        ("payment.add", &[], &[ok("javascript:alert(1)")], Some("?javascript:alert(1)")),
        ("payment.add", &[], &[ok("//evil.example")], Some("?//evil.example")),
        ("payment.add", &[], &[ok("https://gate.example/pay?id=7")], None),
        ("soft.edit", &[], &[Node::new("ok"), Node::leaf("lickey", "ABC")], None),
        ("payment.delete", &[], &[error("value", "elid", "No")], None),
    ] {
        assert_eq!(gone(func, params, kids).as_deref(), next, "{func}");
    }
}

#[test]
fn news_of_an_ok_are_shown() {
    let doc = doc("soft.edit", "en", &[("lickey", "Licence key")], &[])
        .kid(Node::new("ok"))
        .kid(Node::leaf("lickey", "A<B"));
    let page = page(Body::Ok, doc);
    sound(&page);
    has(&page, "<dt>Licence key</dt>");
    has(&page, "A&lt;B");
    has(&page, r#"<a class="button primary" href="?func=soft">Continue</a>"#);
}

#[test]
fn a_session_id_is_never_shown() {
    let doc = doc("auth", "en", &[], &[]).kid(Node::leaf("auth", "f33bc6752e3a").attr("id", "f33bc6752e3a"));
    lacks(&page(Body::Object, doc.clone()), "f33bc6752e3a");
    assert_eq!(location(&Answer::new(Body::Object, doc)).as_deref(), Some("?"));
}

#[test]
fn an_object_is_shown_as_it_is() {
    let elem =
        |kind: &str, sum: &str| Node::new("elem").kid(Node::leaf("kind", kind)).kid(Node::leaf("sum", sum));
    let mut doc = doc("report", "en", &[("sum", "Sum"), ("band", "Revenue")], &[]);
    doc.kids.insert(0, named("user", "root").attr("level", "30"));
    let page = page(Body::Object, doc.kid(Node::new("band").kid(elem("a", "1.00")).kid(elem("b", "2.00"))));
    sound(&page);
    has(&page, r#"<th scope="col">kind</th><th scope="col">Sum</th>"#);
    has(&page, "<td>b</td><td>2.00</td>");
    has(&page, "root");
}

#[test]
fn functions_are_found_by_a_word() {
    let doc = framed(doc("menu", "en", &[], &[("q", "pay")]), &[("theme", "dark"), ("mark", "demo")]);
    let page = page(Body::Object, doc);
    sound(&page);
    has(&page, r#"<li><a href="?func=payment">Payments</a> <span class="quiet">Money</span></li>"#);
    let (_, found) = page.split_once("<main").expect("a main part");
    lacks(found, "?func=account");
    has(&page, r#"<html lang="en" data-theme="dark">"#);
    has(&page, ">Demo</span>");
}

#[test]
fn what_was_wanted_goes_through_the_sign_in() {
    let mut doc = doc("logon", "en", &[], &[]);
    doc.kids.push(Node::leaf("goes_on", "func=payment&p_num=2"));
    has(&page(Body::Form, doc), r#"<input type="hidden" name="goes_on" value="func=payment&amp;p_num=2">"#);
}

#[test]
fn a_form_leads_back_to_its_list_alone() {
    for (back, href) in [
        ("func=paymethod&filter=on&p_num=2", "?func=paymethod&amp;filter=on&amp;p_num=2"),
        ("func=payment&p_num=2", "?func=paymethod"),
    ] {
        let doc = framed(paymethod("en", &[]), &[("back", back), ("form_once", "n1")]);
        let page = page(Body::Form, doc);
        has(&page, &format!("<a class=\"button\" href=\"{href}\">Cancel</a>"));
        has(&page, r#"<input type="hidden" name="form_once" value="n1">"#);
    }
}

#[test]
fn who_entered_as_another_can_go_back() {
    let mut doc = paymethod("en", &[]);
    doc.kids.push(named("user", "anna").attr("level", "16").attr("from", "admin"));
    let page = page(Body::Form, doc);
    has(&page, r#"<button name="func" value="chlevel">Back to admin</button>"#);
}
