//! Telephony: keys, a client who is signed up by call, credit that a reseller gives, what his portal
//! took, and calls.

use super::stage::Stage;
use crate::error::Result;

pub fn set_up(stage: &mut Stage) -> Result<()> {
    keys(stage)?;
    sign_up(stage)?;
    credit(stage)?;
    CALLS.iter().try_for_each(|call| made(stage, call))
}

/// From which line to which number, seconds, and how it ended.
const CALLS: [(&str, &str, &str, &str); 10] = [
    ("4930555011001", "+442079460018", "185", "answered"),
    ("4930555011001", "+491512345678", "42", "answered"),
    ("4930555011002", "+33140205050", "610", "answered"),
    ("4930555011001", "+491712345678", "0", "noanswer"),
    ("4930555011001", "+12125550142", "12", "answered"),
    ("4940555012001", "+493012345678", "75", "answered"),
    ("4940555012001", "+74955550123", "61", "answered"),
    ("4940555012001", "+447700900123", "0", "busy"),
    ("berlin-desk", "+4930901820", "330", "answered"),
    ("berlin-desk", "+37122345678", "0", "congestion"),
];

fn made(stage: &Stage, (from, to, secs, disposition): &(&str, &str, &str, &str)) -> Result<()> {
    let pairs = [("from", *from), ("to", to), ("secs", secs), ("disposition", disposition)];
    stage.wait(53);
    stage.call("admin", "sandbox.call", &pairs).map(drop)
}

fn sign_up(stage: &mut Stage) -> Result<()> {
    let pairs = [
        ("plan", "@plan.shops"),
        ("login", "berlin-desk"),
        ("passwd", "demo-berlin-desk"),
        ("realname", "Mira Feldt"),
        ("email", "berlin-desk@example.com"),
    ];
    stage.make("account.berlin-desk", "reseller", "account.signup", &pairs)?;
    let credit = [("plid", "@account.berlin-desk"), ("amount", "12"), ("external_id", "ORDER-2200")];
    stage.call("reseller", "account.transfer", &credit).map(drop)
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
