//! What a module is told of a service: its fields, parameters with their secrets, add-ons, and how
//! the module reaches its panel. Programs ask for it (`service.moduleinfo`), webhooks are sent it.

use crate::app::App;
use crate::billing::processing::PASSWORD;
use crate::config::Secret;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::rpc::handler::{Ctx, Handler, Reply};
use crate::rpc::registry::Row;
use crate::service::{choices, item};
use crate::time::Zone;

pub const FUNCS: &[Row] = &[("service.moduleinfo", Handler::Once(tell))];

/// An account at a panel or vendor.
#[derive(Debug, Clone, Default)]
pub struct Processing {
    pub id: i64,
    pub name: String,
    pub module: String,
    pub url: String,
    pub username: String,
    pub password: Option<Secret>,
    pub params: Vec<(String, String)>,
    /// What the module keeps of its own.
    pub config: String,
}

impl Processing {
    pub fn load(conn: &mut Conn, app: &App, id: i64) -> Result<Option<Self>> {
        let sql = Sql::new("SELECT name, module, url, username, password_sealed FROM processing");
        let sql = sql.sql(" WHERE NOT deleted AND id = ").bind(id);
        let Some(row) = sql.first(conn, &[Kind::Text; 5])? else { return Ok(None) };
        let text = |at: usize| row[at].str().to_owned();
        let password = match row[4].str() {
            "" => None,
            sealed => Some(Secret::new(app.sealer.open(sealed, &PASSWORD.context(&[&id]))?)),
        };
        let params = Sql::new("SELECT param, value FROM processing_param WHERE processing_id = ").bind(id);
        let params = pairs(params.sql(" ORDER BY param").load(conn, &[Kind::Text; 2])?);
        let (name, module, url, username) = (text(0), text(1), text(2), text(3));
        let config = Sql::new("SELECT config FROM processing_config WHERE processing_id = ").bind(id);
        let config = config.first(conn, &[Kind::Text])?.map_or(String::new(), |row| row[0].str().to_owned());
        Ok(Some(Self { id, name, module, url, username, password, params, config }))
    }
}

fn pairs(rows: Vec<Vec<Raw>>) -> Vec<(String, String)> {
    rows.iter().map(|row| (row[0].str().to_owned(), row[1].str().to_owned())).collect()
}

pub type Pairs = Vec<(String, String)>;

/// A service as its module sees it.
#[derive(Debug, Clone)]
pub struct Info {
    pub item: Pairs,
    pub params: Pairs,
    /// Add-ons by internal name: on and off, a count, or the internal name of the chosen value.
    pub addons: Pairs,
}

impl Info {
    pub fn load(conn: &mut Conn, app: &App, item_id: i64) -> Result<Self> {
        let zone = app.config.load().time_zone.clone();
        let item = fields(conn, item_id, &zone)?;
        Ok(Self { item, params: params(conn, app, item_id)?, addons: addons(conn, item_id)? })
    }
}

const FIELDS: [(&str, Kind); 14] = [
    ("id", Kind::Int),
    ("name", Kind::Text),
    ("ip", Kind::Text),
    ("itemtype", Kind::Text),
    ("pricelist", Kind::Int),
    ("pricelist_intname", Kind::Text),
    ("account", Kind::Int),
    ("datacenter", Kind::Int),
    ("period", Kind::Int),
    ("status", Kind::Int),
    ("service_status", Kind::Int),
    ("processingmodule", Kind::Int),
    ("remoteid", Kind::Text),
    ("expiredate", Kind::Int),
];

