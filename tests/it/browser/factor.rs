//! Two-step sign-in as somebody at a page uses it.

use super::chromium::{Browser, Manner};
use crate::factor::code;
use crate::support::seed::PASSWORD;
use crate::support::{Engine, World};
use billmgr::time::SECOND_US;

fn sign_out(browser: &Browser) {
    browser.press(".user summary");
    browser.press(".user button");
    browser.find("#f_password");
}

/// Up to the page that asks for the code.
fn with_password(browser: &Browser, query: &str) {
    browser.go(query);
    browser.fill("#f_username", "client");
    browser.fill("#f_password", PASSWORD);
    browser.press(".login button");
    browser.find("#f_qrcode");
    assert!(!browser.has(".user-name"), "nobody is signed in yet");
    assert_eq!(browser.words("button[name=sok]"), "Sign in");
}

fn enter(browser: &Browser, code: &str) {
    browser.fill("#f_qrcode", code);
    browser.press("button[name=sok]");
}

/// Reads the secret, switches it on, and answers it with the recovery codes.
fn switch_on(world: &World, browser: &Browser) -> (String, Vec<String>) {
    browser.sign_in("client");
    browser.go("func=totp");
    browser.press("a[href*='func=totp.new']");
    browser.find("img#f_qrimage");
    browser.until("the picture", || {
        browser.ask("return document.getElementById('f_qrimage').naturalWidth") != 0
    });
    let secret = browser.value("#f_secret");
    browser.fill("#f_old_passwd", PASSWORD);
    enter(browser, "000000");
    browser.find("#f_qrcode[aria-invalid=true]");
    assert_eq!(browser.value("#f_secret"), secret, "the app need not be told again");
    browser.fill("#f_old_passwd", PASSWORD);
    enter(browser, &code(world, &secret, 0));
    browser.find(".done");
    let cells =
        browser.ask("return [...document.querySelectorAll('main td')].map((it) => it.textContent.trim())");
    let codes: Vec<String> =
        cells.as_array().into_iter().flatten().filter_map(|it| Some(it.as_str()?.to_owned())).collect();
    assert_eq!(codes.len(), 10, "{codes:?}");
    (secret, codes)
}

fn in_two_steps(manner: Manner) {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, manner) else { return };
    let (secret, codes) = switch_on(&world, &browser);
    sign_out(&browser);
    world.clock.advance_us(30 * SECOND_US);

    with_password(&browser, "func=logon");
    enter(&browser, "000000");
    browser.find("#f_qrcode[aria-invalid=true]");
    enter(&browser, &code(&world, &secret, 0));
    browser.find(".user-name");
    assert_eq!(browser.words(".user-name"), "client");
    sign_out(&browser);

    let wanted = format!("func=profile.edit&elid={}", world.id("client_profile"));
    with_password(&browser, &wanted);
    enter(&browser, &codes[0]);
    browser.find("#form #f_name");
    sign_out(&browser);

    with_password(&browser, &wanted);
    browser.go("func=payment");
    browser.find("#f_qrcode");
    browser.press_link("Cancel");
    browser.find("#f_password");
    with_password(&browser, "func=logon");
    world.clock.advance_us(301 * SECOND_US);
    enter(&browser, &codes[1]);
    browser.find("#f_password");
    assert!(browser.has("[role=alert]"), "{}", browser.text());
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_second_step() {
    in_two_steps(Manner::Desktop);
}

#[test]
fn a_second_step_without_script() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::WithoutScript) else { return };
    let (secret, _) = crate::factor::switch_on(&world, "client");
    with_password(&browser, "func=payment");
    enter(&browser, &code(&world, &secret, 0));
    browser.find(".user-name");
    assert!(browser.address().contains("func=payment"), "{}", browser.address());
}
