//! What holds for every page of the registry.

use super::chromium::{Browser, Manner};
use crate::support::World;
use crate::sweep;

/// Each function once: the first query that names it, with a record where there is one.
pub(super) fn pages(world: &World) -> Vec<String> {
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
    const faults = new Set();
    const fault = (said) => faults.add(said);
    const named = (it) => it.labels && it.labels.length && [...it.labels].some((label) => label.textContent.trim());
    for (const it of document.querySelectorAll("input:not([type=hidden]), select, textarea, output")) {
        if (!named(it) && !it.getAttribute("aria-label")) fault("no label: " + it.outerHTML.slice(0, 200));
    }
    for (const it of document.querySelectorAll("button:not([hidden]), a[href], summary")) {
        if (!it.textContent.trim() && !it.getAttribute("aria-label")) fault("no words: " + it.outerHTML.slice(0, 200));
    }
    for (const it of document.querySelectorAll("img:not([alt])")) fault("no alt: " + it.outerHTML);
    const ids = [...document.querySelectorAll("[id]")].map((it) => it.id);
    ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => fault("twice: " + id));
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
        const wide = [...document.body.querySelectorAll("*")].filter((it) =>
            it.getBoundingClientRect().right > root.clientWidth && !it.closest(".scroll"));
        fault("scrolls sideways: " + (wide.pop() || root).outerHTML.slice(0, 200));
    }
    for (const it of document.querySelectorAll(".scroll.rows, .rows .scroll"))
        if (root.clientWidth <= 640 && it.scrollWidth > it.clientWidth) fault("rows are wider than their frame: " + it.id);
    if (document.querySelectorAll("h1").length !== 1 || document.querySelectorAll("main").length !== 1) fault("not one heading or not one main");
    if (!root.lang || !document.title) fault("no language or no title");
"#;

/// Texts, and edges of controls, that stand out too little from what is behind them (WCAG 2.2, 1.4.3
/// and 1.4.11), in both themes: colours are parsed once, what is behind an element is that of its
/// parent where it has no colour of its own, and each pair of colours is compared once.
const CONTRAST: &str = r#"
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const remembered = (make, known = new Map()) => (key) => {
        if (!known.has(key)) known.set(key, make(key));
        return known.get(key);
    };
    const rgba = remembered((color) => {
        const [r, g, b, a] = (color.match(/^rgba?\(([^)]*)\)$/) || ["", ""])[1].split(",").map(Number);
        if (b >= 0) return [r, g, b, a === undefined ? 255 : a * 255];
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    });
    const light = (color) => {
        const [r, g, b] = color.map((c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const ratio_of = remembered((pair) => {
        const [front, back] = pair.split(" on ").map((color) => color.split(",").map(Number));
        const seen = front.slice(0, 3).map((c, at) => back[at] + (c - back[at]) * front[3] / 255);
        const [more, less] = [light(seen), light(back.slice(0, 3))].sort((a, b) => b - a);
        return (more + .05) / (less + .05);
    });
    const texts = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text; (text = walk.nextNode());) {
        const it = text.parentElement;
        if (text.data.trim() && !it.closest(":disabled") && it.getBoundingClientRect().width >= 2) texts.push(text);
    }
    const edged = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
        .filter((it) => !it.disabled && !it.closest("[hidden]") && it.getBoundingClientRect().width >= 2);
    for (const theme of ["light", "dark"]) {
        root.dataset.theme = theme;
        const behind = remembered((it) => {
            if (!it) return [255, 255, 255, 255];
            const over = rgba(getComputedStyle(it).backgroundColor);
            if (over[3] === 255) return over;
            const under = behind(it.parentElement);
            return over[3] ? under.map((c, at) => c + (over[at] - c) * over[3] / 255) : under;
        });
        const stands_out = (color, back, least, said) => {
            const ratio = ratio_of(rgba(color) + " on " + back);
            if (ratio < least) fault(theme + " " + ratio.toFixed(2) + " " + said());
        };
        for (const it of edged) {
            const style = getComputedStyle(it);
            if (style.borderTopStyle !== "none")
                stands_out(style.borderTopColor, behind(it.parentElement), 3, () => "border: " + it.outerHTML.slice(0, 80));
        }
        for (const text of texts) {
            const it = text.parentElement, style = getComputedStyle(it), size = parseFloat(style.fontSize);
            if (style.visibility === "hidden") continue;
            const is_large = size >= 24 || (size >= 18.6 && style.fontWeight >= 700);
            stands_out(it.closest("svg") ? style.fill : style.color, behind(it), is_large ? 3 : 4.5,
                () => it.className + ": " + text.data.trim().slice(0, 40));
        }
    }
"#;

fn walk(manner: Manner, user: &str) {
    let world = World::demo();
    let Some(browser) = Browser::open(&world, manner) else { return };
    browser.sign_in(user);
    let pages = pages(&world);
    // One way there and back: what is asked of the browser costs more than the answer.
    let script = format!("{FAULTS}{CONTRAST} return [...faults].join('\\n');");
    let mut faults = Vec::new();
    for page in &pages {
        browser.go(page);
        let mut found = browser.complaints().join("\n");
        found += browser.ask(&script).as_str().unwrap_or("no answer");
        if !found.is_empty() {
            faults.push(format!("{page}: {found}"));
        }
    }
    println!("{} pages as {user}", pages.len());
    assert!(pages.len() > 100, "only {} pages", pages.len());
    assert!(faults.is_empty(), "{} of {} pages:\n{}", faults.len(), pages.len(), faults.join("\n"));
}

/// No script fails, nothing is against the content security policy, every control has a name, and
/// both themes have contrast.
#[test]
fn every_page_of_staff_is_sound() {
    walk(Manner::Desktop, "admin");
}

/// The same for a client, in a window of 360 pixels: nothing but tables is wider.
#[test]
fn every_page_of_a_client_fits_a_telephone() {
    walk(Manner::Telephone, "client");
}

/// And for a reseller.
#[test]
fn every_page_of_a_reseller_fits_a_telephone() {
    walk(Manner::Telephone, "reseller");
}
