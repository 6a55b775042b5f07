//! Forms: errors, values that are kept, presses that come twice, hostile texts.

use super::chromium::{Browser, Manner};
use crate::support::{Engine, World};

const HOSTILE: [&str; 3] = [
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "</textarea><svg/onload=alert(1)>{{7*7}}javascript:alert(1)",
];

/// Opens a form of the client's own.
fn form(world: &World, browser: &Browser) -> String {
    browser.sign_in("client");
    let query = format!("func=profile.edit&elid={}", world.id("client_profile"));
    browser.go(&query);
    query
}

#[test]
fn an_error_is_corrected() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    browser.sign_in("client");
    browser.go("func=usrparam");
    browser.fill("#f_realname", "Anna Ample");
    browser.fill("#f_timezone", "Nowhere/Land");
    browser.press("button[name=sok]");
    browser.find("#f_timezone[aria-invalid=true]");
    assert!(browser.has(".error a[href='#f_timezone']"), "a summary leads there");
    assert_eq!(browser.value("#f_realname"), "Anna Ample", "what was typed is kept");
    browser.fill("#f_timezone", "Europe/Riga");
    browser.press("button[name=sok]");
    browser.until("it is saved", || !browser.has("[aria-invalid]") && browser.has("main"));
    browser.go("func=usrparam");
    assert_eq!(browser.value("#f_realname"), "Anna Ample");
    assert_eq!(browser.value("#f_timezone"), "Europe/Riga");
}

/// The second press of a button finds the form saved, whether a script stops it or not.
#[test]
fn a_form_is_saved_once() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    browser.sign_in("admin");
    browser.go("func=enumeration.edit");
    browser.fill("#f_name", "Only one");
    browser.fill("#f_intname", "only_one");
    browser.ask(
        "const form = document.getElementById('form'); const body = new URLSearchParams(new FormData(form)); \
         body.set('sok', 'ok'); window.both = Promise.all([0, 1, 2].map(() => fetch(form.action, {method: 'POST', body}))); \
         window.both.then(() => document.title = 'sent')",
    );
    browser.until("three answers", || browser.ask("return document.title") == "sent");
    let doc = world.done("admin", "func=enumeration&filter=on&name=Only%20one");
    assert_eq!(crate::support::dom::nodes(&doc, "/doc/elem").len(), 1);
}

#[test]
fn a_stale_form_says_so_and_keeps_what_was_typed() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    let query = form(&world, &browser);
    world.done("admin", &format!("{query}&name=By%20another&sok=ok"));
    browser.fill("#f_name", "Mine");
    browser.press("button[name=sok]");
    assert!(browser.words("[role=alert]").contains("admin"), "{}", browser.text());
    assert_eq!(browser.value("#f_name"), "Mine");
    assert_eq!(world.done("admin", &query).get_text("name"), Some("By another"));
    browser.press("button[name=sok]");
    browser.until("the list", || !browser.has("#form"));
    assert_eq!(world.done("admin", &query).get_text("name"), Some("Mine"));
}

#[test]
fn a_session_may_end_in_the_middle_of_a_form() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    let query = form(&world, &browser);
    browser.fill("#f_name", "Typed before");
    browser.clear_cookies();
    browser.press("button[name=sok]");
    browser.fill("#f_username", "client");
    browser.fill("#f_password", crate::support::seed::PASSWORD);
    browser.press(".login button");
    browser.find("#form");
    assert_eq!(browser.value("#f_name"), "Typed before");
    assert_ne!(
        world.done("client", &query).get_text("name"),
        Some("Typed before"),
        "nothing is saved unseen"
    );
    browser.press("button[name=sok]");
    browser.until("the list", || !browser.has("#form"));
    assert_eq!(world.done("client", &query).get_text("name"), Some("Typed before"));
}

/// A page of another site has a form for ours, and somebody presses its button.
#[test]
fn another_site_posts_in_vain() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    let query = form(&world, &browser);
    let url = world.url();
    browser.visit(&format!(
        "data:text/html,<form method=post action='{url}'><input name=func value=profile.edit><input name=elid \
         value={}><input name=name value=Forged><input name=sok value=ok><button>Win</button></form>",
        world.id("client_profile")
    ));
    browser.press("button");
    browser.until("an answer of ours", || browser.address().starts_with(&url));
    assert_ne!(world.done("client", &query).get_text("name"), Some("Forged"));
    browser.go(&query);
    assert!(browser.has("#form #f_name"), "and he is still signed in");
}

/// An alert, or a script that the policy stopped, would be among the complaints or stop the driver.
#[test]
fn hostile_texts_are_texts() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    browser.sign_in("admin");
    let profile = world.id("client_profile").to_owned();
    for text in HOSTILE {
        let typed: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        world.done("admin", &format!("func=profile.edit&elid={profile}&name={typed}&sok=ok"));
        world.done("client", &format!("func=usrparam&realname={typed}&sok=ok"));
        let pages = [
            format!("func=profile.edit&elid={profile}"),
            "func=profile".to_owned(),
            format!("func=profile&filter=on&name={typed}&p_columns={typed}"),
            format!("func=profile.edit&elid={typed}"),
            format!("func={typed}&lang={typed}&theme={typed}"),
            format!("func=menu&q={typed}"),
            format!("func=profile.history&elid={profile}"),
            "func=user".to_owned(),
        ];
        for page in pages {
            browser.go(&page);
            assert_eq!(browser.complaints(), Vec::<String>::new(), "{page}");
        }
        browser.go("func=profile");
        assert!(browser.text().contains(text), "shown as it is");
    }
}
