//! The first page of every role: figures, plots with their tables, and nothing wider than a telephone.

use super::chromium::{Browser, Manner};
use crate::support::{Engine, World};

/// What is wrong with the plots of a page: no words for who does not see them, or no table behind.
const PLOTS: &str = r#"
    const faults = [];
    for (const plot of document.querySelectorAll("svg.plot")) {
        const named = (plot.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id));
        if (plot.getAttribute("role") !== "img" || named.length !== 2 || named.some((it) => !it || !it.textContent.trim()))
            faults.push("no words: " + plot.outerHTML.slice(0, 200));
        const part = plot.closest(".part");
        if (part && !part.querySelector("details.behind table tbody tr")) faults.push("no table: " + part.textContent.trim().slice(0, 80));
        const text = plot.querySelector("text");
        const size = text && plot.getBoundingClientRect().width / 360 * parseFloat(getComputedStyle(text).fontSize);
        if (text && size < 10) faults.push("too small: " + size);
    }
    for (const text of document.querySelectorAll("svg.plot text")) {
        const box = text.getBoundingClientRect(), plot = text.closest("svg").getBoundingClientRect();
        if (box.left < plot.left - 4 || box.right > plot.right + 4) faults.push("cut off: " + text.textContent);
    }
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) faults.push("scrolls sideways");
    if (document.querySelector("[style]")) faults.push("an inline style");
    return faults.join("\n");
"#;

fn look(manner: Manner) {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, manner) else { return };
    for (user, plots) in [("admin", 3), ("employee", 3), ("reseller", 1), ("client", 1)] {
        browser.clear_cookies();
        browser.sign_in(user);
        for theme in ["light", "dark"] {
            browser.go(&format!("func=desktop&theme={theme}"));
            let there = browser.ask("return document.querySelectorAll('svg.plot').length").as_i64();
            assert!(there >= Some(plots), "{user}: {there:?} plots");
            assert!(browser.has(".figure-value"), "{user} has figures");
            assert_eq!(browser.ask(PLOTS).as_str(), Some(""), "{user}, {theme}");
            assert_eq!(browser.complaints(), Vec::<String>::new(), "{user}, {theme}");
        }
    }
}

#[test]
fn first_pages_are_drawn() {
    look(Manner::Desktop);
}

#[test]
fn first_pages_fit_a_telephone() {
    look(Manner::Telephone);
}

/// A period is a link, and a plot stands above its list, too.
#[test]
fn a_period_is_chosen_without_a_script() {
    let world = World::new(Engine::Sqlite);
    let Some(browser) = Browser::open(&world, Manner::WithoutScript) else { return };
    browser.sign_in("admin");
    browser.go("func=desktop");
    browser.press(".choice a[href*='period=7']");
    assert_eq!(browser.words(".choice [aria-current]"), "7 days");
    browser.press("#part-dashboard-takings a");
    browser.find(".card.plots svg.plot");
    assert_eq!(browser.words(".choice [aria-current]"), "7 days");
    assert_eq!(browser.words("h1"), "Takings");
}
