//! A world in which the numbers of one supplier are sold.

use billmgr::doc::Node;

use crate::direct::{self, SERVER, tables};
use crate::support::World;

pub struct Shop<'w> {
    world: &'w World,
    pub supplier: String,
}

impl<'w> Shop<'w> {
    pub fn of_supplier(world: &'w World, settings: &[(&str, &str)]) -> Self {
        let mut shop = Self { world, supplier: String::new() };
        let words = "country,russia,ru,+7,Russia,Россия\noperator,mts\nproduct,telegram,activation\n\
                     product,vkontakte,activation";
        shop.call("number.vocabulary.import", &[("data", words)]);
        let named: Vec<_> = [("code", "own"), ("name", "Own")].iter().chain(settings).copied().collect();
        let made = shop.call("number.supplier.edit", &named);
        shop.supplier = made.get_text("id").expect("an id").to_owned();
        // What another server sells is in its price list.
        if settings[0].1 != "pull" {
            let prices = "russia,mts,telegram,8\nrussia,mts,vkontakte,21";
            shop.call("number.price.import", &[("data", prices)]);
            let phones: String = (0..5).map(|nth| format!("russia,mts,+7900000000{nth}\n")).collect();
            let category = ("category", "activation");
            shop.call("number.phone.import", &[("supplier", &shop.supplier), category, ("data", &phones)]);
        }
        shop
    }

    /// As the server itself.
    pub fn call(&self, func: &str, params: &[(&str, &str)]) -> Node {
        let params: Vec<_> = params.iter().copied().chain([("sok", "ok")]).collect();
        let done = direct::call(&self.world.app, SERVER, func, &params);
        done.unwrap_or_else(|error| panic!("{func} {params:?}: {error}")).doc
    }

    /// The order and its number.
    pub fn buy(&self, product: &str) -> (i64, String) {
        let query = format!("func=number.buy&country=russia&operator=any&product={product}&sok=ok");
        let bought = self.world.done("client", &query);
        let text = |name: &str| bought.get_text(name).unwrap_or_default().to_owned();
        (text("id").parse().expect("an id"), text("phone"))
    }

    fn column(&self, table: &str, key: (&str, i64), column: &str) -> Vec<String> {
        let rows = tables::rows(&self.world.app.db, table);
        let own = rows.into_iter().filter(|row| row[key.0] == key.1.to_string());
        let mut own: Vec<(i64, String)> =
            own.map(|row| (row["id"].parse().expect("an id"), row[column].clone())).collect();
        own.sort();
        own.into_iter().map(|(_, text)| text).collect()
    }

    pub fn status(&self, order: i64) -> String {
        self.column("num_order", ("id", order), "status").pop().expect("an order")
    }

    /// The codes of its messages, as they came.
    pub fn messages(&self, order: i64) -> Vec<String> {
        self.column("num_sms", ("order_id", order), "code")
    }

    pub fn texts(&self, order: i64) -> Vec<String> {
        self.column("num_sms", ("order_id", order), "text")
    }
}
