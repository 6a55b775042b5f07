//! Pages that are none, or none for who asks; and what the first one of a visitor weighs.

use super::chromium::{Browser, Manner};
use crate::support::{Engine, World};

/// Says in words what is wrong, and leads on: by its own link, and by the menu.
fn is_led_on(browser: &Browser, page: &str) {
    browser.go(page);
    let said = browser.words("[role=alert]");
    assert!(said.len() > 10, "{page}: {said}");
    assert_eq!(browser.words("main [role=alert]"), said, "{page}");
    assert!(browser.has("#menu a[href]") && browser.has(".user-name"), "{page}: {}", browser.text());
    browser.press("main a[href]");
    browser.until("a page with no error", || browser.has("h1") && !browser.has("[role=alert]"));
    assert_eq!(browser.complaints(), Vec::<String>::new(), "{page}");
}

fn lost(manner: Manner) {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, manner) else { return };
    browser.sign_in("client");
    is_led_on(&browser, "func=no.such.page");
    is_led_on(&browser, "func=%3Cb%3E&elid=1");
    // Of staff; of another client; of nobody.
    is_led_on(&browser, "func=currency.edit&elid=1");
    is_led_on(&browser, &format!("func=profile.edit&elid={}", world.id("client2_profile")));
    is_led_on(&browser, "func=profile.edit&elid=987654321");
}

#[test]
fn who_is_lost_is_led_on() {
    lost(Manner::Desktop);
}

#[test]
fn who_is_lost_is_led_on_without_script() {
    lost(Manner::WithoutScript);
}

/// A right that was taken away while the form was open: it is refused, and nothing is changed.
#[test]
fn a_right_may_end_in_the_middle_of_a_form() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    let user = world.id("employee_user");
    for func in ["profile", "profile.edit"] {
        world.done("admin", &format!("func=userrights.resume&plid={user}&elid={func}"));
    }
    browser.sign_in("employee");
    let query = format!("func=profile.edit&elid={}", world.id("client_profile"));
    let name = || world.done("admin", &query).get_text("name").map(str::to_owned);
    let before = name();
    browser.go(&query);
    browser.fill("#f_name", "Too late");
    world.done("admin", &format!("func=userrights.suspend&plid={user}&elid=profile.edit"));
    browser.press("button[name=sok]");
    assert!(browser.words("[role=alert]").len() > 10, "{}", browser.text());
    assert_eq!(name(), before);
}

/// Issue 7, Speed: a visitor with an empty cache waits for 100 kB at most, 60 kB of them files.
#[test]
fn the_first_page_of_a_visitor_is_light() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    browser.go("func=logon");
    let weights = browser.ask(
        "return ['navigation', 'resource'].map((kind) => performance.getEntriesByType(kind).map((it) => it.transferSize))",
    );
    let of_kind = |at: usize| -> Vec<u64> {
        let sizes = weights[at].as_array().expect("sizes").iter();
        sizes.map(|size| size.as_u64().expect("a size")).collect()
    };
    let (page, files) = (of_kind(0), of_kind(1));
    // The icon is asked for twice, and comes from the cache then.
    let came = files.iter().filter(|size| **size > 0).count();
    assert!(page.len() == 1 && page[0] > 0 && came >= 4, "from no cache: {weights}");
    let (page, files): (u64, u64) = (page.iter().sum(), files.iter().sum());
    println!("{page} bytes of page, {files} bytes of files");
    assert!(files <= 60_000 && page + files <= 100_000, "{page} + {files}");
}
