-- A statement of what passed between a client and the providers of a company, in one currency. It is
-- made from the ledger once; lines holds what it showed then.
CREATE TABLE reconciliation (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL DEFAULT 0,
    company_id  BIGINT NOT NULL REFERENCES company (id),
    customer_id BIGINT NOT NULL REFERENCES profile (id),
    currency_id BIGINT NOT NULL REFERENCES currency (id),
    number      TEXT NOT NULL DEFAULT '',
    cdate       BIGINT NOT NULL DEFAULT 0,
    fromdate    BIGINT NOT NULL DEFAULT 0,
    todate      BIGINT NOT NULL DEFAULT 0,
    opening     BIGINT NOT NULL DEFAULT 0,
    expenses    BIGINT NOT NULL DEFAULT 0,
    payments    BIGINT NOT NULL DEFAULT 0,
    closing     BIGINT NOT NULL DEFAULT 0,
    data        TEXT NOT NULL DEFAULT '',
    deleted     BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX reconciliation_account ON reconciliation (account_id, id);
CREATE INDEX reconciliation_reseller ON reconciliation (reseller_id, id);

CREATE VIEW reconciliation_list AS
SELECT r.id, r.account_id, r.reseller_id, r.number, r.company_id, r.customer_id, r.cdate, r.fromdate,
       r.todate, r.opening, r.expenses, r.payments, r.closing, c.name AS company_name,
       p.name AS customer_name, p.name_fold AS customer_name_fold, a.name AS account_name,
       u.iso AS currency_iso
FROM reconciliation r
LEFT JOIN company c ON c.id = r.company_id
LEFT JOIN profile p ON p.id = r.customer_id
LEFT JOIN account a ON a.id = r.account_id
LEFT JOIN currency u ON u.id = r.currency_id
WHERE NOT r.deleted;
