-- Services of every product type. status: 1 ordered, 2 active, 3 suspended, 4 deleted, 5 processing;
-- substatus says by whom or what for: 'autosuspend', 'adminsuspend', 'open', 'close'.
-- A term that is paid ends at expiredate (0: never). anchor_day is the day of the month of the
-- beginning, so that a month's last day does not wear off. autoprolong is a period, 0 is none.
CREATE TABLE item (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id     BIGINT NOT NULL REFERENCES account (id),
    reseller_id    BIGINT NOT NULL DEFAULT 0,
    itemtype_id    BIGINT NOT NULL REFERENCES itemtype (id),
    project_id     BIGINT NOT NULL REFERENCES project (id),
    subaccount_id  BIGINT NOT NULL REFERENCES subaccount (id),
    pricelist_id   BIGINT NOT NULL REFERENCES pricelist (id),
    processing_id  BIGINT NOT NULL DEFAULT 0,
    datacenter_id  BIGINT NOT NULL DEFAULT 0,
    parent_id      BIGINT NOT NULL DEFAULT 0,
    name           TEXT NOT NULL DEFAULT '',
    name_fold      TEXT NOT NULL DEFAULT '',
    ip             TEXT NOT NULL DEFAULT '',
    period         BIGINT NOT NULL DEFAULT 1,
    autoprolong    BIGINT NOT NULL DEFAULT 0,
    status         BIGINT NOT NULL DEFAULT 1,
    substatus      TEXT NOT NULL DEFAULT '',
    service_status BIGINT NOT NULL DEFAULT 0,
    createdate     BIGINT NOT NULL DEFAULT 0,
    opendate       BIGINT NOT NULL DEFAULT 0,
    expiredate     BIGINT NOT NULL DEFAULT 0,
    closedate      BIGINT NOT NULL DEFAULT 0,
    anchor_day     BIGINT NOT NULL DEFAULT 1,
    is_trial       BOOLEAN NOT NULL DEFAULT FALSE,
    cost           BIGINT NOT NULL DEFAULT 0,
    remoteid       TEXT NOT NULL DEFAULT '',
    note           TEXT NOT NULL DEFAULT '',
    reminded_at    BIGINT NOT NULL DEFAULT 0,
    deleted        BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX item_account ON item (account_id, id);
CREATE INDEX item_reseller ON item (reseller_id, id);
CREATE INDEX item_type ON item (itemtype_id, id);
CREATE INDEX item_account_type ON item (account_id, itemtype_id, id);
CREATE INDEX item_name ON item (name_fold, id);
CREATE INDEX item_pricelist ON item (pricelist_id);
CREATE INDEX item_processing ON item (processing_id);
CREATE INDEX item_parent ON item (parent_id);
-- The jobs look for what ends: active and suspended services by their end.
CREATE INDEX item_due ON item (status, expiredate, id);
-- One order of a client's own script is one service.
CREATE UNIQUE INDEX item__remoteid ON item (account_id, remoteid) WHERE remoteid <> '' AND NOT deleted;

CREATE VIEW item_list AS
SELECT i.id, i.account_id, i.reseller_id, i.itemtype_id, i.project_id, i.pricelist_id, i.processing_id,
       i.datacenter_id, i.name, i.name_fold, i.ip, i.period, i.autoprolong, i.status, i.service_status,
       i.createdate, i.opendate, i.expiredate, i.cost, i.remoteid, i.note, i.parent_id, i.is_trial,
       CASE WHEN i.substatus = '' THEN CAST(i.status AS TEXT)
            ELSE CAST(i.status AS TEXT) || '_' || i.substatus END AS full_status,
       t.intname AS itemtype_intname, t.name AS itemtype_name, t.name_ru AS itemtype_name_ru,
       p.name AS pricelist_name, a.name AS account_name, j.name AS project_name,
       COALESCE(d.name, '') AS datacenter_name, COALESCE(m.name, '') AS processing_name,
       c.iso AS currency_iso
FROM item i
JOIN itemtype t ON t.id = i.itemtype_id
JOIN pricelist p ON p.id = i.pricelist_id
JOIN account a ON a.id = i.account_id
JOIN project j ON j.id = i.project_id
JOIN subaccount s ON s.id = i.subaccount_id
JOIN currency c ON c.id = s.currency_id
LEFT JOIN datacenter d ON d.id = i.datacenter_id
LEFT JOIN processing m ON m.id = i.processing_id
WHERE NOT i.deleted;

DROP VIEW processing_list;
CREATE VIEW processing_list AS
SELECT p.id, p.name, p.name_fold, p.module, p.datacenter_id, COALESCE(d.name, '') AS datacenter_name,
       (SELECT COUNT(*) FROM item i WHERE i.processing_id = p.id AND NOT i.deleted) AS pusage,
       CASE WHEN p.balance_at = 0 THEN NULL ELSE p.balance END AS balance_info,
       COALESCE(c.iso, '') AS balance_iso, p.orderpriority, p.active
FROM processing p
LEFT JOIN datacenter d ON d.id = p.datacenter_id
LEFT JOIN currency c ON c.id = p.balance_currency_id
WHERE NOT p.deleted;

CREATE VIEW item_option AS
SELECT id, name, account_id, reseller_id
FROM item
WHERE NOT deleted;

-- What a module and an order know of a service: operating system, user name, licence key.
-- A sealed value is text of crate::seal with context item:<item_id>:<name>.
CREATE TABLE itemparam (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id BIGINT NOT NULL REFERENCES item (id),
    name    TEXT NOT NULL,
    value   TEXT NOT NULL DEFAULT '',
    sealed  BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX itemparam__name ON itemparam (item_id, name);

-- What was chosen of the tariff's add-ons.
CREATE TABLE item_addon (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id            BIGINT NOT NULL REFERENCES item (id),
    detail_id          BIGINT NOT NULL REFERENCES pricelist_detail (id),
    count              BIGINT NOT NULL DEFAULT 0,
    enumerationitem_id BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX item_addon__detail ON item_addon (item_id, detail_id);

-- Paid terms, one after another without gap or overlap; what was not used is given back from here.
-- A change of tariff cuts a term in two; whole_at is where the uncut one began.
CREATE TABLE item_term (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id    BIGINT NOT NULL REFERENCES item (id),
    period     BIGINT NOT NULL,
    whole_at   BIGINT NOT NULL,
    begin_at   BIGINT NOT NULL,
    end_at     BIGINT NOT NULL,
    expense_id BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX item_term_item ON item_term (item_id, end_at);

-- What a service used of a resource on a day, as its module reports.
CREATE TABLE item_stat (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id BIGINT NOT NULL REFERENCES item (id),
    name    TEXT NOT NULL,
    day     BIGINT NOT NULL,
    value   BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX item_stat__day ON item_stat (item_id, name, day);

CREATE TABLE item_ip (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id     BIGINT NOT NULL REFERENCES item (id),
    account_id  BIGINT NOT NULL,
    reseller_id BIGINT NOT NULL DEFAULT 0,
    name        TEXT NOT NULL,
    domain      TEXT NOT NULL DEFAULT '',
    mask        TEXT NOT NULL DEFAULT '',
    gateway     TEXT NOT NULL DEFAULT '',
    type        TEXT NOT NULL DEFAULT '',
    committed   BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE INDEX item_ip_item ON item_ip (item_id, id);
CREATE UNIQUE INDEX item_ip__name ON item_ip (item_id, name);

CREATE VIEW item_ip_list AS
SELECT id, item_id, account_id, reseller_id, name, domain, mask, gateway, type
FROM item_ip;

INSERT INTO generation (topic, n) VALUES ('types', 0);
