//! The ledger's hash: the same for the same money, whatever the engine and the row numbers.

use std::fmt::Write;

use sha2::{Digest as _, Sha256};

use crate::ledger::book::BookKind;
use crate::money::Money;

/// Gathers the lines of a ledger, in any order.
#[derive(Debug, Default)]
pub struct Digest(Vec<String>);

impl Digest {
    pub fn add(&mut self, key: &str, kind: BookKind, owner: &str, currency: &str, amount: Money) {
        let (kind, owner, amount) = (kind.word(), one_line(owner), amount.plain());
        self.0.push(format!("{key}|{kind}|{owner}|{currency}|{amount}\n"));
    }

    /// SHA-256 of the sorted lines `key|book kind|owner name|currency|amount` (decisions.md,
    /// Money), each ended by a line feed.
    pub fn hex(mut self) -> String {
        self.0.sort_unstable();
        let mut hash = Sha256::new();
        for line in &self.0 {
            hash.update(line);
        }
        let mut hex = String::with_capacity(64);
        for byte in hash.finalize() {
            write!(hex, "{byte:02x}").expect("a String takes everything");
        }
        hex
    }
}

/// A name may hold a line feed; it must not look like another line. A `|` does no harm: no other
/// part can hold one.
fn one_line(name: &str) -> String {
    name.replace('\\', "\\\\").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::money;

    type Row = (&'static str, BookKind, &'static str, &'static str, &'static str);

    fn hex(rows: &[Row]) -> String {
        let mut digest = Digest::default();
        for (key, kind, owner, currency, amount) in rows {
            digest.add(key, *kind, owner, currency, money(amount));
        }
        digest.hex()
    }

    const CREDIT: [Row; 2] = [
        ("credit:payment:17", BookKind::Client, "Ann", "USD", "10"),
        ("credit:payment:17", BookKind::Clearing, "Bank", "USD", "-10"),
    ];

    #[test]
    fn known_values() {
        // By sha256sum, of these two lines sorted: clearing first.
        assert_eq!(hex(&CREDIT), "0f47002f062cf5ac623db3df7addfb339dc67d155cdfd90552b79f389ca7dbb1");
        assert_eq!(hex(&[]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn order_does_not_matter_and_everything_else_does() {
        let same: Vec<Row> = CREDIT.into_iter().rev().collect();
        assert_eq!(hex(&CREDIT), hex(&same));
        let [client, clearing] = CREDIT;
        for other in [
            ("credit:payment:18", client.1, client.2, client.3, client.4),
            (client.0, BookKind::Frozen, client.2, client.3, client.4),
            (client.0, client.1, "Anna", client.3, client.4),
            (client.0, client.1, client.2, "EUR", client.4),
            (client.0, client.1, client.2, client.3, "10.000001"),
        ] {
            assert_ne!(hex(&CREDIT), hex(&[other, clearing]), "{other:?}");
        }
    }

    #[test]
    fn a_name_cannot_pass_for_a_line() {
        let forged = "Ann|USD|10.00\ncredit:payment:17|client|Ann";
        let twice = [CREDIT[0], CREDIT[0]];
        assert_ne!(hex(&[(CREDIT[0].0, CREDIT[0].1, forged, "USD", "10")]), hex(&twice));
        assert_ne!(
            hex(&[(CREDIT[0].0, CREDIT[0].1, "a\nb", "USD", "10")]),
            hex(&[(CREDIT[0].0, CREDIT[0].1, "a\\nb", "USD", "10")])
        );
    }
}
