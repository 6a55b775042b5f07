//! Telephony: keys, credit that a reseller gives, what his portal took.

use super::stage::Stage;
use crate::error::Result;

pub fn set_up(stage: &mut Stage) -> Result<()> {
    keys(stage)?;
    credit(stage)
}

/// Known keys, for the lines that the documentation shows; like the passwords they are the demo's alone.
fn keys(stage: &mut Stage) -> Result<()> {
    for (account, key) in [("@account.client", "demo-client-key"), ("@account.reseller", "demo-reseller-key")]
    {
        let pairs = [("plid", account), ("name", "Demo"), ("key", key)];
        stage.call("admin", "apikey.edit", &pairs)?;
    }
    let own = [("plid", "@account.shop1"), ("name", "Shop"), ("addr", "203.0.113.0/24")];
    stage.call("reseller", "apikey.edit", &own).map(drop)
}

fn credit(stage: &mut Stage) -> Result<()> {
    for (amount, reference) in [("25", "ORDER-2041"), ("7.5000", "ORDER-2107")] {
        let pairs = [("plid", "@account.shop1"), ("amount", amount), ("external_id", reference)];
        stage.call("reseller", "account.transfer", &pairs)?;
    }
    for (number, amount, status) in [("2231", "20.00", "paid"), ("2240", "35.00", "pending")] {
        let external_id = format!("portal_{number}");
        let pairs = [
            ("plid", "@account.shop1"),
            ("amount", amount),
            ("currency", "EUR"),
            ("provider", "plisio"),
            ("external_id", &external_id),
            ("provider_txid", number),
            ("status", status),
        ];
        stage.call("reseller", "payment.register", &pairs)?;
    }
    Ok(())
}
