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

CREATE TABLE prefix (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    prefix      TEXT NOT NULL,
    destination TEXT NOT NULL DEFAULT '',
    country     TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX prefix__prefix ON prefix (prefix);

-- price: a minute, in millionths. Times in seconds. manual: a price that no markup changes.
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
    manual        BOOLEAN NOT NULL DEFAULT FALSE,
    active        BOOLEAN NOT NULL DEFAULT TRUE,
    updated_at    BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX rate__prefix ON rate (plan_id, prefix_id);
CREATE INDEX rate_prefix ON rate (prefix_id);
