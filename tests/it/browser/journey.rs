//! From a sign-in to a paid service, as people come there.

use billmgr::outbox::worker;

use super::chromium::{Browser, Manner};
use crate::support::World;

/// The button that leads on, in a form or in a step of one.
const ONWARD: &str = "main button[name=sok]";

/// Goes to a page by its name in the menu, whose groups may be closed.
fn find_page(browser: &Browser, name: &str) {
    let link =
        "[...document.querySelectorAll('#menu a')].find((link) => link.textContent.trim() === arguments)";
    browser.ask(&format!("{}.click()", link.replace("arguments", &format!("{name:?}"))));
    browser.until(name, || browser.words("h1").starts_with(name));
}

fn act_as_ada(browser: &Browser) {
    find_page(browser, "Clients");
    browser.fill("#search", "Ada");
    browser.press(".search button");
    browser.until("one client", || {
        browser.ask("return document.querySelectorAll('#rows tbody tr').length") == 1
    });
    browser.press("#rows tbody input");
    browser.press("button[value='account.su']");
    browser.until("the banner", || browser.has(".acting"));
    assert_eq!(browser.words(".user-name"), "client");
}

/// Type, tariff, parameters: a virtual server in the cart.
fn order(browser: &Browser, domain: &str) {
    find_page(browser, "Order a service");
    browser.press("input[name=itemtype][value=vds]");
    browser.press(ONWARD);
    browser.until("tariffs", || browser.has("input[name=pricelist]"));
    assert!(
        browser.words(".choices tbody tr").contains("EUR"),
        "prices stand beside the tariffs: {}",
        browser.text()
    );
    browser.press("input[name=pricelist]");
    browser.press(ONWARD);
    browser.until("parameters", || browser.has("#f_domain"));
    assert!(browser.text().contains("Total with tax"), "what it costs: {}", browser.text());
    browser.fill("#f_domain", domain);
    browser.keys("#f_domain", thirtyfour::Key::Enter);
    browser.until("the cart", || browser.words("h1") == "Cart");
    let lines = browser.words(".choices");
    assert!(lines.contains(domain) && lines.contains("EUR"), "{lines}");
}

/// Through the steps of a payment, by the test gateway, to its page.
fn go_to_gateway(browser: &Browser) {
    for _ in 0..8 {
        if browser.address().contains("testgate") {
            return;
        }
        if browser.has("input[type=radio][name=paymethod]") {
            let row = "[...document.querySelectorAll('.choices tr')].find((row) => row.innerText.includes('Test card'))";
            browser.ask(&format!("{row}.querySelector('input').click()"));
        }
        let before = browser.words("h1, main");
        browser.press(ONWARD);
        browser.until("the next step", || {
            browser.address().contains("testgate") || browser.words("h1, main") != before
        });
        assert!(!browser.has("[role=alert]"), "{}", browser.text());
    }
}

fn work_off(world: &World) {
    while worker::run_due(&world.app).expect("operations are done") > 0 {}
}

/// The row of a service in the list of services.
fn row(browser: &Browser, domain: &str) -> String {
    browser.go(&format!("func=service&filter=on&domain={domain}"));
    browser.words("#rows tbody tr")
}

#[test]
fn an_administrator_orders_for_a_client_who_pays() {
    let world = World::demo();
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    browser.sign_in("admin");
    act_as_ada(&browser);
    // What a year of the demo left in the cart is not ordered here.
    browser.go("func=basket");
    browser.press("button[formaction*=clearbasket]");
    browser.until("an empty cart", || !browser.has(".choices"));
    order(&browser, "journey.example.com");
    browser.press("button[formaction*='clicked_button=pay']");
    browser.until("the payment", || browser.address().contains("payment.add"));
    go_to_gateway(&browser);
    assert!(browser.words(".sum").contains("EUR"), "{}", browser.text());
    browser.press("button[value=pay]");
    browser.until("the payment's end", || browser.address().contains("payment.success"));
    assert!(browser.words("main").contains("Credited"), "{}", browser.text());
    browser.press("main a.primary");
    browser.until("the services", || browser.words("h1") == "Services");
    assert!(row(&browser, "journey.example.com").contains("Being opened"), "{}", browser.text());
    work_off(&world);
    assert!(row(&browser, "journey.example.com").contains("Active"), "{}", browser.text());
    print_an_invoice(&browser);
    browser.press(".acting button");
    browser.until("the way back", || !browser.has(".acting") && browser.has(".user-name"));
    assert_eq!(browser.words(".user-name"), "admin");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

fn print_an_invoice(browser: &Browser) {
    browser.go("func=invoice");
    let number = browser.words("#rows tbody th");
    browser.press("#rows tbody input");
    let id = browser.value("#rows tbody input:checked");
    assert!(browser.has("button[value='invoice.print']:enabled"));
    browser.go(&format!("func=invoice.print&elid={id}"));
    assert!(browser.text().contains(&number), "{number}: {}", browser.text());
    browser.go("func=invoice");
}

/// The balance pays at once, and a period that a tariff is not sold for is said where it is chosen.
#[test]
fn a_client_orders_from_the_balance() {
    let world = World::demo();
    let Some(browser) = Browser::open(&world, Manner::WithoutScript) else { return };
    browser.sign_in("client");
    browser.go("func=basket");
    browser.press("button[formaction*=clearbasket]");
    browser.until("an empty cart", || !browser.has(".choices"));
    browser.go("func=vds.order");
    browser.press("input[name=pricelist]");
    browser.press("#f_period option[value='120']");
    browser.press(ONWARD);
    browser.find("#f_period[aria-invalid=true]");
    browser.press("#f_period option[value='1']");
    browser.press(ONWARD);
    browser.fill("#f_domain", "balance.example.com");
    browser.press(ONWARD);
    browser.until("the cart", || browser.words("h1") == "Cart");
    browser.press("button[formaction*='clicked_button=balance']");
    browser.until("the services", || browser.words("h1") == "Services");
    work_off(&world);
    assert!(row(&browser, "balance.example.com").contains("Active"), "{}", browser.text());
}
