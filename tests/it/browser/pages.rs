//! What holds for every page of the registry.

use super::chromium::{Browser, Manner};
use crate::support::World;
use crate::sweep;

/// Each function once: the first query that names it, with a record where there is one.
fn pages(world: &World) -> Vec<String> {
    let mut pages: Vec<String> = Vec::new();
    for query in sweep::reads(world) {
        let func = query.split('&').next().unwrap_or_default();
        if !pages.iter().any(|page| page.split('&').next() == Some(func)) {
            pages.push(query);
        }
    }
    pages
}

/// Names of controls that nothing labels, what is wider than the window, ids that stand twice.
const FAULTS: &str = r#"
    const faults = [];
    const named = (it) => it.labels && it.labels.length && [...it.labels].some((label) => label.textContent.trim());
    for (const it of document.querySelectorAll("input:not([type=hidden]), select, textarea, output")) {
        if (!named(it) && !it.getAttribute("aria-label")) faults.push("no label: " + it.outerHTML.slice(0, 200));
    }
    for (const it of document.querySelectorAll("button:not([hidden]), a[href], summary")) {
        if (!it.textContent.trim() && !it.getAttribute("aria-label")) faults.push("no words: " + it.outerHTML.slice(0, 200));
    }
    for (const it of document.querySelectorAll("img:not([alt])")) faults.push("no alt: " + it.outerHTML);
    const ids = [...document.querySelectorAll("[id]")].map((it) => it.id);
    ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => faults.push("twice: " + id));
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
        const wide = [...document.body.querySelectorAll("*")].filter((it) =>
            it.getBoundingClientRect().right > root.clientWidth && !it.closest(".scroll"));
        faults.push("scrolls sideways: " + (wide.pop() || root).outerHTML.slice(0, 200));
    }
    if (document.querySelectorAll("h1").length !== 1 || document.querySelectorAll("main").length !== 1) faults.push("not one heading or not one main");
    if (!root.lang || !document.title) faults.push("no language or no title");
    return faults.join("\n");
"#;

/// Texts that stand out too little from what is behind them (WCAG 2.2, 1.4.3).
const CONTRAST: &str = r#"
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const rgba = (color) => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const behind = (it) => {
        const layers = [];
        for (; it; it = it.parentElement) {
            const color = rgba(getComputedStyle(it).backgroundColor);
            if (color[3]) layers.push(color);
            if (color[3] === 255) break;
        }
        let under = layers.length && layers[layers.length - 1][3] === 255 ? layers.pop() : [255, 255, 255, 255];
        for (const over of layers.reverse()) under = under.map((c, at) => c + (over[at] - c) * over[3] / 255);
        return under;
    };
    const light = (color) => {
        const [r, g, b] = color.map((c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const faults = new Set();
    const ratio_of = (one, other) => {
        const [more, less] = [light(one), light(other)].sort((a, b) => b - a);
        return (more + .05) / (less + .05);
    };
    for (const it of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
        const style = getComputedStyle(it), box = it.getBoundingClientRect();
        if (box.width < 2 || it.disabled || it.closest("[hidden]") || style.borderTopStyle === "none") continue;
        const ratio = ratio_of(rgba(style.borderTopColor), behind(it.parentElement));
        if (ratio < 3) faults.add("border " + ratio.toFixed(2) + ": " + it.outerHTML.slice(0, 80));
    }
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text; (text = walk.nextNode());) {
        const it = text.parentElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
        if (!text.data.trim() || box.width < 2 || style.visibility === "hidden" || it.closest(":disabled")) continue;
        const [one, other] = [light(rgba(style.color)), light(behind(it))].sort((a, b) => b - a);
        const ratio = (one + .05) / (other + .05);
        const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && style.fontWeight >= 700);
        if (ratio < (large ? 3 : 4.5)) faults.add(ratio.toFixed(2) + " " + it.className + ": " + text.data.trim().slice(0, 40));
    }
    return [...faults].join("\n");
"#;

/// Every so many pages both themes are looked at: their colours are those of a few classes.
const THEMES_EVERY: usize = 8;

fn walk(manner: Manner, user: &str, is_meant: fn(usize) -> bool) {
    let world = World::demo();
    let Some(browser) = Browser::open(&world, manner) else { return };
    browser.sign_in(user);
    let all = pages(&world);
    let pages: Vec<&String> =
        all.iter().enumerate().filter(|(nth, _)| is_meant(*nth)).map(|(_, page)| page).collect();
    let mut faults = Vec::new();
    for (nth, page) in pages.iter().enumerate() {
        browser.go(page);
        let mut found = browser.complaints().join("\n");
        found += browser.ask(FAULTS).as_str().unwrap_or_default();
        if nth % THEMES_EVERY == 0 {
            for theme in ["light", "dark"] {
                browser.ask(&format!("document.documentElement.dataset.theme = '{theme}'"));
                found += browser.ask(CONTRAST).as_str().unwrap_or_default();
            }
        }
        if !found.is_empty() {
            faults.push(format!("{page}: {found}"));
        }
    }
    println!("{} of {} pages as {user}", pages.len(), all.len());
    assert!(pages.len() > 100, "only {} pages", pages.len());
    assert!(faults.is_empty(), "{} of {} pages:\n{}", faults.len(), pages.len(), faults.join("\n"));
}

/// No script fails, nothing is against the content security policy, every control has a name, and
/// both themes have contrast.
#[test]
fn every_page_of_staff_is_sound() {
    walk(Manner::Desktop, "admin", |_| true);
}

/// The same for a client, in a window of 360 pixels: nothing but tables is wider.
#[test]
fn every_page_of_a_client_fits_a_telephone() {
    walk(Manner::Telephone, "client", |_| true);
}

/// Of a reseller, whose pages are those of staff or of clients, every third, on a telephone too.
#[test]
fn pages_of_a_reseller_are_sound() {
    walk(Manner::Telephone, "reseller", |nth| nth % 3 == 0);
}
