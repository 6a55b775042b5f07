//! Secrets that must be read again (passwords of modules, keys of gateways) are sealed before they
//! reach the database, with keys that are not in it (decisions.md, Access: secrets).

mod check;
mod file;
pub mod rotate;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use base64::prelude::{BASE64_STANDARD, Engine};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::auth::{session::hex, totp};

use crate::billing::payment::stored;
use crate::billing::processing;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::number::supplier;
use crate::service::choices;
use crate::service::contact::registrar;
use crate::telecom::{esim, sip, sms, switch};

/// The file of the keys in the data directory, unless `KeyFile` names another.
pub const KEY_FILE: &str = "secret.key";

/// Every column that holds sealed texts: what `billmgr key rotate` seals anew.
pub const SEALED: &[Column] = &[
    processing::PASSWORD,
    processing::IPMGR_PASSWORD,
    processing::import::SEALED,
    choices::SEALED,
    registrar::SEALED,
    stored::SEALED,
    sip::SECRET,
    switch::SECRET,
    sms::provider::SECRET,
    sms::hook::SECRET,
    esim::provider::ACCESS_CODE,
    esim::provider::WEBHOOK_SECRET,
    supplier::SECRET,
    totp::check::SECRET,
];

/// So long that nonces may be random for as many texts as there will ever be.
const NONCE_BYTES: usize = 24;

/// A column of sealed texts. Its table has the key `id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub table: &'static str,
    pub column: &'static str,
    /// Names the place of a text, such as `processing.password:{id}`: words in braces are columns
    /// of the row, numbers or texts. What was sealed for one place cannot be opened in another.
    pub context: &'static str,
    /// A BOOLEAN column that says which rows are sealed; "" where all are.
    pub only: &'static str,
}

impl Column {
    /// The columns that the context names.
    fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.context.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0))
    }

    /// The context of a row, whose values stand in the order of the braces.
    pub fn context(&self, values: &[&dyn Display]) -> String {
        let mut values = values.iter();
        let mut parts = self.context.split('{');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.split_once('}').map_or("", |(_, rest)| rest);
            let value = values.next().unwrap_or_else(|| panic!("{}: a value is missing", self.context));
            text.push_str(&format!("{value}{rest}"));
        }
        text
    }
}

/// Columns of [`SEALED`] that the database lacks.
pub fn schema_faults(db: &Db) -> Vec<String> {
    SEALED.iter().flat_map(|column| faults_of(db, column)).collect()
}

fn faults_of(db: &Db, sealed: &Column) -> Vec<String> {
    let named = ["id", sealed.column, sealed.only].into_iter().filter(|name| !name.is_empty());
    let missing = named.chain(sealed.keys()).filter(|name| !db.has_column(sealed.table, name));
    missing.map(|name| format!("sealed column {}.{name} is not in the database", sealed.table)).collect()
}

/// The keys in use: the first seals, all of them open.
struct Keys(Vec<Key>);

struct Key {
    number: u32,
    bytes: [u8; 32],
}

impl Key {
    fn random(number: u32) -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the system has random bytes");
        Self { number, bytes }
    }

    /// HMAC-SHA-256 with a key that is derived for the purpose, so that it opens nothing.
    fn mac(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        let key = blake3::derive_key(purpose, &self.bytes);
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key may have any length");
        mac.update(text.as_bytes());
        mac
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.bytes.into())
    }

    /// `number:base64` of the nonce and what it sealed.
    fn seal(&self, text: &str, context: &str) -> String {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).expect("the system has random bytes");
        let payload = Payload { msg: text.as_bytes(), aad: context.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.expect("a text is shorter than the cipher's limit of 256 GiB");
        format!("{}:{}", self.number, BASE64_STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }

    fn open(&self, body: &str, context: &str) -> Option<String> {
        let bytes = BASE64_STANDARD.decode(body).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        String::from_utf8(self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()?).ok()
    }
}

impl Keys {
    fn first(&self) -> &Key {
        &self.0[0]
    }

    fn get(&self, number: u32) -> Option<&Key> {
        self.0.iter().find(|key| key.number == number)
    }

    /// Does it have every key of the other?
    fn holds(&self, other: &Self) -> bool {
        other.0.iter().all(|key| self.get(key.number).is_some_and(|own| own.bytes == key.bytes))
    }

