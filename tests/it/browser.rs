//! The panel in a real browser. What the engine behind it is makes no difference to it, so these
//! tests run on SQLite alone.

mod astray;
mod chromium;
mod desk;
mod factor;
mod forms;
mod hostile;
mod journey;
mod keyboard;
mod lists;
mod long;
mod object;
mod pages;
mod ways;

use crate::support::{Engine, World};
use chromium::{Browser, Manner};

/// A world and a browser at its panel; the test is over where there is no browser.
macro_rules! browser {
    ($world:ident, $browser:ident, $manner:ident) => {
        let $world = World::new(Engine::Sqlite);
        let Some($browser) = Browser::open(&$world, Manner::$manner) else { return };
    };
}

#[test]
fn signing_in_and_out() {
    browser!(world, browser, Desktop);
    let _ = &world;
    browser.go("func=logon");
    browser.fill("#f_username", "client");
    browser.fill("#f_password", "not this");
    browser.press(".login button");
    browser.find("[role=alert]");
    assert_eq!(browser.value("#f_username"), "client");
    assert_eq!(browser.value("#f_password"), "");
    browser.sign_in("client");
    assert_eq!(browser.words(".user-name"), "client");
    assert!(browser.words(".balance").contains("EUR"), "{}", browser.words(".balance"));
    browser.press(".user summary");
    browser.press(".user button");
    browser.find("#f_password");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Whose session has ended signs in and is where he wanted to go.
#[test]
fn a_link_survives_signing_in() {
    browser!(world, browser, Desktop);
    browser.go(&format!("func=profile.edit&elid={}", world.id("client_profile")));
    browser.fill("#f_username", "client");
    browser.fill("#f_password", crate::support::seed::PASSWORD);
    browser.press(".login button");
    browser.find("#form #f_name");
}

#[test]
fn acting_as_a_client_and_coming_back() {
    browser!(world, browser, Desktop);
    browser.sign_in("admin");
    browser.go("func=account");
    let row = format!("input[name=elids][value='{}']", world.id("client"));
    assert!(!browser.has(".acting"));
    browser.press(&row);
    browser.press("button[value='account.su']");
    assert!(browser.words(".acting").contains("client"), "{}", browser.text());
    assert_eq!(browser.words(".user-name"), "client");
    browser.press(".acting button");
    browser.until("the way back", || !browser.has(".acting") && browser.has(".user-name"));
    assert_eq!(browser.words(".user-name"), "admin");
}

#[test]
fn a_theme_and_a_language_stay() {
    browser!(world, browser, Desktop);
    let _ = &world;
    browser.sign_in("admin");
    let paper = || browser.ask("return getComputedStyle(document.body).backgroundColor").to_string();
    for (theme, other) in [("dark", "light"), ("light", "dark")] {
        browser.go(&format!("func=payment&theme={other}"));
        let before = paper();
        browser.go(&format!("func=payment&theme={theme}"));
        assert_ne!(paper(), before);
        browser.go("func=expense");
        assert!(browser.has(&format!("html[data-theme={theme}]")), "{theme} stays");
    }
    browser.go("func=payment&lang=ru");
    browser.go("func=payment");
    assert!(browser.has("html[lang=ru]"));
    assert!(browser.words("h1").contains("Платежи"), "{}", browser.words("h1"));
}

/// Ctrl+K, some letters, and on.
#[test]
fn functions_are_found_by_name() {
    browser!(world, browser, Desktop);
    let _ = &world;
    browser.sign_in("admin");
    browser.keys("body", thirtyfour::Key::Control + "k");
    browser.keys("#find", "currency r");
    assert_eq!(browser.words("#found a"), "Currency rates");
    browser.keys("#find", thirtyfour::Key::Down);
    browser.keys("#find", thirtyfour::Key::Enter);
    browser.until("the list", || browser.words("h1") == "Currency rates");
}

#[test]
fn everything_works_without_script() {
    browser!(world, browser, WithoutScript);
    browser.sign_in("admin");
    assert!(!browser.has("html.script"), "no script runs");
    browser.fill("#find", "currency");
    browser.keys("#find", thirtyfour::Key::Enter);
    browser.press_link("Currency rates");
    browser.go("func=account");
    browser.press(&format!("input[name=elids][value='{}']", world.id("client")));
    browser.press("button[value='account.edit']");
    browser.find("#form");
    browser.go(&format!("func=profile.edit&elid={}", world.id("client_profile")));
    browser.fill("#f_name", "Without script");
    browser.press("button[name=sok]");
    browser.until("the list", || !browser.has("#form"));
    let profile = world.done("admin", &format!("func=profile.edit&elid={}", world.id("client_profile")));
    assert_eq!(profile.get_text("name"), Some("Without script"));
}
