//! Pages of single records, and the search that leads to them.

use thirtyfour::Key;

use super::chromium::{Browser, Manner};
use crate::support::{Engine, World};

/// Without the mouse: Ctrl+K, a name, down, Enter; then a tab, and acting as the client.
#[test]
fn a_client_is_found_looked_at_and_entered() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    browser.sign_in("admin");
    browser.keys("body", Key::Control + "k");
    browser.keys("#find", "name of client2");
    browser.find("#found [aria-label=Records] a");
    assert_eq!(browser.ask("return document.querySelector('#find').getAttribute('aria-expanded')"), "true");
    assert_eq!(browser.words("#found-count"), "Found: 1");
    browser.keys("#find", Key::Down);
    let active = browser.ask("return document.querySelector('#find').getAttribute('aria-activedescendant')");
    assert_eq!(active, "hit-0");
    assert!(browser.has("#hit-0[aria-selected=true]"));
    browser.keys("#find", Key::Enter);
    browser.until("the client", || browser.words("h1").starts_with("Name of client2"));
    assert!(browser.words(".card-state").contains("Enabled"), "{}", browser.text());
    assert_eq!(browser.words(".tabs [aria-current=page]"), "Money");
    browser.press_link("Payments");
    browser.until("the tab", || browser.words(".tabs [aria-current=page]") == "Payments");
    assert!(browser.address().contains("tab=payments"), "{}", browser.address());
    browser.press(".tools button[value='account.su']");
    browser.find(".acting");
    assert_eq!(browser.words(".user-name"), "client2");
    browser.press(".acting button");
    browser.until("the way back", || !browser.has(".acting") && browser.has(".user-name"));
    assert_eq!(browser.words(".user-name"), "admin");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// A button that is hard to undo asks first, does it, and shows the record again.
#[test]
fn a_card_asks_and_comes_back() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    browser.sign_in("admin");
    browser.go("func=account");
    browser.press_link("Name of client");
    browser.until("the client", || browser.words("h1").starts_with("Name of client"));
    let disable = "a[href*='sure=suspend']";
    browser.press(disable);
    browser.press(".sure button");
    browser.until("it is done", || browser.words(".card-state").contains("Disabled"));
    assert!(browser.address().contains("func=account.card"), "{}", browser.address());
    assert!(!browser.has(disable) && browser.has("a[href*='sure=resume']"));
    browser.press(".tools a[href*='account.edit']");
    browser.find("#f_name");
    browser.fill("#f_name", "Another name");
    browser.press("button[name=sok]");
    browser.until("the card again", || browser.words("h1").starts_with("Another name"));
    assert!(browser.words(".timeline").contains("Change"), "{}", browser.words(".timeline"));
}

/// What belongs to a client leads on, and back to him.
#[test]
fn cards_lead_to_each_other() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    browser.sign_in("admin");
    browser.go(&format!("func=account.card&elid={}&tab=payments", world.id("client")));
    browser.press(".belongs tbody th a");
    browser.until("a payment", || browser.address().contains("func=payment.card"));
    assert!(browser.words("h1").contains("SEED-"), "{}", browser.words("h1"));
    browser.press_link("Name of client");
    browser.until("the client", || browser.address().contains("func=account.card"));
    browser.press_link("Services");
    browser.press(".belongs tbody th a");
    browser.until("a service", || browser.words("h1").starts_with("client.example.com"));
    browser.go("func=vds");
    browser.press_link("client2.example.com");
    browser.until("the service", || browser.address().contains("func=service.card"));
}

/// On a telephone, as a client, nothing is wider than the window.
#[test]
fn cards_fit_a_telephone() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Telephone) else { return };
    browser.sign_in("client");
    for card in [("service", "client_service"), ("payment", "client_paid"), ("user", "client_user")] {
        browser.go(&format!("func={}.card&elid={}", card.0, world.id(card.1)));
        browser.find("dl.figures");
        let wide = browser.ask("const it = document.documentElement; return it.scrollWidth > it.clientWidth");
        assert_eq!(wide, false, "{}", card.0);
    }
    browser.keys("#find", "client.example");
    browser.find("#found [aria-label=Records] a");
    browser.keys("#find", Key::Escape);
    assert!(browser.has("#found[hidden]"));
}

/// A search without script has a page, and cards need none.
#[test]
fn cards_need_no_script() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::WithoutScript) else { return };
    browser.sign_in("client");
    browser.fill("#find", "client.example");
    browser.keys("#find", Key::Enter);
    browser.press_link("client.example.com");
    browser.find("dl.figures");
    assert!(!browser.has("#found a"), "no script runs");
}
