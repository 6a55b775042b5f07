//! Registering, and a new password by a letter, as a visitor does it.

use billmgr::outbox::worker;

use super::chromium::{Browser, Manner};
use crate::support::{Engine, World};

/// The query of the link in the newest letter.
fn link(world: &World) -> String {
    while worker::run_due(&world.app).expect("letters") > 0 {}
    let letter = world.letter();
    let (_, rest) = letter.split_once("/billmgr?").unwrap_or_else(|| panic!("no link: {letter}"));
    rest.split_whitespace().next().expect("a query").to_owned()
}

fn visit(manner: Manner) {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, manner) else { return };
    browser.go("func=logon");
    browser.press_link("Register");
    browser.find("#form");
    assert!(!browser.has(".api"), "nobody is shown how to call it as a user");
    browser.fill("#f_email", "anna@example.com");
    browser.fill("#f_passwd", "short");
    browser.fill("#f_confirm", "short");
    browser.fill("#f_realname", "Anna Ample");
    browser.press("button[name=sok]");
    browser.find("#f_passwd[aria-invalid=true]");
    assert_eq!(browser.value("#f_realname"), "Anna Ample", "what was typed is kept");
    browser.fill("#f_passwd", "long-enough");
    browser.fill("#f_confirm", "long-enough");
    browser.press("button[name=sok]");
    assert!(browser.words(".login .done").contains("You are registered"), "{}", browser.text());
    assert_eq!(browser.value("#f_username"), "anna@example.com");
    browser.fill("#f_password", "long-enough");
    browser.press(".login button");
    assert_eq!(browser.words(".user-name"), "anna@example.com");

    // The letter that came with it: its link changes nothing, its button does.
    let confirm = link(&world);
    browser.clear_cookies();
    browser.go(&confirm);
    assert_eq!(browser.value("#f_username"), "anna@example.com");
    assert_eq!(browser.words("button[name=sok]"), "Confirm");
    browser.press("button[name=sok]");
    assert!(browser.words(".login .done").contains("confirmed"), "{}", browser.text());

    browser.press_link("Forgot your password?");
    browser.fill("#f_email", "anna@example.com");
    browser.press("button[name=sok]");
    assert!(browser.words(".login .done").contains("letter"), "{}", browser.text());
    let change = link(&world);
    browser.go(&change);
    browser.fill("#f_password", "another-one");
    browser.fill("#f_confirm", "mistyped-one");
    browser.press("button[name=sok]");
    browser.find("#f_confirm[aria-invalid=true]");
    browser.fill("#f_password", "another-one");
    browser.fill("#f_confirm", "another-one");
    browser.press("button[name=sok]");
    assert_eq!(browser.value("#f_username"), "anna@example.com");
    browser.fill("#f_password", "another-one");
    browser.press(".login button");
    assert_eq!(browser.words(".user-name"), "anna@example.com");
    browser.clear_cookies();
    browser.go(&change);
    browser.fill("#f_password", "third-one");
    browser.press("button[name=sok]");
    assert!(browser.words("[role=alert]").contains("does not work"), "{}", browser.text());
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_visitor_registers_and_forgets_his_password() {
    visit(Manner::Desktop);
}

#[test]
fn the_same_without_script() {
    visit(Manner::WithoutScript);
}
