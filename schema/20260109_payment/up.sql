-- reversals counts credits that were taken back, so that a later one has a ledger key of its own.
CREATE TABLE payment (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id       BIGINT NOT NULL REFERENCES account (id),
    reseller_id      BIGINT NOT NULL DEFAULT 0,
    subaccount_id    BIGINT NOT NULL REFERENCES subaccount (id),
    project_id       BIGINT NOT NULL DEFAULT 0,
    number           TEXT NOT NULL DEFAULT '',
    number_fold      TEXT NOT NULL DEFAULT '',
    sender_id        BIGINT NOT NULL DEFAULT 0,
    recipient_id     BIGINT NOT NULL DEFAULT 0,
    paymethod_id     BIGINT NOT NULL REFERENCES paymethod (id),
    status           BIGINT NOT NULL DEFAULT 1,
    subaccountamount BIGINT NOT NULL DEFAULT 0,
    paymethodamount  BIGINT NOT NULL DEFAULT 0,
    createdate       BIGINT NOT NULL DEFAULT 0,
    paydate          BIGINT NOT NULL DEFAULT 0,
    creditdate       BIGINT NOT NULL DEFAULT 0,
    reversals        BIGINT NOT NULL DEFAULT 0,
    description      TEXT NOT NULL DEFAULT '',
    note             TEXT NOT NULL DEFAULT '',
    externalid       TEXT NOT NULL DEFAULT '',
    info             TEXT NOT NULL DEFAULT '',
    deleted          BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX payment_account ON payment (account_id, id);
CREATE INDEX payment_reseller ON payment (reseller_id, id);
CREATE INDEX payment_created ON payment (createdate, id);
CREATE INDEX payment_account_created ON payment (account_id, createdate, id);
CREATE INDEX payment_reseller_created ON payment (reseller_id, createdate, id);
CREATE INDEX payment_number ON payment (number_fold, id);
CREATE INDEX payment_sender ON payment (sender_id);
CREATE INDEX payment_external ON payment (externalid);

CREATE VIEW payment_list AS
SELECT p.id, p.number, p.number_fold, p.account_id, p.reseller_id, p.subaccount_id, p.project_id,
       p.sender_id, p.recipient_id, p.paymethod_id, p.status, p.status AS real_status,
       p.subaccountamount, p.paymethodamount, p.createdate, p.paydate, p.description, p.externalid,
       COALESCE(f.name, '') AS sender_name, COALESCE(c.name, '') AS recipient_name,
       a.name AS account_name, m.name AS paymethod_name, m.module AS paymethod_module,
       sc.iso AS subaccount_iso, mc.iso AS paymethod_iso, j.name AS project_name
FROM payment p
LEFT JOIN account a ON a.id = p.account_id
LEFT JOIN subaccount s ON s.id = p.subaccount_id
LEFT JOIN currency sc ON sc.id = s.currency_id
LEFT JOIN paymethod m ON m.id = p.paymethod_id
LEFT JOIN currency mc ON mc.id = m.currency_id
LEFT JOIN profile f ON f.id = p.sender_id
LEFT JOIN company c ON c.id = p.recipient_id
LEFT JOIN project j ON j.id = p.project_id
WHERE NOT p.deleted;

-- taxrate counts 10^-4 of a percent: 20 % is 200000.
CREATE TABLE expense (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id     BIGINT NOT NULL REFERENCES account (id),
    reseller_id    BIGINT NOT NULL DEFAULT 0,
    subaccount_id  BIGINT NOT NULL REFERENCES subaccount (id),
    project_id     BIGINT NOT NULL DEFAULT 0,
    item_id        BIGINT NOT NULL DEFAULT 0,
    operation      TEXT NOT NULL DEFAULT 'manual',
    name           TEXT NOT NULL DEFAULT '',
    name_fold      TEXT NOT NULL DEFAULT '',
    amount         BIGINT NOT NULL DEFAULT 0,
    taxrate        BIGINT NOT NULL DEFAULT 0,
    taxamount      BIGINT NOT NULL DEFAULT 0,
    discountamount BIGINT NOT NULL DEFAULT 0,
    discount       TEXT NOT NULL DEFAULT '',
    notpayd        BIGINT NOT NULL DEFAULT 0,
    compensated    BIGINT NOT NULL DEFAULT 0,
    realdate       BIGINT NOT NULL DEFAULT 0,
    cdate          BIGINT NOT NULL DEFAULT 0,
    postpaid       BOOLEAN NOT NULL DEFAULT FALSE,
    deleted        BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX expense_account ON expense (account_id, id);
CREATE INDEX expense_reseller ON expense (reseller_id, id);
CREATE INDEX expense_real ON expense (realdate, id);
CREATE INDEX expense_account_real ON expense (account_id, realdate, id);
CREATE INDEX expense_reseller_real ON expense (reseller_id, realdate, id);

CREATE VIEW expense_list AS
SELECT e.id, e.name, e.name_fold, e.account_id, e.reseller_id, e.subaccount_id, e.operation, e.amount,
       e.taxrate, e.taxamount, e.discountamount, e.discount, e.notpayd, e.compensated, e.realdate, e.cdate,
       a.name AS account_name, c.iso AS currency_iso
FROM expense e
LEFT JOIN account a ON a.id = e.account_id
LEFT JOIN subaccount s ON s.id = e.subaccount_id
LEFT JOIN currency c ON c.id = s.currency_id
WHERE NOT e.deleted;
