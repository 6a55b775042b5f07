//! An order as its buyer sees it: the same for buying, looking and ending.

use super::order::Status;
use super::stock;
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::Result;
use crate::money::Money;
use crate::time::Zone;

/// The name of the node of a message.
pub const MESSAGE: &str = "sms";

/// Messages of one order that are shown with it: the last ones.
const MESSAGES_MAX: i64 = 500;

#[derive(Debug, Clone, Default)]
pub struct Shown {
    pub id: i64,
    pub price: Money,
    pub created_at: i64,
    pub expires_at: i64,
    /// 0: nothing came yet.
    pub first_sms_at: i64,
    pub phone: String,
    pub country: String,
    pub operator: String,
    pub product: String,
    pub category: String,
    pub currency: String,
    pub status: String,
    pub forwarding_number: String,
    pub reference: String,
    pub forwarding: bool,
    pub voice: bool,
    pub reuse: bool,
}

impl Shown {
    /// As it is at that moment: time ends an order, also before the job has written it down. `scope`: ` AND …`
    /// on the columns of the list.
    pub fn load(conn: &mut Conn, id: i64, scope: &Sql, now_us: i64) -> Result<Option<Self>> {
        let sql = Sql::new(
            "SELECT id, price, created_at, expires_at, first_sms_at, phone, country, operator, product, category, currency_iso, \
             status, forwarding_number, ref, forwarding, voice, reuse FROM number_order_list WHERE id = ",
        );
        let mut kinds = [Kind::Int; 17];
        kinds[5..14].fill(Kind::Text);
        kinds[14..].fill(Kind::Flag);
        let Some(row) = sql.bind(id).append(scope).first(conn, &kinds)? else { return Ok(None) };
        let text = |at: usize| row[at].str().to_owned();
        let is_hosting = row[9].str() == stock::HOSTING;
        let status = Status::from_word(row[11].str())?.at(is_hosting, row[3].int(), now_us);
        Ok(Some(Self {
            id,
            price: Money(row[1].int()),
            created_at: row[2].int(),
            expires_at: row[3].int(),
            first_sms_at: row[4].int(),
            phone: text(5),
            country: text(6),
            operator: text(7),
            product: text(8),
            category: text(9),
            currency: text(10),
            status: status.word().to_owned(),
            forwarding_number: text(12),
            reference: text(13),
            forwarding: row[14].on(),
            voice: row[15].on(),
            reuse: row[16].on(),
        }))
    }

    pub fn nodes(&self, zone: &Zone) -> Vec<Node> {
        let flag = |on: bool| if on { "on" } else { "off" };
        vec![
            Node::leaf("id", self.id.to_string()),
            Node::leaf("phone", &self.phone),
            Node::leaf("country", &self.country),
            Node::leaf("operator", &self.operator),
            Node::leaf("product", &self.product),
            Node::leaf("category", &self.category),
            Node::leaf("price", self.price.plain()),
            Node::leaf("currency", &self.currency),
            Node::leaf("status", &self.status),
            Node::leaf("created_at", zone.time(self.created_at)),
            Node::leaf("created_us", self.created_at.to_string()),
            Node::leaf("expires", zone.time(self.expires_at)),
            Node::leaf("expires_us", self.expires_at.to_string()),
            Node::leaf("forwarding", flag(self.forwarding)),
            Node::leaf("forwarding_number", &self.forwarding_number),
            Node::leaf("voice", flag(self.voice)),
            Node::leaf("reuse", flag(self.reuse)),
            Node::leaf("ref", &self.reference),
        ]
    }
}

/// The messages of an order, the oldest first. Most who ask do so before the first has come.
pub fn messages(conn: &mut Conn, order: &Shown, zone: &Zone) -> Result<Vec<Node>> {
    if order.first_sms_at == 0 {
        return Ok(Vec::new());
    }
    let sql =
        Sql::new("SELECT id, created_at, received_at, sender, text, code FROM num_sms WHERE order_id = ");
    let sql = sql.bind(order.id).sql(" ORDER BY id DESC LIMIT ").bind(MESSAGES_MAX);
    let (int, text) = (Kind::Int, Kind::Text);
    let rows = sql.load(conn, &[int, int, int, text, text, text])?;
    let node = |row: &Vec<crate::db::Raw>| {
        Node::new(MESSAGE).with([
            Node::leaf("id", row[0].int().to_string()),
            Node::leaf("created_at", zone.time(row[1].int())),
            Node::leaf("created_us", row[1].int().to_string()),
            Node::leaf("date", zone.time(row[2].int())),
            Node::leaf("date_us", row[2].int().to_string()),
            Node::leaf("sender", row[3].str()),
            Node::leaf("text", row[4].str()),
            Node::leaf("code", row[5].str()),
        ])
    };
    Ok(rows.iter().rev().map(node).collect())
}