fn fields(conn: &mut Conn, item_id: i64, zone: &Zone) -> Result<Pairs> {
    let sql = Sql::new(
        "SELECT i.id, i.name, i.ip, t.intname, i.pricelist_id, p.intname, i.account_id, i.datacenter_id, \
         i.period, i.status, i.service_status, i.processing_id, i.remoteid, i.expiredate FROM item i \
         JOIN itemtype t ON t.id = i.itemtype_id JOIN pricelist p ON p.id = i.pricelist_id \
         WHERE NOT i.deleted AND i.id = ",
    );
    let row = sql.bind(item_id).first(conn, &FIELDS.map(|field| field.1))?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", item_id.to_string()))?;
    let text = |(name, raw): (&str, &Raw)| match (name, raw) {
        ("expiredate", Raw::Int(0)) => String::new(),
        ("expiredate", Raw::Int(at_us)) => zone.date(*at_us),
        (_, Raw::Int(number)) => number.to_string(),
        (_, raw) => raw.str().to_owned(),
    };
    let named = FIELDS.iter().map(|field| field.0).zip(&row);
    Ok(named.map(|(name, raw)| (name.to_owned(), text((name, raw)))).collect())
}

/// All parameters, secrets opened.
fn params(conn: &mut Conn, app: &App, item_id: i64) -> Result<Pairs> {
    let sql = Sql::new("SELECT name, value, sealed FROM itemparam WHERE item_id = ").bind(item_id);
    let rows = sql.sql(" ORDER BY name").load(conn, &[Kind::Text, Kind::Text, Kind::Flag])?;
    let opened = |row: &Vec<Raw>| {
        let (name, value) = (row[0].str(), row[1].str());
        let value = match row[2].on() {
            true => app.sealer.open(value, &choices::SEALED.context(&[&item_id, &name]))?,
            false => value.to_owned(),
        };
        Ok((name.to_owned(), value))
    };
    rows.iter().map(opened).collect()
}

fn addons(conn: &mut Conn, item_id: i64) -> Result<Pairs> {
    let sql = Sql::new(
        "SELECT t.intname, d.addontype, a.count, COALESCE(e.intname, '') FROM item_addon a \
         JOIN pricelist_detail d ON d.id = a.detail_id JOIN itemtype t ON t.id = d.itemtype_id \
         LEFT JOIN enumerationitem e ON e.id = a.enumerationitem_id WHERE a.item_id = ",
    );
    let rows = sql.bind(item_id).sql(" ORDER BY a.id");
    let rows = rows.load(conn, &[Kind::Text, Kind::Int, Kind::Int, Kind::Text])?;
    let value = |row: &Vec<Raw>| match row[1].int() {
        1 if row[2].int() > 0 => "on".to_owned(),
        1 => "off".to_owned(),
        3 => row[3].str().to_owned(),
        _ => row[2].int().to_string(),
    };
    Ok(rows.iter().map(|row| (row[0].str().to_owned(), value(row))).collect())
}

/// One value a line in `out=text`: `ip=…`, `param_username=…`, `addon_mem=…`, `module_url=…`,
/// `moduleparam_…=…`.
fn tell(cx: &mut Ctx) -> Result<Reply> {
    let item = item::named(cx)?;
    let app = cx.app.clone();
    let info = Info::load(cx.conn, &app, item.id)?;
    let processing = Processing::load(cx.conn, &app, item.processing_id)?.unwrap_or_default();
    let password = processing.password.as_ref().map_or("", |password| password.reveal()).to_owned();
    let module = [
        ("name", processing.name),
        ("url", processing.url),
        ("username", processing.username),
        ("password", password),
    ];
    let module = module.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let groups = [
        ("", info.item),
        ("param_", info.params),
        ("addon_", info.addons),
        ("module_", module),
        ("moduleparam_", processing.params),
        ("module", vec![("config".to_owned(), processing.config)]),
    ];
    let leaves = groups.into_iter().flat_map(|(prefix, pairs)| {
        let named = pairs.into_iter().filter(|(name, _)| is_name(name));
        named.map(move |(name, value)| Node::leaf(format!("{prefix}{name}"), value))
    });
    Ok(Reply::Object(leaves.collect()))
}

/// Can it stand behind a prefix as the name of an element?
fn is_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
