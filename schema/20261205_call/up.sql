-- Where calls are switched. kind: sandbox (inside of this program) or asterisk. secret: of its manager
-- interface, sealed; key_hash: of the key that its requests show.
CREATE TABLE switch (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    address  TEXT NOT NULL DEFAULT '',
    login    TEXT NOT NULL DEFAULT '',
    secret   TEXT NOT NULL DEFAULT '',
    key_hash TEXT NOT NULL DEFAULT '',
    active   BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE UNIQUE INDEX switch__name ON switch (name);

-- A call under way: what it costs is settled when it begins, and what it may cost is held.
-- Rates are millionths a minute, times seconds; *_at microseconds.
CREATE TABLE call (
    id                     INTEGER PRIMARY KEY AUTOINCREMENT,
    switch_id              BIGINT NOT NULL REFERENCES switch (id),
    uniqueid               TEXT NOT NULL,
    account_id             BIGINT NOT NULL REFERENCES account (id),
    reseller_id            BIGINT NOT NULL DEFAULT 0,
    subaccount_id          BIGINT NOT NULL REFERENCES subaccount (id),
    reseller_subaccount_id BIGINT NOT NULL DEFAULT 0,
    sip_name               TEXT NOT NULL,
    callerid               TEXT NOT NULL DEFAULT '',
    dst                    TEXT NOT NULL,
    terms                  TEXT NOT NULL,
    held                   BIGINT NOT NULL DEFAULT 0,
    wholesale_held         BIGINT NOT NULL DEFAULT 0,
    steps                  BIGINT NOT NULL DEFAULT 1,
    granted_sec            BIGINT NOT NULL,
    started_at             BIGINT NOT NULL,
    seen_at                BIGINT NOT NULL
);
CREATE UNIQUE INDEX call__uniqueid ON call (switch_id, uniqueid);
CREATE INDEX call_account ON call (account_id, id);
CREATE INDEX call_reseller ON call (reseller_id, id);
CREATE INDEX call_seen ON call (seen_at, id);

-- Call detail records: one a call, with what was posted.
CREATE TABLE cdr (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    switch_id      BIGINT NOT NULL DEFAULT 0,
    uniqueid       TEXT NOT NULL,
    account_id     BIGINT NOT NULL REFERENCES account (id),
    reseller_id    BIGINT NOT NULL DEFAULT 0,
    currency_id    BIGINT NOT NULL REFERENCES currency (id),
    sip_name       TEXT NOT NULL DEFAULT '',
    src            TEXT NOT NULL DEFAULT '',
    dst            TEXT NOT NULL,
    prefix         TEXT NOT NULL DEFAULT '',
    destination    TEXT NOT NULL DEFAULT '',
    start_at       BIGINT NOT NULL,
    answer_at      BIGINT NOT NULL DEFAULT 0,
    end_at         BIGINT NOT NULL,
    duration       BIGINT NOT NULL DEFAULT 0,
    billsec        BIGINT NOT NULL DEFAULT 0,
    billed_sec     BIGINT NOT NULL DEFAULT 0,
    answered       BOOLEAN NOT NULL DEFAULT FALSE,
    cause          TEXT NOT NULL DEFAULT '',
    price          BIGINT NOT NULL DEFAULT 0,
    cost           BIGINT NOT NULL DEFAULT 0,
    wholesale_price BIGINT NOT NULL DEFAULT 0,
    wholesale_cost BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX cdr__uniqueid ON cdr (switch_id, uniqueid);
CREATE INDEX cdr_start ON cdr (start_at, id) WHERE answered;
CREATE INDEX cdr_account ON cdr (account_id, start_at, id) WHERE answered;
CREATE INDEX cdr_reseller ON cdr (reseller_id, start_at, id) WHERE answered;
CREATE INDEX cdr_failed_start ON cdr (start_at, id) WHERE NOT answered;
CREATE INDEX cdr_failed_account ON cdr (account_id, start_at, id) WHERE NOT answered;
CREATE INDEX cdr_failed_reseller ON cdr (reseller_id, start_at, id) WHERE NOT answered;
