-- Who delivers eSIMs. kind: sandbox (inside of this program) or http. access_code and webhook_secret are
-- sealed. Packages are sold in currency_id; what the catalogue costs in another currency is converted by
-- the rates of project_id. Markups are 10^-4 of a percent. *_at microseconds, 0: never.
CREATE TABLE esim_provider (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    code            TEXT NOT NULL,
    name            TEXT NOT NULL,
    kind            TEXT NOT NULL,
    url             TEXT NOT NULL DEFAULT '',
    access_code     TEXT NOT NULL DEFAULT '',
    webhook_secret  TEXT NOT NULL DEFAULT '',
    project_id      BIGINT NOT NULL REFERENCES project (id),
    currency_id     BIGINT NOT NULL REFERENCES currency (id),
    markup_client   BIGINT NOT NULL DEFAULT 0,
    markup_reseller BIGINT NOT NULL DEFAULT 0,
    synced_at       BIGINT NOT NULL DEFAULT 0,
    active          BOOLEAN NOT NULL DEFAULT TRUE,
    deleted         BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX esim_provider__code ON esim_provider (code) WHERE NOT deleted;

CREATE VIEW esim_provider_list AS
SELECT p.id, p.code, p.name, p.kind, p.url, p.markup_client, p.markup_reseller, p.synced_at, p.active,
       c.iso AS currency_iso, j.name AS project_name
FROM esim_provider p JOIN currency c ON c.id = p.currency_id JOIN project j ON j.id = p.project_id
WHERE NOT p.deleted;

CREATE VIEW esim_provider_option AS
SELECT id, name FROM esim_provider WHERE NOT deleted;

-- What a provider sells. search: all that a package is found by. listed: it stood in the catalogue when that was last read. manual: prices that no
-- markup changes. catalogue_cost: as the catalogue says, in its own currency; 0 where it says nothing.
CREATE TABLE esim_package (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    provider_id    BIGINT NOT NULL REFERENCES esim_provider (id),
    code           TEXT NOT NULL,
    name           TEXT NOT NULL,
    name_fold      TEXT NOT NULL DEFAULT '',
    region         TEXT NOT NULL DEFAULT '',
    search         TEXT NOT NULL DEFAULT '',
    search_fold    TEXT NOT NULL DEFAULT '',
    data_bytes     BIGINT NOT NULL,
    duration_days  BIGINT NOT NULL,
    buy_cost       BIGINT NOT NULL DEFAULT 0,
    catalogue_cost BIGINT NOT NULL DEFAULT 0,
    price_client   BIGINT NOT NULL DEFAULT 0,
    price_reseller BIGINT NOT NULL DEFAULT 0,
    currency_id    BIGINT NOT NULL REFERENCES currency (id),
    manual         BOOLEAN NOT NULL DEFAULT FALSE,
    listed         BOOLEAN NOT NULL DEFAULT TRUE,
    active         BOOLEAN NOT NULL DEFAULT TRUE,
    deleted        BOOLEAN NOT NULL DEFAULT FALSE,
    synced_at      BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX esim_package__code ON esim_package (code) WHERE NOT deleted;
CREATE INDEX esim_package_provider ON esim_package (provider_id, id);

-- One row a package and account that can buy it, with the account's own price; those of nobody
-- (account_id 0) are for staff. A package is sold in one currency, to who has money in it; a reseller's
-- client buys what his reseller can pay too.
CREATE VIEW esim_package_list AS
SELECT p.id, CAST(0 AS BIGINT) AS account_id, CAST(0 AS BIGINT) AS reseller_id, p.provider_id,
       v.name AS provider_name, p.code, p.name, p.name_fold, p.region, p.search_fold, p.data_bytes,
       p.duration_days, p.price_client AS price, p.price_client, p.price_reseller, p.buy_cost,
       p.catalogue_cost,
       c.iso AS currency_iso, p.manual, p.listed, p.active, p.synced_at
FROM esim_package p JOIN esim_provider v ON v.id = p.provider_id JOIN currency c ON c.id = p.currency_id
WHERE NOT p.deleted AND NOT v.deleted
UNION ALL
SELECT p.id, a.id, a.reseller_id, p.provider_id, v.name, p.code, p.name, p.name_fold, p.region, p.search_fold,
       p.data_bytes, p.duration_days, CASE WHEN a.is_reseller THEN p.price_reseller ELSE p.price_client END,
       p.price_client, p.price_reseller, p.buy_cost, p.catalogue_cost, c.iso, p.manual, p.listed, p.active, p.synced_at
FROM account a JOIN subaccount s ON s.id = (SELECT MIN(f.id) FROM subaccount f WHERE f.account_id = a.id)
JOIN esim_package p ON p.currency_id = s.currency_id
JOIN esim_provider v ON v.id = p.provider_id JOIN currency c ON c.id = p.currency_id
LEFT JOIN subaccount r ON r.id = (SELECT MIN(g.id) FROM subaccount g WHERE g.account_id = a.reseller_id)
WHERE NOT p.deleted AND p.active AND p.listed AND NOT v.deleted AND v.active AND p.price_client > 0
      AND p.price_reseller > 0 AND NOT a.deleted AND (a.reseller_id = 0 OR r.currency_id = p.currency_id);

CREATE TABLE esim_coverage (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    package_id BIGINT NOT NULL REFERENCES esim_package (id),
    iso        TEXT NOT NULL,
    country    TEXT NOT NULL,
    network    TEXT NOT NULL,
    tech       TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX esim_coverage__network ON esim_coverage (package_id, country, network);

-- What was bought, with its price as it was. our_ref: the provider knows the order by it, so that asking
-- again is no second order. status: PENDING (the money is held), READY (it is paid), FAILED (refused at
-- once) and REFUNDED (given up later): the money was given back. wholesale_*: what the reseller of the
-- client pays. asked_at, tries, next_at: when the provider was last asked, how often, and when it will be.
-- data_*: -1 where the provider has not said.
CREATE TABLE esim_order (
    id                     INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id             BIGINT NOT NULL REFERENCES account (id),
    reseller_id            BIGINT NOT NULL DEFAULT 0,
    subaccount_id          BIGINT NOT NULL REFERENCES subaccount (id),
    reseller_subaccount_id BIGINT NOT NULL DEFAULT 0,
    provider_id            BIGINT NOT NULL REFERENCES esim_provider (id),
    package_id             BIGINT NOT NULL REFERENCES esim_package (id),
    package_code           TEXT NOT NULL,
    package_name           TEXT NOT NULL,
    duration_days          BIGINT NOT NULL,
    data_bytes             BIGINT NOT NULL,
    price                  BIGINT NOT NULL,
    wholesale_price        BIGINT NOT NULL DEFAULT 0,
    buy_cost               BIGINT NOT NULL DEFAULT 0,
    catalogue_cost         BIGINT NOT NULL DEFAULT 0,
    currency_id            BIGINT NOT NULL REFERENCES currency (id),
    status                 TEXT NOT NULL,
    our_ref                TEXT NOT NULL,
    external_id            TEXT NOT NULL DEFAULT '',
    provider_order_no      TEXT NOT NULL DEFAULT '',
    iccid                  TEXT NOT NULL DEFAULT '',
    smdp                   TEXT NOT NULL DEFAULT '',
    matching_id            TEXT NOT NULL DEFAULT '',
    data_total             BIGINT NOT NULL DEFAULT -1,
    data_used              BIGINT NOT NULL DEFAULT -1,
    expires_at             BIGINT NOT NULL DEFAULT 0,
    note                   TEXT NOT NULL DEFAULT '',
    created_at             BIGINT NOT NULL,
    asked_at               BIGINT NOT NULL DEFAULT 0,
    synced_at              BIGINT NOT NULL DEFAULT 0,
    next_at                BIGINT NOT NULL DEFAULT 0,
    tries                  BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX esim_order__our_ref ON esim_order (our_ref);
CREATE UNIQUE INDEX esim_order__external_id ON esim_order (account_id, external_id) WHERE external_id <> '';
CREATE UNIQUE INDEX esim_order__iccid ON esim_order (provider_id, iccid) WHERE iccid <> '';
CREATE INDEX esim_order_number ON esim_order (provider_id, provider_order_no);
CREATE INDEX esim_order_pending ON esim_order (next_at, id) WHERE status = 'PENDING';
CREATE INDEX esim_order_created ON esim_order (created_at, id);
CREATE INDEX esim_order_account ON esim_order (account_id, created_at, id);
CREATE INDEX esim_order_reseller ON esim_order (reseller_id, created_at, id);

CREATE VIEW esim_order_list AS
SELECT o.id, o.account_id, o.reseller_id, a.name AS account_name, v.name AS provider_name, o.package_code,
       o.package_name, o.price, o.wholesale_price, o.buy_cost, c.iso AS currency_iso, o.status, o.our_ref,
       o.external_id, o.provider_order_no, NULLIF(o.iccid, '') AS iccid, NULLIF(o.smdp, '') AS smdp,
       NULLIF(o.matching_id, '') AS matching_id,
       CASE WHEN o.smdp <> '' THEN 'LPA:1$' || o.smdp || '$' || o.matching_id END AS lpa,
       NULLIF(o.data_total, -1) AS data_total, NULLIF(o.data_used, -1) AS data_used,
       CASE WHEN o.data_total >= 0 AND o.data_used >= 0 THEN o.data_total - o.data_used END AS data_remaining,
       o.expires_at, o.created_at, o.synced_at, o.note
FROM esim_order o JOIN account a ON a.id = o.account_id JOIN currency c ON c.id = o.currency_id
JOIN esim_provider v ON v.id = o.provider_id;

-- What still holds money, and so keeps what it refers to.
CREATE VIEW esim_pending AS
SELECT id, account_id, reseller_id, provider_id, package_id FROM esim_order WHERE status = 'PENDING';
