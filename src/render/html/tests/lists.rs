use super::samples::{HOSTILE, named, payments, render};
use super::{attrs, has, lacks, sound};
use crate::doc::Node;

fn list(params: &[(&str, &str)]) -> String {
    render(&payments("en", params), &["Anna", "Bela"])
}

#[test]
fn rows_can_be_ticked_and_opened() {
    let page = list(&[]);
    sound(&page);
    has(&page, r#"<input type="checkbox" name="elids" value="101" aria-label="Select pfx/101">"#);
    has(&page, r#"<th scope="row"><a href="?func=payment.edit&amp;elid=101">pfx/101</a></th>"#);
    has(&page, r#"<td class="number">124690.56 EUR</td>"#);
    has(&page, r#"<td><span class="state state-green">Credited</span></td>"#);
    has(&page, "<td>Yes</td>");
    has(&page, r#"<td class="day">2026-01-01</td>"#);
    lacks(&page, "<td>77</td>");
}

#[test]
fn buttons_post_what_changes_and_get_what_opens() {
    let page = list(&[]);
    has(&page, r#"<button name="func" value="payment.edit" data-needs="one" formmethod="get">Edit</button>"#);
    has(&page, r#"<button name="func" value="payment.suspend" data-needs="some">Suspend</button>"#);
    let delete =
        r#"<button name="ask" value="delete" formaction="?func=payment" data-needs="some" class="warns">"#;
    has(&page, delete);
    has(&page, r#"href="?func=payment.edit">Add</a>"#);
    let (form, before) =
        (page.find("<button type=\"submit\" disabled hidden>"), page.find("value=\"payment.edit\""));
    assert!(form.is_some() && form < before, "the Enter key must press nothing");
}

#[test]
fn a_column_sorts_and_turns() {
    let page = list(&[]);
    has(
        &page,
        r#"class="number" aria-sort="ascending"><a id="by_head_id" href="?func=payment&amp;p_col=-id">Code</a>"#,
    );
    has(&page, r#"<a id="by_head_sender" href="?func=payment&amp;p_col=%2Bsender">Payer</a>"#);
    assert_eq!(attrs(&page, "aria-sort"), ["ascending"]);
    let mut answer = payments("en", &[]);
    answer
        .doc
        .kids
        .iter_mut()
        .filter(|kid| kid.name == "p_order")
        .for_each(|kid| kid.text = Some("desc".into()));
    let page = render(&answer, &["Anna"]);
    has(&page, r#"aria-sort="descending"><a id="by_head_id" href="?func=payment&amp;p_col=%2Bid">"#);
}

#[test]
fn pages_keep_sort_and_filter() {
    let page = list(&[("filter", "on"), ("p_col", "-id"), ("p_num", "3"), ("sender", "a&b")]);
    let kept = "?func=payment&amp;filter=on&amp;p_col=-id&amp;sender=a%26b";
    for number in [1, 2, 4, 5, 10] {
        has(&page, &format!("href=\"{kept}&amp;p_num={number}\""));
    }
    lacks(&page, "p_num=6\"");
    has(&page, "101–102 of 480");
    has(&page, r#"aria-current="page" aria-label="Page 3 of 10">3</a>"#);
    has(&page, r#"<option selected>50</option>"#);
    has(&page, "Payer: a&amp;b");
    has(&page, r#"<a class="button small" href="?func=payment&amp;p_col=-id">Remove filter</a>"#);
}

#[test]
fn the_total_may_be_open() {
    let mut answer = payments("en", &[]);
    for kid in &mut answer.doc.kids {
        match kid.name.as_ref() {
            "p_elems" => kid.text = Some("10,000+".into()),
            "p_num" => kid.text = Some("200".into()),
            "p_cnt" => kid.text = Some("2".into()),
            _ => (),
        }
    }
    let page = render(&answer, &["Anna", "Bela"]);
    has(&page, "399–400 of 10,000+");
    has(&page, "p_num=5000\">5000</a>");
}

#[test]
fn a_quick_search_filters_by_the_naming_column() {
    let page = list(&[("filter", "on"), ("number", "pfx"), ("p_cnt", "20"), ("p_num", "2")]);
    has(&page, r#"<input type="hidden" name="p_cnt" value="20">"#);
    has(&page, r#"<input type="hidden" name="filter" value="on">"#);
    has(&page, r#"<label for="search" class="hidden">Number</label>"#);
    has(&page, r#"<input id="search" type="search" name="number" value="pfx" placeholder="Number">"#);
}

#[test]
fn rows_of_a_parent_send_its_id() {
    let page = list(&[("elid", "9")]);
    has(&page, r#"<input type="hidden" name="plid" value="9">"#);
    has(&page, "?func=payment.edit&amp;elid=101&amp;plid=9");
    has(&page, r#"href="?func=payment.edit&amp;plid=9">Add</a>"#);
    has(&page, "?func=payment&amp;elid=9&amp;p_num=4");
}

#[test]
fn a_stored_filter_can_be_removed() {
    let mut answer = payments("en", &[]);
    answer.doc.kids.push(Node::leaf("p_filter", "on"));
    let page = render(&answer, &[]);
    has(&page, r#"<input type="hidden" name="func" value="payment.filter">"#);
    has(&page, "Nothing matches the filter.");
    lacks(&page, "With the selected");
    sound(&page);
}

#[test]
fn hostile_values_are_text() {
    let params = [("filter", "on"), ("number", HOSTILE), (HOSTILE, HOSTILE)];
    let page = render(&payments("en", &params), &[HOSTILE]);
    sound(&page);
    has(&page, "&quot;&gt;&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;&amp;amp;");
}

#[test]
fn entering_as_a_client_is_no_link() {
    let mut answer = payments("en", &[]);
    let su = |node: &mut Node| {
        *node = named("toolbar", "").kid(
            named("toolgrp", "main")
                .kid(named("toolbtn", "su").attr("func", "account.su").attr("type", "edit")),
        );
    };
    answer.doc.kids[0].kids.iter_mut().filter(|kid| kid.name == "toolbar").for_each(su);
    let page = render(&answer, &["Anna"]);
    has(&page, r#"<button name="func" value="account.su" data-needs="one">su</button>"#);
    lacks(&page, "?func=account.su");
}

#[test]
fn what_is_hard_to_undo_is_asked_first() {
    let page = list(&[("filter", "on"), ("sender", "x"), ("ask", "delete"), ("asked", "102, 7")]);
    sound(&page);
    has(&page, "Delete the selected payments?");
    has(&page, r#"<input type="hidden" name="elids" value="102">"#);
    has(&page, "pfx/102");
    lacks(&page, "pfx/101");
    has(&page, r#"<button name="func" value="payment.delete" class="danger">Delete</button>"#);
    has(&page, r#"<a class="button" href="?func=payment&amp;filter=on&amp;sender=x">Cancel</a>"#);
    has(&list(&[("ask", "delete"), ("asked", "")]), "No row was selected.");
    lacks(&list(&[("ask", "edit"), ("asked", "102")]), "No row was selected.");
}

#[test]
fn columns_are_chosen_by_the_address() {
    let page = list(&[("p_columns", "sender, nothing")]);
    assert_eq!(page.matches("<th scope=\"col\"").count(), 2, "the tick and the payer");
    has(&page, r#"<a class="button" href="?func=payment">All columns</a>"#);
    assert!(list(&[("p_columns", "nothing")]).matches("<th scope=\"col\"").count() > 5);
}

#[test]
fn a_program_can_have_the_same() {
    let page = list(&[("filter", "on"), ("p_num", "3"), ("sender", "it's")]);
    // A file is of all rows, not of the page.
    let file = r#"href="?func=payment&amp;filter=on&amp;sender=it%27s&amp;out=csv&amp;p_cnt=all" download="payment.csv""#;
    has(&page, file);
    has(
        &page,
        "mgrctl -m billmgr -o json payment filter=on p_num=3 &#x27;sender=it&#x27;\\&#x27;&#x27;s&#x27;",
    );
    lacks(&page, "authinfo=admin");
}