    /// A new key in front of these.
    fn with_new(&self) -> Self {
        let number = 1 + self.0.iter().map(|key| key.number).max().unwrap_or_default();
        let old = self.0.iter().map(|key| Key { ..*key });
        Self(std::iter::once(Key::random(number)).chain(old).collect())
    }
}

/// The number of the key and what it sealed.
fn parts(sealed: &str) -> Option<(u32, &str)> {
    let (number, body) = sealed.split_once(':')?;
    Some((number.parse().ok()?, body))
}

/// Seals and opens texts. Cheap to clone; clones share their keys.
#[derive(Clone)]
pub struct Sealer(Arc<Shared>);

struct Shared {
    keys: ArcSwap<Keys>,
    /// Without a file the keys end with the program.
    path: Option<PathBuf>,
    /// Held while a new key is added: each rotation adds one to those of the last.
    rotation: Mutex<()>,
}

impl Sealer {
    /// A key that is in no file, for databases that nobody opens a second time.
    pub fn in_memory(bytes: [u8; 32]) -> Self {
        Self::of(Keys(vec![Key { number: 1, bytes }]), None)
    }

    fn of(keys: Keys, path: Option<PathBuf>) -> Self {
        Self(Arc::new(Shared { keys: ArcSwap::from_pointee(keys), path, rotation: Mutex::new(()) }))
    }

    /// The keys of a database: made at its first start, else those that it was sealed with. What
    /// is wrong with them is said with what to do about it.
    pub fn start(db: &Db, path: &Path) -> std::result::Result<Self, String> {
        let keys = match file::read(path)? {
            Some(keys) => keys,
            None if check::is_sealed(db)? => return Err(missing(path)),
            None => file::create(path)?,
        };
        check::confirm(db, &keys).map_err(|why| format!("{} {why}", path.display()))?;
        Ok(Self::of(keys, Some(path.to_owned())))
    }

    /// A text for the database. `context` names its place there ([`Column::context`]).
    pub fn seal(&self, text: &str, context: &str) -> String {
        self.0.keys.load().first().seal(text, context)
    }

    /// The text of [`Sealer::seal`] in the same context.
    pub fn open(&self, sealed: &str, context: &str) -> Result<String> {
        let fault = |why: &str| Error::new("system", "seal").cause(format!("{context}: {why}"));
        let (number, body) = parts(sealed).ok_or_else(|| fault("is not a sealed text"))?;
        let mut keys = self.0.keys.load_full();
        if keys.get(number).is_none() {
            self.reread();
            keys = self.0.keys.load_full();
        }
        let lacks = || fault(&format!("the file of keys lacks key {number}"));
        let text = keys.get(number).ok_or_else(lacks)?.open(body, context);
        text.ok_or_else(|| fault("was sealed for another place or is damaged"))
    }

    /// Signs a text that leaves the server and comes back.
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        hex(&self.0.keys.load().first().mac(purpose, text).finalize().into_bytes())
    }

    /// Is it the signature of [`Sealer::sign`], by any key that is still there? Takes as long for a
    /// wrong one as for a right one.
    pub fn is_signed(&self, purpose: &str, text: &str, sign: &str) -> bool {
        let is_of = |key: &Key| {
            let own = hex(&key.mac(purpose, text).finalize().into_bytes());
            bool::from(own.as_bytes().ct_eq(sign.as_bytes()))
        };
        self.0.keys.load().0.iter().fold(false, |is_signed, key| is_of(key) | is_signed)
    }

    /// Another server may have added a key to the file. A file without the keys that are in use
    /// is not that file.
    fn reread(&self) {
        let Some(path) = &self.0.path else { return };
        match file::read(path) {
            Ok(Some(keys)) if keys.holds(&self.0.keys.load()) => self.0.keys.store(Arc::new(keys)),
            Ok(Some(_)) => tracing::warn!("{} has other keys now and is not used", path.display()),
            Ok(None) => tracing::warn!("{} is not there any more", path.display()),
            Err(why) => tracing::warn!("{why}"),
        }
    }
}

fn missing(path: &Path) -> String {
    format!(
        "{} is missing, but the database has secrets that were sealed with it: put the file back (it is \
         in no backup; another server of this database has the same), or name its place with KeyFile",
        path.display()
    )
}

#[cfg(test)]
mod tests;
