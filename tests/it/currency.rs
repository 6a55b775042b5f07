//! Amounts on forms stand beside their currency, wherever it is known from.

use crate::support::{World, worlds};

fn iso(world: &World) -> String {
    let query = format!("func=subaccount&filter=on&id={}", world.id("client_subaccount"));
    let doc = world.done("admin", &query);
    doc.get("elem").and_then(|elem| elem.get_text("currency")).expect("a currency").to_owned()
}

worlds! {
    /// Of the record itself, of its account, and of the provider that the form has chosen.
    fn forms_show_it(world: &World) {
        let shown = format!("<span>{}</span>", iso(world));
        let payment = world.id("client_paid");
        for query in [
            format!("func=subaccount.edit&elid={}", world.id("client_subaccount")),
            format!("func=payment.edit&elid={payment}"),
            format!("func=payment.refund&elid={payment}"),
            format!("func=expense.edit&plid={}&subaccount={}", world.id("client"), world.id("client_subaccount")),
            format!("func=bonus.edit&project={}", world.id("project")),
        ] {
            let page = world.get(&format!("{query}&{}", world.proof("admin")));
            assert!(page.body.contains(&shown), "{query}: {}", page.body);
            let doc = world.done("admin", &query);
            assert!(doc.get("unit").is_none(), "{query}");
        }
    }

    /// A provider that is not there tells nothing.
    fn nothing_is_made_up(world: &World) {
        let page = world.get(&format!("func=bonus.edit&project=99999&{}", world.proof("admin")));
        assert!(page.body.contains("f_amount") && !page.body.contains("<span class=\"amount\">"), "{}", page.body);
    }
}
