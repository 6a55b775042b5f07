use super::samples::{HOSTILE, doc, error, named, paymethod};
use super::{attrs, has, lacks, page, sound};
use crate::doc::{Body, Node};

#[test]
fn every_control_has_its_label() {
    let page = page(Body::Form, paymethod("en", &[("elid", "5")]));
    sound(&page);
    let labelled: Vec<_> = attrs(&page, "for").into_iter().filter(|id| id.starts_with("f_")).collect();
    let ids: Vec<_> = attrs(&page, "id").into_iter().filter(|id| id.starts_with("f_")).collect();
    assert_eq!(labelled, ids);
    assert_eq!(ids.len(), 8);
    has(&page, r#"<label for="f_name">Name <span class="required""#);
    has(&page, "<legend>Further settings</legend>");
}

#[test]
fn values_stand_in_their_controls() {
    let page = page(Body::Form, paymethod("en", &[]));
    has(
        &page,
        r#"<input type="text" value="Bank &lt;transfer&gt;" id="f_name" name="name" aria-describedby="h_name""#,
    );
    has(&page, r#"<option value="126" selected>RUB</option>"#);
    has(&page, r#"<option value="1" selected>North</option>"#);
    has(&page, r#"<option value="2">South</option>"#);
    has(&page, r#"<option value="12" selected>West</option>"#);
    has(&page, r#"<input type="date" value="2026-01-31" id="f_fromdate""#);
    has(&page, r#"name="minamount" inputmode="decimal">"#);
    has(&page, r#"<input type="checkbox" value="on" id="f_active" name="active" checked>"#);
    has(&page, r#"<input type="hidden" name="module" value="pmbank">"#);
    has(&page, r#"<input type="hidden" name="elid" value="5">"#);
    has(&page, "placeholder=\"Anything worth knowing\">\n\nfirst line</textarea>");
}

#[test]
fn a_secret_does_not_come_back() {
    lacks(&page(Body::Form, paymethod("en", &[])), "hunter2");
}

#[test]
fn what_a_browser_leaves_out_is_in_the_address() {
    let page = page(Body::Form, paymethod("en", &[]));
    has(&page, r#"<form id="form" class="card" method="post" action="?project=&amp;active=off" data-once>"#);
    has(&page, r#"<button form="form" name="sok" value="ok" class="primary">Save</button>"#);
    has(&page, r#"<a class="button" href="?func=paymethod">Cancel</a>"#);
}

#[test]
fn an_error_is_at_its_field() {
    let doc = paymethod("en", &[]).kid(error("value", "minamount", "The amount is wrong"));
    let page = page(Body::Error, doc);
    sound(&page);
    has(&page, r#"name="minamount" aria-describedby="e_minamount" aria-invalid="true""#);
    has(&page, r#"<p class="fault" id="e_minamount">The amount is wrong</p>"#);
    has(&page, r##"<li><a href="#f_minamount">Least amount</a>: The amount is wrong</li>"##);
    assert_eq!(attrs(&page, "aria-invalid"), ["true"]);
}

#[test]
fn an_error_of_no_field_is_above_the_form() {
    let page = page(Body::Form, paymethod("en", &[]).kid(error("limit", "paymethod", "Too many")));
    has(&page, "<p>Too many</p>");
    lacks(&page, "aria-invalid");
}

#[test]
fn what_is_stored_stays_chosen() {
    let mut doc = paymethod("en", &[]);
    doc.kids.iter_mut().filter(|kid| kid.name == "currency").for_each(|kid| kid.text = Some("99".into()));
    has(&page(Body::Form, doc), r#"<option value="99" selected>99</option>"#);
}

#[test]
fn a_wrong_date_can_be_mended() {
    let mut doc = paymethod("en", &[]);
    doc.kids.iter_mut().filter(|kid| kid.name == "fromdate").for_each(|kid| kid.text = Some("31 Jan".into()));
    has(&page(Body::Form, doc), r#"<input type="text" value="31 Jan" id="f_fromdate""#);
}

fn filter(buttons: Option<Node>) -> Node {
    let field = named("field", "number").kid(named("input", "number").attr("type", "text"));
    let mut form = Node::new("form").kid(named("page", "main").kid(field));
    form.kids.extend(buttons);
    let mut doc = doc("payment.filter", "en", &[("go", "Go on")], &[("plid", "3"), ("p_num", "2")]);
    doc.kids.insert(0, named("metadata", "payment.filter").attr("type", "form").kid(form));
    doc
}

#[test]
fn a_filter_can_be_emptied() {
    let page = page(Body::Form, filter(None));
    sound(&page);
    has(&page, r#"<button form="form" name="sok" value="ok" class="primary">Apply</button>"#);
    has(&page, r#"<button form="clear" name="sok" value="ok">Remove filter</button>"#);
    has(&page, r#"<input type="hidden" name="number" value="">"#);
    has(&page, r#"href="?func=payment&amp;elid=3&amp;p_num=2">Cancel</a>"#);
}

#[test]
fn declared_buttons_say_which_they_were() {
    let button = |name: &str, kind: &str| named("button", name).attr("type", kind);
    let buttons = Node::new("buttons").kid(button("go", "next")).kid(button("prev", "back"));
    let page = page(Body::Form, filter(Some(buttons)));
    has(&page, r#"name="sok" value="ok" class="primary" formaction="?clicked_button=go">Go on</button>"#);
    has(&page, r#"name="sback" value="ok" formnovalidate>prev</button>"#);
}

#[test]
fn hostile_values_are_text() {
    let mut doc = paymethod("en", &[("elid", HOSTILE)]);
    for kid in doc.kids.iter_mut().filter(|kid| kid.text.is_some()) {
        kid.text = Some(HOSTILE.into());
    }
    sound(&page(Body::Form, doc.kid(error("value", "name", HOSTILE))));
}

#[test]
fn a_filter_by_a_flag_has_three_answers() {
    let flag = named("field", "active").kid(named("input", "active").attr("type", "checkbox"));
    let kind = named("field", "kind").kid(named("select", "kind"));
    let form = Node::new("form").kid(named("page", "main").kid(flag).kid(kind));
    let mut doc = doc("payment.filter", "en", &[], &[]);
    doc.kids.insert(0, named("metadata", "payment.filter").attr("type", "form").kid(form));
    let val = Node::leaf("val", "New").attr("key", "1");
    let doc = doc
        .kid(named("slist", "kind").kid(val))
        .kid(Node::leaf("active", "off"))
        .kid(Node::leaf("kind", "1"));
    let page = page(Body::Form, doc);
    sound(&page);
    has(&page, r#"<form id="form" class="card" method="post" action="?" data-once>"#);
    has(&page, r#"<option value="off" selected>No</option>"#);
    has(&page, r#"<option value="1" selected>New</option>"#);
    assert_eq!(page.matches(r#"<option value="">—</option>"#).count(), 2);
}

#[test]
fn the_usual_buttons_are_ours() {
    let button = |name: &str| named("button", name).attr("type", name.to_owned());
    let page = page(Body::Form, filter(Some(Node::new("buttons").kid(button("ok")).kid(button("cancel")))));
    has(&page, r#"name="sok" value="ok" class="primary">Apply</button>"#);
    assert_eq!(page.matches(">Cancel</a>").count(), 1);
}
