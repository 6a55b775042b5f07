//! What the demo's clients have of telephony: SIP accounts, addresses, caller IDs and vouchers.

use super::stage::{Pairs, Stage};
use crate::error::Result;

/// Client, number and password of a telephone.
const PHONES: [(&str, &str, &str); 3] = [
    ("@account.client", "4930555011001", "Office-phone-2025"),
    ("@account.client", "4930555011002", "Fax-machine-2025"),
    ("@account.shop1", "4940555012001", "Counter-phone-2025"),
];

/// Who calls what; the name under which its record is remembered, or "".
type Deed<'d> = (&'d str, &'d str, &'d str, Pairs<'d>);

const DEEDS: [Deed; 13] = [
    ("", "client", "ipauth.edit", &[("plid", "4930555011001"), ("ip", "203.0.113.20")]),
    ("peer.old", "client", "ipauth.edit", &[("plid", "4930555011001"), ("ip", "203.0.113.21")]),
    ("", "client", "ipauth.suspend", &[("elid", "@peer.old")]),
    ("", "reseller", "ipauth.edit", &[("plid", "4940555012001"), ("ip", "198.51.100.20"), ("port", "5080")]),
    ("", "client", "callerid.edit", &[("cid", "+49305550110"), ("name", "Office"), ("active", "on")]),
    ("", "client", "callerid.edit", &[("cid", "+491705550110"), ("name", "Ada's mobile")]),
    ("", "shop1", "callerid.edit", &[("cid", "+49405550120"), ("name", "Shop"), ("active", "on")]),
    (
        "",
        "admin",
        "voucher.edit",
        &[("project", "@project.nordwind"), ("amount", "5"), ("code", "123456"), ("tag", "Fair")],
    ),
    (
        "",
        "admin",
        "voucher.edit",
        &[("project", "@project.nordwind"), ("amount", "5"), ("code", "FAIR-2025"), ("tag", "Fair")],
    ),
    (
        "",
        "admin",
        "voucher.edit",
        &[("project", "@project.nordwind"), ("amount", "10"), ("count", "5"), ("tag", "Fair")],
    ),
    (
        "",
        "reseller",
        "voucher.edit",
        &[("amount", "2.5"), ("count", "3"), ("tag", "Counter"), ("expires", "2030-12-31")],
    ),
    ("", "client", "voucher.redeem", &[("code", "FAIR-2025")]),
    ("", "shop1", "callerid.edit", &[("cid", "110"), ("name", "Not in use")]),
];

pub fn set_up(stage: &mut Stage) -> Result<()> {
    for (account, number, password) in PHONES {
        let pairs = [("plid", account), ("newname", number), ("passwd", password)];
        stage.call("admin", "sip.edit", &pairs)?;
    }
    for (name, login, func, pairs) in DEEDS {
        match name {
            "" => stage.call(login, func, pairs).map(drop)?,
            name => stage.make(name, login, func, pairs).map(drop)?,
        }
    }
    Ok(())
}
