//! To whom the documents of a client's expenses are made out, and by which company. The tax of a sale
//! is that of its documents, so both ask here.

use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payer {
    pub id: i64,
    pub profiletype: i64,
    pub company_id: i64,
}

/// Who paid last to the provider, and to whom; a client who has paid nothing yet: his first payer that
/// is attached to a company of the provider, else his first whose kind such a company serves.
pub fn of_documents(
    conn: &mut Conn,
    account_id: i64,
    (subaccount_id, project_id): (i64, i64),
) -> Result<Option<Payer>> {
    let paid = Sql::new(
        "SELECT * FROM (SELECT CAST(1 AS BIGINT) AS rank, f.id, f.profiletype, c.id AS company_id FROM payment p \
         JOIN profile f ON f.id = p.sender_id AND NOT f.deleted AND f.account_id = p.account_id \
         JOIN company c ON c.id = p.recipient_id AND NOT c.deleted \
         WHERE NOT p.deleted AND p.status IN (3, 4) AND p.account_id = ",
    );
    let paid = paid.bind(account_id).sql(" AND p.subaccount_id = ").bind(subaccount_id);
    let attached = paid.sql(
        " ORDER BY p.id DESC LIMIT 1) paid UNION ALL SELECT * FROM (SELECT CAST(2 AS BIGINT), f.id, f.profiletype, c.id \
         FROM profile f JOIN profile_company l ON l.profile_id = f.id JOIN company c ON c.id = l.company_id \
         JOIN project_company j ON j.company_id = c.id \
         WHERE NOT f.deleted AND NOT c.deleted AND f.account_id = ",
    );
    let attached = attached.bind(account_id).sql(" AND j.project_id = ").bind(project_id);
    let served = attached.sql(
        " ORDER BY f.id, c.id LIMIT 1) attached UNION ALL SELECT * FROM (SELECT CAST(3 AS BIGINT), f.id, f.profiletype, c.id \
         FROM profile f JOIN company_profiletype k ON k.profiletype = f.profiletype \
         JOIN company c ON c.id = k.company_id JOIN project_company j ON j.company_id = c.id \
         WHERE NOT f.deleted AND NOT c.deleted AND f.account_id = ",
    );
    let served = served.bind(account_id).sql(" AND j.project_id = ").bind(project_id);
    let best = served.sql(" ORDER BY f.id, c.id LIMIT 1) served ORDER BY rank LIMIT 1");
    let row = best.first(conn, &[Kind::Int; 4])?;
    let payer = |row: Vec<Raw>| {
        let [id, profiletype, company_id] = [row[1].int(), row[2].int(), row[3].int()];
        Payer { id, profiletype, company_id }
    };
    Ok(row.map(payer))
}
