//! Lists: filter, order, pages, columns, selection, confirmation.

use super::chromium::{Browser, Manner};
use crate::direct::tables;
use crate::support::{Engine, World, dom};

fn profiles(world: &World) {
    for nth in 0..60 {
        world.done("admin", &format!("func=enumeration.edit&name=Row%20{nth:02}&intname=row{nth:02}&sok=ok"));
    }
}

#[test]
fn a_list_is_filtered_ordered_and_paged() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    profiles(&world);
    browser.sign_in("admin");
    browser.go("func=enumeration&p_cnt=20");
    browser.fill("#search", "Row");
    browser.press(".search button");
    browser.until("a chip", || browser.has(".chip"));
    assert!(browser.words(".paging .quiet").ends_with("of 60"), "{}", browser.words(".paging"));
    browser.press_link("Name");
    browser.until("an order", || browser.has("th[aria-sort=descending]"));
    assert_eq!(browser.words("tbody tr:first-child th"), "Row 59");
    browser.press(".paging a[rel=next]");
    browser.until("a page", || browser.words(".paging [aria-current]") == "2");
    assert_eq!(browser.words("tbody tr:first-child th"), "Row 39");
    // The address says it all: another browser is shown the same.
    browser.reload();
    assert_eq!(browser.words("tbody tr:first-child th"), "Row 39");
    browser.press(".chip a");
    browser.until("no chip", || !browser.has(".chip"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn buttons_know_how_many_rows_are_ticked() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    profiles(&world);
    browser.sign_in("admin");
    browser.go("func=enumeration&filter=on&name=Row&p_cnt=20&p_col=%2Bname");
    let is_on = |button: &str| browser.has(&format!("button[value='{button}']:enabled"));
    assert!(!is_on("enumeration.edit") && !is_on("delete"), "nothing is ticked");
    browser.press("tbody tr:nth-child(1) input");
    assert!(is_on("enumeration.edit") && is_on("delete"));
    browser.press("tbody tr:nth-child(2) input");
    assert!(!is_on("enumeration.edit") && is_on("delete"), "one at a time is edited");
    browser.press("button[value='delete']");
    browser.find("button.danger");
    let page = browser.text();
    assert!(page.contains("Row 00") && page.contains("Row 01") && !page.contains("Row 02"), "{page}");
    browser.press("button.danger");
    browser.find("#rows");
    let back = browser.address();
    assert!(back.contains("filter=on") && back.contains("name=Row"), "back where one was: {back}");
    assert!(browser.words(".paging .quiet").ends_with("of 58"), "{}", browser.words(".paging"));
}

/// Each row is a call of its own on a page: what is refused keeps no other row, and is told by its name.
#[test]
fn rows_that_are_refused_keep_no_others() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    let payments = tables::rows(&world.app.db, "payment");
    let of_status = |status: &str| payments.iter().find(|row| row["status"] == status).expect("a payment");
    let (new, credited) = (of_status("1"), of_status("4"));
    browser.sign_in("admin");
    browser.go("func=payment&p_cnt=1000");
    for row in [new, credited] {
        browser.press(&format!("input[name=elids][value='{}']", row["id"]));
    }
    browser.press("button[value='delete']");
    browser.press("button.danger");
    let page = browser.words("main");
    assert!(page.contains("1 of 2 done") && page.contains(&credited["number"]), "{page}");
    let left = tables::ids(&world.app.db, "payment");
    assert!(!left.contains(&new["id"]) && left.contains(&credited["id"]));
    browser.press("main a.primary");
    assert!(browser.address().contains("func=payment&p_cnt=1000"), "{}", browser.address());
    // All or nothing for a program.
    let both = format!("func=payment.delete&elid={},{}", of_status("1")["id"], credited["id"]);
    assert_eq!(dom::find(&world.call("admin", &both), "/doc/error/@type"), ["value"]);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_filter_is_saved_under_a_name() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    profiles(&world);
    browser.sign_in("admin");
    browser.go("func=enumeration&filter=on&name=Row&p_cnt=20&p_num=2&p_col=-name");
    browser.press("details.saved summary");
    browser.fill("#save_as", "My \"rows\" <b>");
    browser.press("details.saved button");
    browser.until("the list again", || browser.has(".chip"));
    assert!(
        browser.address().contains("p_col=-name") && !browser.address().contains("p_num"),
        "{}",
        browser.address()
    );
    browser.go("func=enumeration");
    browser.press("details.saved summary");
    browser.press_link("My \"rows\" <b>");
    browser.until("the filter", || browser.has(".chip") && browser.has("details.saved [aria-current]"));
    assert!(browser.words(".paging .quiet").ends_with("of 60"), "{}", browser.words(".paging"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// A number beside an entry of the menu leads to the rows that it counts.
#[test]
fn the_menu_counts_what_waits() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    browser.sign_in("client");
    browser.go("func=payment");
    let count = browser.words(".menu [aria-current] + .waits");
    let count: usize = count.split_whitespace().last().and_then(|text| text.parse().ok()).expect("a number");
    browser.press(".menu [aria-current] + .waits");
    browser.until("the rows", || browser.has(".chip"));
    assert_eq!(
        browser.ask("return document.querySelectorAll('tbody tr').length").as_u64(),
        Some(count as u64)
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Staff are told what they have to confirm; the groups of the menu have signs that the page may load.
#[test]
fn staff_see_what_waits_for_them() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    world.done("admin", &format!("func=payment.setinpay&elid={}&sok=ok", world.id("client_payment")));
    browser.sign_in("admin");
    browser.go("func=payment");
    let count = browser.words(".menu [aria-current] + .waits");
    assert_eq!(count.split_whitespace().last(), Some("1"), "{count}");
    browser.press(".menu [aria-current] + .waits");
    browser.until("the rows", || browser.has(".chip"));
    assert!(browser.has(".menu summary .sign[aria-hidden=true] use"));
    let painted = "return document.querySelector('.menu [open] .sign use').getBBox().width > 0";
    browser.until("a sign", || browser.ask(painted) == true);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn columns_are_chosen() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    browser.sign_in("admin");
    browser.go("func=payment");
    let heads = || browser.ask("return document.querySelectorAll('thead th').length").as_u64();
    let before = heads().expect("a number");
    browser.ask("document.querySelectorAll('details.box').forEach((box) => box.open = true)");
    browser.press("input[name=p_columns][value=number]");
    browser.ask("document.querySelector('input[name=p_columns]').form.requestSubmit()");
    browser.until("a column less", || heads() == Some(before - 1));
    let address = browser.address();
    assert!(address.contains("p_columns="), "{address}");
}

/// At 360 pixels a row is a card: each value stands beside the title of its column, a program that
/// reads the page aloud still finds a table, and what sorts can be pressed.
#[test]
fn rows_are_cards_on_a_telephone() {
    let world = World::demo();
    let Some(browser) = Browser::open(&world, Manner::Telephone) else { return };
    browser.sign_in("admin");
    browser.go("func=payment&p_col=%2Bid");
    let cells = browser.ask(
        "return [...document.querySelectorAll('#rows tbody tr:first-child td:not(.tick, :empty)')].map((it) => \
         [getComputedStyle(it, '::before').content.replaceAll('\"', ''), \
          document.querySelectorAll('#rows thead th')[it.cellIndex].textContent.trim(), \
          it.getBoundingClientRect().right <= innerWidth, it.getBoundingClientRect().left])",
    );
    let cells = cells.as_array().expect("cells");
    assert!(cells.len() > 3, "{cells:?}");
    for cell in cells {
        assert!(cell[0] == cell[1] && cell[0] != "" && cell[2] == true && cell[3] == cells[0][3], "{cell}");
    }
    for (css, role) in [
        ("#rows table", "table"),
        ("#rows tbody tr", "row"),
        ("#rows tbody td:not(.tick, :empty)", "cell"),
        ("#rows tbody th", "rowheader"),
        ("#rows thead th", "columnheader"),
    ] {
        assert_eq!(browser.role(css), role, "{css}");
    }
    browser.press("#by_head_id");
    browser.until("the other order", || browser.has("#rows th[aria-sort=descending]"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// What does not fit beside the other buttons opens, and does what it says without a script.
#[test]
fn buttons_that_do_not_fit_are_in_a_menu() {
    let world = World::demo();
    let Some(browser) = Browser::open(&world, Manner::WithoutScript) else { return };
    browser.sign_in("admin");
    browser.go("func=payment");
    let height = browser.height("#rows .toolbar");
    assert!(height < 90.0, "two lines at most: {height}");
    assert!(!browser.text().contains("Filtered:"));
    browser.press("#rows tbody input");
    browser.press(".more-deeds summary");
    browser.press(".more-deeds button:last-child");
    browser.until("payments of that client alone", || browser.text().contains("Filtered:"));
}
