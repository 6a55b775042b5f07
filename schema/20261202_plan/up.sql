-- Call tariffs. A plan without reseller is the provider's: what resellers and direct clients pay. A
-- reseller's own plan is what his clients pay; base_plan_id is the one that he pays himself, and its
-- rates are those of the base with markup (10^-4 of a percent) on top.
-- version counts with everything that changes what a call costs; rate_count is kept beside the rates.
CREATE TABLE plan (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id     BIGINT NOT NULL DEFAULT 0,
    reseller_id    BIGINT NOT NULL DEFAULT 0,
    project_id     BIGINT NOT NULL REFERENCES project (id),
    currency_id    BIGINT NOT NULL REFERENCES currency (id),
    base_plan_id   BIGINT NOT NULL DEFAULT 0,
    markup         BIGINT NOT NULL DEFAULT 0,
    name           TEXT NOT NULL,
    name_fold      TEXT NOT NULL DEFAULT '',
    signup         BOOLEAN NOT NULL DEFAULT FALSE,
    initial_credit BIGINT NOT NULL DEFAULT 0,
    tariff_limit   BIGINT NOT NULL DEFAULT 0,
    rate_count     BIGINT NOT NULL DEFAULT 0,
    version        BIGINT NOT NULL DEFAULT 0,
    active         BOOLEAN NOT NULL DEFAULT TRUE,
    deleted        BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX plan_reseller ON plan (reseller_id, id);
CREATE INDEX plan_name ON plan (name_fold, id);
CREATE INDEX plan_base ON plan (base_plan_id);

CREATE VIEW plan_list AS
SELECT p.id, p.account_id, p.reseller_id, p.name, p.name_fold, p.signup, p.initial_credit, p.tariff_limit,
       p.rate_count, p.markup, p.active, c.iso AS currency_iso, j.name AS project_name,
       COALESCE(b.name, '') AS base_plan_name, COALESCE(a.name, '') AS account_name
FROM plan p JOIN currency c ON c.id = p.currency_id JOIN project j ON j.id = p.project_id
LEFT JOIN plan b ON b.id = p.base_plan_id LEFT JOIN account a ON a.id = p.account_id
WHERE NOT p.deleted;

CREATE VIEW plan_option AS
SELECT id, name, account_id, reseller_id FROM plan WHERE NOT deleted AND active;

-- Those that prices are entered for: the others follow them.
CREATE VIEW plan_provider_option AS
SELECT id, name, account_id, reseller_id FROM plan WHERE NOT deleted AND reseller_id = 0;

-- The plans that a client may change to by himself.
CREATE TABLE plan_grant (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    plan_id     BIGINT NOT NULL REFERENCES plan (id),
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX plan_grant__account ON plan_grant (account_id, plan_id);
CREATE INDEX plan_grant_plan ON plan_grant (plan_id);

-- By which plan an account's calls are charged; retail_plan_id is the one whose rates a reseller's
-- markup makes; sip_limit 0: no bound of its own.
ALTER TABLE account ADD COLUMN plan_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN retail_plan_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN sip_limit BIGINT NOT NULL DEFAULT 0;
CREATE INDEX account_plan ON account (plan_id);
CREATE INDEX account_retail_plan ON account (retail_plan_id);

-- Every account that could be granted a plan: the provider's own are for resellers and direct clients.
CREATE VIEW plan_grant_list AS
SELECT a.id, a.id AS account_id, p.reseller_id, p.id AS plan_id, a.name, a.name_fold, g.id IS NOT NULL AS status
FROM plan p JOIN account a ON (a.reseller_id = p.reseller_id AND NOT a.is_reseller)
    OR (p.reseller_id = 0 AND a.is_reseller)
LEFT JOIN plan_grant g ON g.plan_id = p.id AND g.account_id = a.id
WHERE NOT p.deleted AND NOT a.deleted;

CREATE VIEW plan_available_list AS
SELECT p.id, g.account_id, g.reseller_id, p.name, p.name_fold, a.plan_id = p.id AS is_current,
       c.iso AS currency_iso
FROM plan_grant g JOIN plan p ON p.id = g.plan_id JOIN account a ON a.id = g.account_id
JOIN currency c ON c.id = p.currency_id
WHERE NOT p.deleted AND p.active AND NOT a.deleted;

CREATE VIEW plan_available_option AS
SELECT id, name, account_id, reseller_id FROM plan_available_list;

-- Who may look at the rates of a plan: its owner, and each account whose calls it charges.
CREATE VIEW plan_user AS
SELECT p.id AS plan_id, p.account_id, p.reseller_id, CAST(0 AS BIGINT) AS client_id FROM plan p
UNION ALL
SELECT a.plan_id, a.id, a.reseller_id, a.id FROM account a WHERE NOT a.deleted AND a.plan_id > 0;

CREATE TABLE prefix (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    prefix      TEXT NOT NULL,
    destination TEXT NOT NULL DEFAULT '',
    country     TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX prefix__prefix ON prefix (prefix);

CREATE VIEW prefix_list AS
SELECT id, prefix, destination, country FROM prefix;

CREATE VIEW prefix_option AS
SELECT id, prefix AS name FROM prefix;

-- price: a minute, in millionths. base_*: price and connectcharge of the rate that it follows, so that a
-- markup needs no other row. Times in seconds. manual: a price that no markup changes. A rate that is
-- not active refuses calls; it does not let them through at the price of a shorter prefix.
CREATE TABLE rate (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    plan_id       BIGINT NOT NULL REFERENCES plan (id),
    account_id    BIGINT NOT NULL DEFAULT 0,
    reseller_id   BIGINT NOT NULL DEFAULT 0,
    prefix_id     BIGINT NOT NULL REFERENCES prefix (id),
    price         BIGINT NOT NULL DEFAULT 0,
    initblock     BIGINT NOT NULL DEFAULT 1,
    billingblock  BIGINT NOT NULL DEFAULT 1,
    connectcharge BIGINT NOT NULL DEFAULT 0,
    min_time      BIGINT NOT NULL DEFAULT 0,
    base_price    BIGINT NOT NULL DEFAULT 0,
    base_charge   BIGINT NOT NULL DEFAULT 0,
    manual        BOOLEAN NOT NULL DEFAULT FALSE,
    active        BOOLEAN NOT NULL DEFAULT TRUE,
    updated_at    BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX rate__prefix ON rate (plan_id, prefix_id);
CREATE INDEX rate_prefix ON rate (prefix_id);

-- One row a rate and account that may look at it; client_id 0: the plan's owner.
CREATE VIEW rate_list AS
SELECT r.id, u.account_id, u.reseller_id, u.client_id, r.plan_id, p.name AS plan_name, x.prefix, x.destination,
       r.price, r.initblock, r.billingblock, r.connectcharge, r.min_time, r.manual, r.active, r.updated_at,
       c.iso AS currency_iso
FROM rate r JOIN plan_user u ON u.plan_id = r.plan_id JOIN plan p ON p.id = r.plan_id
JOIN prefix x ON x.id = r.prefix_id JOIN currency c ON c.id = p.currency_id
WHERE NOT p.deleted;

INSERT INTO generation (topic, n) VALUES ('rates', 0);
