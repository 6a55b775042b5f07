-- What raised a client's balance beside payments, as he sees it. kind: voucher, transfer, payment,
-- initial. reference: the row of that kind.
CREATE TABLE refill (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id    BIGINT NOT NULL REFERENCES account (id),
    reseller_id   BIGINT NOT NULL DEFAULT 0,
    subaccount_id BIGINT NOT NULL REFERENCES subaccount (id),
    kind          TEXT NOT NULL,
    reference     BIGINT NOT NULL DEFAULT 0,
    amount        BIGINT NOT NULL,
    description   TEXT NOT NULL DEFAULT '',
    created_at    BIGINT NOT NULL
);
CREATE INDEX refill_created ON refill (created_at, id);
CREATE INDEX refill_account ON refill (account_id, created_at, id);
CREATE INDEX refill_reseller ON refill (reseller_id, created_at, id);

CREATE VIEW refill_list AS
SELECT r.id, r.account_id, r.reseller_id, r.kind, r.reference, r.amount, r.description, r.created_at,
       s.currency_iso, a.name AS account_name
FROM refill r JOIN subaccount_list s ON s.id = r.subaccount_id JOIN account a ON a.id = r.account_id;

-- A code is money: it is kept as it is sold, and counts once. account_id, reseller_id: the reseller
-- whose clients may redeem it; 0: the provider's own clients.
CREATE TABLE voucher (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  BIGINT NOT NULL DEFAULT 0,
    reseller_id BIGINT NOT NULL DEFAULT 0,
    project_id  BIGINT NOT NULL REFERENCES project (id),
    currency_id BIGINT NOT NULL REFERENCES currency (id),
    code        TEXT NOT NULL,
    amount      BIGINT NOT NULL,
    tag         TEXT NOT NULL DEFAULT '',
    expires_at  BIGINT NOT NULL DEFAULT 0,
    used_by     BIGINT NOT NULL DEFAULT 0,
    used_at     BIGINT NOT NULL DEFAULT 0,
    created_at  BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX voucher__code ON voucher (code);
CREATE INDEX voucher_reseller ON voucher (reseller_id, id);

CREATE VIEW voucher_list AS
SELECT v.id, v.account_id, v.reseller_id, v.code, v.amount, v.tag, v.expires_at, v.used_at, v.created_at,
       c.iso AS currency_iso, p.name AS project_name, COALESCE(a.name, '') AS used_by_name,
       CASE WHEN v.used_by = 0 THEN 'unused' ELSE 'used' END AS status
FROM voucher v JOIN currency c ON c.id = v.currency_id JOIN project p ON p.id = v.project_id
LEFT JOIN account a ON a.id = v.used_by;

-- Retail credit that a reseller gives to a client of his. Failed ones are kept: they are asked for too.
-- external_id of his makes a retry the same transfer; '' is none.
CREATE TABLE reseller_transfer (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id    BIGINT NOT NULL REFERENCES account (id),
    reseller_id   BIGINT NOT NULL,
    subaccount_id BIGINT NOT NULL DEFAULT 0,
    amount        BIGINT NOT NULL,
    external_id   TEXT NOT NULL DEFAULT '',
    status        TEXT NOT NULL,
    error         TEXT NOT NULL DEFAULT '',
    created_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX reseller_transfer__external_id ON reseller_transfer (reseller_id, external_id)
    WHERE external_id <> '' AND status = 'success';
CREATE INDEX reseller_transfer_reseller ON reseller_transfer (reseller_id, created_at, id);
CREATE INDEX reseller_transfer_account ON reseller_transfer (account_id, created_at, id);
CREATE INDEX reseller_transfer_created ON reseller_transfer (created_at, id);

CREATE VIEW reseller_transfer_list AS
SELECT t.id, t.account_id, t.reseller_id, t.amount, t.external_id, t.status, t.error, t.created_at,
       u.name AS login, a.name AS account_name, COALESCE(s.currency_iso, '') AS currency_iso
FROM reseller_transfer t JOIN account a ON a.id = t.account_id
LEFT JOIN users u ON u.id = (SELECT MIN(f.id) FROM users f WHERE f.account_id = t.account_id AND NOT f.deleted)
LEFT JOIN subaccount_list s ON s.id = t.subaccount_id;

-- A payment that a reseller's own portal took from a client of his. The provider has not got this money,
-- so it is no row of `payment`: it is retail credit, as a transfer is. Statuses are those of payments.
CREATE TABLE agentpayment (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id    BIGINT NOT NULL REFERENCES account (id),
    reseller_id   BIGINT NOT NULL,
    subaccount_id BIGINT NOT NULL REFERENCES subaccount (id),
    provider      TEXT NOT NULL,
    external_id   TEXT NOT NULL,
    provider_txid TEXT NOT NULL DEFAULT '',
    amount        BIGINT NOT NULL,
    currency_id   BIGINT NOT NULL REFERENCES currency (id),
    credited      BIGINT NOT NULL DEFAULT 0,
    status        BIGINT NOT NULL DEFAULT 1,
    created_at    BIGINT NOT NULL,
    paid_at       BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX agentpayment__external_id ON agentpayment (reseller_id, provider, external_id);
CREATE UNIQUE INDEX agentpayment__provider_txid ON agentpayment (reseller_id, provider, provider_txid)
    WHERE provider_txid <> '';
CREATE INDEX agentpayment_account ON agentpayment (account_id, created_at, id);
CREATE INDEX agentpayment_reseller ON agentpayment (reseller_id, created_at, id);
CREATE INDEX agentpayment_created ON agentpayment (created_at, id);

CREATE VIEW agentpayment_list AS
SELECT p.id, p.account_id, p.reseller_id, p.provider, p.external_id, p.provider_txid, p.amount, p.credited,
       p.status, p.created_at, p.paid_at, c.iso AS currency_iso, s.currency_iso AS subaccount_iso,
       a.name AS account_name
FROM agentpayment p JOIN currency c ON c.id = p.currency_id
JOIN subaccount_list s ON s.id = p.subaccount_id JOIN account a ON a.id = p.account_id;
