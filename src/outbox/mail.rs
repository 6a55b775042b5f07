//! Mail: written into the outbox with what it is about, made and handed over by the worker. Without a
//! mail server letters are kept as files in the data directory's `mail/`.

mod letter;
mod smtp;

use std::path::Path;

use serde_json::{Value, json};

use super::worker::Acted;
use super::{Due, Post, Settled, post_once};
use crate::app::App;
use crate::auth::proof;
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::service::Till;

pub const KIND: &str = "mail";

/// A letter to the first user of a client, in his language.
pub struct Letter<'l> {
    pub account_id: i64,
    /// Whose it is; 0 where no provider stands behind it.
    pub project_id: i64,
    pub template: &'static str,
    /// Makes it one letter however often it is asked for.
    pub about: String,
    pub values: &'l [(&'l str, String)],
    pub paper: Option<Paper>,
}

/// Who gets a letter.
pub struct To<'t> {
    pub email: &'t str,
    pub lang: &'t str,
    /// The account and the reseller that it is about.
    pub owner: (i64, i64),
    /// What the letter proves (`auth/proof`); 0: nothing.
    pub proof_id: i64,
}

/// A printed document that goes with a letter: made with it, so that the outbox keeps ids alone.
#[derive(Debug, Clone, Copy)]
pub enum Paper {
    Bill(i64),
    Invoice(i64),
}

impl Paper {
    fn row(self) -> Value {
        match self {
            Self::Bill(id) => json!({ "bill": id }),
            Self::Invoice(id) => json!({ "invoice": id }),
        }
    }

    fn of(row: &Value) -> Option<Self> {
        let id = |name: &str| row[name].as_i64();
        id("bill").map(Self::Bill).or_else(|| id("invoice").map(Self::Invoice))
    }
}

impl Letter<'_> {
    /// False: the client has no address.
    pub fn post(self, till: &mut Till) -> Result<bool> {
        let sql = Sql::new(
            "SELECT u.email, u.lang, a.reseller_id FROM users u JOIN account a ON a.id = u.account_id \
             WHERE NOT u.deleted AND u.email <> '' AND u.account_id = ",
        );
        let row = sql.bind(self.account_id).sql(" ORDER BY u.id LIMIT 1");
        let Some(row) = row.first(till.conn, &[Kind::Text, Kind::Text, Kind::Int])? else {
            return Ok(false);
        };
        let owner = (self.account_id, row[2].int());
        let to = To { email: row[0].str(), lang: row[1].str(), owner, proof_id: 0 };
        self.post_to(till.conn, &to, till.now_us).map(|()| true)
    }

    pub fn post_to(self, conn: &mut Conn, to: &To, now_us: i64) -> Result<()> {
        let values: serde_json::Map<String, Value> =
            self.values.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
        let payload = json!({
            "to": to.email,
            "lang": to.lang,
            "values": values,
            "project": self.project_id,
            "paper": self.paper.map(Paper::row),
            "proof": to.proof_id,
        });
        let letter = Post {
            kind: KIND,
            reference: format!("mail:{}:{}", self.template, self.about),
            item_id: 0,
            owner: to.owner,
            intname: self.template,
            payload: payload.to_string(),
            address: to.email,
        };
        post_once(conn, letter, now_us)
    }

    /// Somebody asked for it, and so it has to go somewhere. Error `missed(email)`.
    pub fn post_asked(self, till: &mut Till) -> Result<()> {
        match self.post(till)? {
            true => Ok(()),
            false => Err(Error::missed("email")),
        }
    }
}

/// Makes a letter and hands it over.
pub fn act(app: &App, due: &Due) -> Acted {
    let letter = match letter::make(app, due) {
        Ok(letter) => letter,
        Err(error) if error.object == letter::ADDRESS => {
            return refused(format!("nobody can be written to at `{}`", error.param("value").unwrap_or("")));
        }
        // Another came after it, or what it was for is done: nobody waits for it.
        Err(error) if error.object == proof::GONE => return Acted::new(Settled::Done),
        Err(error) => return Acted::failed(error.to_string(), ""),
    };
    let config = app.config.load();
    let Some(server) = &config.mail_server else {
        return match keep(&app.data_dir, due, &letter.formatted()) {
            Ok(()) => Acted::new(Settled::Done),
            Err(error) => Acted::failed(error.to_string(), ""),
        };
    };
    match smtp::send(server, &config, &letter) {
        Ok(()) => Acted::new(Settled::Done),
        Err(smtp::Fault::Later(error)) => Acted::failed(format!("{server}: {error}"), ""),
        Err(smtp::Fault::Never(error)) => refused(format!("{server}: {error}")),
    }
}

fn refused(error: String) -> Acted {
    Acted::new(Settled::Refused { error, log: String::new() })
}

fn keep(data_dir: &Path, due: &Due, letter: &[u8]) -> Result<()> {
    let dir = data_dir.join("mail");
    std::fs::create_dir_all(&dir).map_err(Error::system)?;
    std::fs::write(dir.join(format!("{}.eml", due.id)), letter).map_err(Error::system)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn staff_see_what_each_letter_is_about() {
        let registry = crate::functions().expect("the functions are joined");
        let list = registry.get("mailqueue").expect("a list");
        let column = list.meta.coldata.cols.iter().find(|column| column.name == "template");
        let named: BTreeSet<&str> =
            column.expect("a column").vals.iter().map(|val| val.key.as_str()).collect();
        let words = registry.words.all("en", &["mail".to_owned()]);
        let written: BTreeSet<&str> =
            words.iter().filter_map(|(name, _)| name.strip_suffix("_subject")).collect();
        assert_eq!(named, written);
    }
}
