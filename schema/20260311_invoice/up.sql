-- What a payer was charged for in a period. It has no number until it is issued; from then on nothing
-- that it shows is changed (triggers), and data is what it shows. status: 0 draft, 1 new, 2 printed,
-- 3 sent, 4 signed, 5 cancelled. A credit note corrects an issued invoice by negative lines.
CREATE TABLE invoice (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL DEFAULT 0,
    company_id  BIGINT NOT NULL REFERENCES company (id),
    customer_id BIGINT NOT NULL REFERENCES profile (id),
    currency_id BIGINT NOT NULL REFERENCES currency (id),
    run_id      BIGINT NOT NULL DEFAULT 0,
    corrects_id BIGINT NOT NULL DEFAULT 0,
    number      TEXT NOT NULL DEFAULT '',
    number_fold TEXT NOT NULL DEFAULT '',
    cdate       BIGINT NOT NULL DEFAULT 0,
    fromdate    BIGINT NOT NULL DEFAULT 0,
    todate      BIGINT NOT NULL DEFAULT 0,
    sdate       BIGINT NOT NULL DEFAULT 0,
    amount      BIGINT NOT NULL DEFAULT 0,
    taxamount   BIGINT NOT NULL DEFAULT 0,
    status      BIGINT NOT NULL DEFAULT 0,
    issued      BOOLEAN NOT NULL DEFAULT FALSE,
    warning     TEXT NOT NULL DEFAULT '',
    note        TEXT NOT NULL DEFAULT '',
    data        TEXT NOT NULL DEFAULT '',
    deleted     BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX invoice__number ON invoice (company_id, number) WHERE number <> '';
CREATE UNIQUE INDEX invoice__run ON invoice (run_id, customer_id, currency_id)
WHERE run_id > 0 AND NOT deleted;
CREATE INDEX invoice_account ON invoice (account_id, id);
CREATE INDEX invoice_reseller ON invoice (reseller_id, id);
CREATE INDEX invoice_cdate ON invoice (cdate, id);
CREATE INDEX invoice_account_cdate ON invoice (account_id, cdate, id);
CREATE INDEX invoice_reseller_cdate ON invoice (reseller_id, cdate, id);
CREATE INDEX invoice_number ON invoice (number_fold, id);
CREATE INDEX invoice_customer ON invoice (customer_id);
CREATE INDEX invoice_corrects ON invoice (corrects_id) WHERE corrects_id > 0;

CREATE VIEW invoice_list AS
SELECT i.id, i.number, i.number_fold, i.account_id, i.reseller_id, i.company_id, i.customer_id,
       i.corrects_id, i.cdate, i.fromdate, i.todate, i.sdate, i.amount, i.taxamount, i.status, i.issued,
       i.warning, c.name AS company_name, p.name AS customer_name, p.name_fold AS customer_name_fold,
       p.profiletype, a.name AS account_name, u.iso AS currency_iso
FROM invoice i
LEFT JOIN company c ON c.id = i.company_id
LEFT JOIN profile p ON p.id = i.customer_id
LEFT JOIN account a ON a.id = i.account_id
LEFT JOIN currency u ON u.id = i.currency_id
WHERE NOT i.deleted;

-- A line; amount and taxamount are the sums of its expenses, and amount holds the tax.
CREATE TABLE invoiceitem (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    invoice_id  BIGINT NOT NULL REFERENCES invoice (id),
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL DEFAULT 0,
    name        TEXT NOT NULL DEFAULT '',
    amount      BIGINT NOT NULL DEFAULT 0,
    taxrate     BIGINT NOT NULL DEFAULT 0,
    taxamount   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX invoiceitem_invoice ON invoiceitem (invoice_id, id);
CREATE INDEX invoiceitem_account ON invoiceitem (account_id, id);
CREATE INDEX invoiceitem_reseller ON invoiceitem (reseller_id, id);

-- What an invoice takes of an expense. All rows of an expense together are what stands of it in invoices.
CREATE TABLE invoiceitem_expense (
    invoiceitem_id BIGINT NOT NULL REFERENCES invoiceitem (id),
    expense_id     BIGINT NOT NULL REFERENCES expense (id),
    amount         BIGINT NOT NULL,
    taxamount      BIGINT NOT NULL,
    PRIMARY KEY (invoiceitem_id, expense_id)
);
CREATE INDEX invoiceitem_expense_expense ON invoiceitem_expense (expense_id);

CREATE VIEW invoiceitem_list AS
SELECT t.id, t.invoice_id, t.account_id, t.reseller_id, t.name, t.amount, t.taxrate, t.taxamount,
       i.issued, u.iso AS currency_iso,
       (SELECT COUNT(*) FROM invoiceitem_expense l WHERE l.invoiceitem_id = t.id) AS expenses
FROM invoiceitem t
JOIN invoice i ON i.id = t.invoice_id
JOIN currency u ON u.id = i.currency_id
WHERE NOT i.deleted;

-- A month end that may need many jobs: what was asked for, and how far it has come.
-- stage: 0 collects expenses, 1 issues what was collected, 2 is done.
CREATE TABLE invoice_run (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id   BIGINT NOT NULL REFERENCES company (id),
    customer_id  BIGINT NOT NULL DEFAULT 0,
    profiletypes TEXT NOT NULL DEFAULT '',
    status       BIGINT NOT NULL DEFAULT 0,
    cdate        BIGINT NOT NULL,
    fromdate     BIGINT NOT NULL,
    todate       BIGINT NOT NULL,
    before_at    BIGINT NOT NULL,
    summarize    BOOLEAN NOT NULL DEFAULT FALSE,
    seen_at      BIGINT NOT NULL DEFAULT 0,
    seen_id      BIGINT NOT NULL DEFAULT 0,
    taken        BIGINT NOT NULL DEFAULT 0,
    payerless    BIGINT NOT NULL DEFAULT 0,
    stage        BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX invoice_run_open ON invoice_run (stage, id);
