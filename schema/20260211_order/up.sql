-- Orders. status: 0 a cart that is being filled, 1 ordered and not paid, 2 paid, 3 cancelled.
CREATE TABLE billorder (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id    BIGINT NOT NULL REFERENCES account (id),
    reseller_id   BIGINT NOT NULL DEFAULT 0,
    project_id    BIGINT NOT NULL REFERENCES project (id),
    subaccount_id BIGINT NOT NULL REFERENCES subaccount (id),
    status        BIGINT NOT NULL DEFAULT 0,
    promocode     TEXT NOT NULL DEFAULT '',
    createdate    BIGINT NOT NULL DEFAULT 0,
    paydate       BIGINT NOT NULL DEFAULT 0,
    error         TEXT NOT NULL DEFAULT '',
    deleted       BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX billorder_account ON billorder (account_id, id);
CREATE INDEX billorder_reseller ON billorder (reseller_id, id);
CREATE INDEX billorder_status ON billorder (status, id);
-- One cart a client and provider.
CREATE UNIQUE INDEX billorder__cart ON billorder (account_id, project_id) WHERE status = 0 AND NOT deleted;

-- Lines of orders, priced when they were last looked at; what is charged is priced anew.
-- kind: 'open' a new service, 'prolong' a further term, 'change' another tariff or other add-ons.
CREATE TABLE lineitem (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    billorder_id   BIGINT NOT NULL REFERENCES billorder (id),
    account_id     BIGINT NOT NULL,
    reseller_id    BIGINT NOT NULL DEFAULT 0,
    item_id        BIGINT NOT NULL REFERENCES item (id),
    kind           TEXT NOT NULL,
    period         BIGINT NOT NULL DEFAULT 0,
    payload        TEXT NOT NULL DEFAULT '',
    amount         BIGINT NOT NULL DEFAULT 0,
    discountamount BIGINT NOT NULL DEFAULT 0,
    discount       TEXT NOT NULL DEFAULT '',
    taxrate        BIGINT NOT NULL DEFAULT 0,
    taxamount      BIGINT NOT NULL DEFAULT 0,
    total          BIGINT NOT NULL DEFAULT 0,
    expense_id     BIGINT NOT NULL DEFAULT 0,
    deleted        BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX lineitem_order ON lineitem (billorder_id, id);
CREATE INDEX lineitem_item ON lineitem (item_id, id);

CREATE VIEW lineitem_list AS
SELECT l.id, l.billorder_id, l.account_id, l.reseller_id, l.item_id, l.kind, l.period, l.amount,
       l.discountamount, l.discount, l.taxrate, l.taxamount, l.total, i.name AS item_name,
       p.name AS pricelist_name, t.intname AS itemtype, c.iso AS currency_iso
FROM lineitem l
JOIN billorder o ON o.id = l.billorder_id
JOIN item i ON i.id = l.item_id
JOIN pricelist p ON p.id = i.pricelist_id
JOIN itemtype t ON t.id = i.itemtype_id
JOIN subaccount s ON s.id = o.subaccount_id
JOIN currency c ON c.id = s.currency_id
WHERE NOT l.deleted;

CREATE VIEW billorder_list AS
SELECT o.id, o.account_id, o.reseller_id, o.project_id, o.status, o.promocode, o.createdate, o.paydate,
       CAST(o.id AS TEXT) AS number, o.error, a.name AS account_name, j.name AS project_name,
       c.iso AS currency_iso,
       (SELECT CAST(COALESCE(SUM(l.total), 0) AS BIGINT) FROM lineitem l
        WHERE l.billorder_id = o.id AND NOT l.deleted) AS amount
FROM billorder o
JOIN account a ON a.id = o.account_id
JOIN project j ON j.id = o.project_id
JOIN subaccount s ON s.id = o.subaccount_id
JOIN currency c ON c.id = s.currency_id
WHERE NOT o.deleted;

ALTER TABLE payment ADD COLUMN billorder_id BIGINT NOT NULL DEFAULT 0;
CREATE INDEX payment_billorder ON payment (billorder_id) WHERE billorder_id <> 0;
CREATE INDEX expense_item ON expense (item_id, id) WHERE item_id <> 0;
