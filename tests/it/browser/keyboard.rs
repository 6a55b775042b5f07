//! The panel without a mouse: everything is reached, and one always sees where one is.

use thirtyfour::Key;

use super::chromium::{Browser, Manner};
use crate::support::seed::PASSWORD;
use crate::support::{Engine, World};

const STEPS_MAX: usize = 80;

/// What has the focus, which is seen by its outline.
const FOCUSED: &str = r#"
    const it = document.activeElement;
    if (!it || it === document.body) return "nothing";
    const style = getComputedStyle(it);
    if (it.id !== "main" && style.outlineStyle === "none" && style.boxShadow === "none") return "unseen " + it.outerHTML.slice(0, 99);
    return it.id || it.name + "=" + it.value || it.textContent;
"#;

fn focused(browser: &Browser) -> String {
    let focused = browser.ask(FOCUSED).as_str().unwrap_or_default().to_owned();
    assert!(!focused.starts_with("unseen"), "{focused}");
    focused
}

/// Goes on with a key until an element has the focus.
fn walk_to(browser: &Browser, key: Key, css: &str) {
    for _ in 0..STEPS_MAX {
        browser.types(key.clone());
        focused(browser);
        if browser.ask(&format!("return document.activeElement.matches({css:?})")) == true {
            return;
        }
    }
    panic!("{css} is not reached:\n{}", browser.text());
}

fn walk_back_to(browser: &Browser, css: &str) {
    for _ in 0..STEPS_MAX {
        browser.types(Key::Shift + Key::Tab);
        if browser.ask(&format!("return document.activeElement.matches({css:?})")) == true {
            return;
        }
    }
    panic!("{css} is not reached backwards:\n{}", browser.text());
}

#[test]
fn a_record_is_changed_without_a_mouse() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    for name in ["First", "Second"] {
        world.done("admin", &format!("func=enumeration.edit&name={name}&intname={name}&sok=ok"));
    }
    browser.go("func=logon");
    browser.types("admin");
    browser.types(Key::Tab);
    browser.types(PASSWORD);
    browser.types(Key::Enter);
    browser.find(".user-name");
    browser.keys("body", Key::Control + "k");
    browser.types("enumerations");
    browser.find("#found a");
    std::thread::sleep(std::time::Duration::from_secs(1)); // records are found a moment after pages
    browser.types(Key::Down);
    browser.types(Key::Enter);
    browser.until("the list", || browser.has("#rows"));
    // Order by name: the head of the column keeps the focus through the swap.
    walk_to(&browser, Key::Tab, "#by_head_name");
    browser.types(Key::Enter);
    browser.until("an order", || browser.address().contains("p_col"));
    browser.until("the focus is kept", || focused(&browser) == "by_head_name");
    walk_to(&browser, Key::Tab, "input[name=elids]");
    browser.types(" ");
    walk_back_to(&browser, "button[value='enumeration.edit']");
    browser.types(Key::Enter);
    browser.until("the form", || browser.has("#form"));
    walk_to(&browser, Key::Tab, "#f_name");
    browser.types(Key::End);
    browser.types(" by keys");
    browser.types(Key::Enter);
    browser.until("the list again", || browser.has("#rows"));
    assert!(browser.text().contains("by keys"), "{}", browser.text());
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// A condition that is taken away takes its link along; the focus goes on in what it changed.
#[test]
fn the_focus_is_not_lost_with_what_is_gone() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    browser.sign_in("admin");
    browser.go("func=account&filter=on&name=c");
    walk_to(&browser, Key::Tab, ".chip a");
    browser.types(Key::Enter);
    browser.until("no condition", || !browser.has(".chip"));
    browser.until("the focus is somewhere", || focused(&browser) != "nothing");
}
