-- Where calls are switched. kind: sandbox (inside of this program) or asterisk. secret: of its manager
-- interface, sealed.
CREATE TABLE switch (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    address  TEXT NOT NULL DEFAULT '',
    login    TEXT NOT NULL DEFAULT '',
    secret   TEXT NOT NULL DEFAULT '',
    active   BOOLEAN NOT NULL DEFAULT TRUE,
    deleted  BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX switch__name ON switch (name) WHERE NOT deleted;

CREATE VIEW switch_list AS
SELECT id, name, kind, address, login, active FROM switch WHERE NOT deleted;

CREATE VIEW switch_option AS
SELECT id, name FROM switch WHERE NOT deleted;

-- A call under way: what it costs is settled when it begins, and what it may cost is held.
-- Rates are millionths a minute, times seconds; *_at microseconds. terms: both prices as they were, in
-- JSON. seen_at: when the switch last spoke of it, talked_sec: how long it had lasted then.
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
    talked_sec             BIGINT NOT NULL DEFAULT 0,
    started_at             BIGINT NOT NULL,
    seen_at                BIGINT NOT NULL
);
CREATE UNIQUE INDEX call__uniqueid ON call (switch_id, uniqueid);
CREATE INDEX call_account ON call (account_id, id);
CREATE INDEX call_reseller ON call (reseller_id, id);
CREATE INDEX call_seen ON call (seen_at, id);

CREATE VIEW call_list AS
SELECT c.id, c.account_id, c.reseller_id, c.uniqueid, c.sip_name, c.callerid, c.dst, c.held, c.wholesale_held,
       c.granted_sec, c.started_at, c.seen_at, c.switch_id, w.name AS switch_name, a.name AS account_name,
       u.iso AS currency_iso, COALESCE(v.iso, '') AS wholesale_iso
FROM call c JOIN switch w ON w.id = c.switch_id JOIN account a ON a.id = c.account_id
JOIN subaccount s ON s.id = c.subaccount_id JOIN currency u ON u.id = s.currency_id
LEFT JOIN subaccount r ON r.id = c.reseller_subaccount_id LEFT JOIN currency v ON v.id = r.currency_id;

-- Call detail records: one a call, with what was posted. late: more was charged than had been granted.
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
    late           BOOLEAN NOT NULL DEFAULT FALSE,
    wholesale_price       BIGINT NOT NULL DEFAULT 0,
    wholesale_cost        BIGINT NOT NULL DEFAULT 0,
    wholesale_currency_id BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX cdr__uniqueid ON cdr (switch_id, uniqueid);
CREATE INDEX cdr_start ON cdr (start_at, id) WHERE answered;
CREATE INDEX cdr_account ON cdr (account_id, start_at, id) WHERE answered;
CREATE INDEX cdr_reseller ON cdr (reseller_id, start_at, id) WHERE answered;
CREATE INDEX cdr_failed_start ON cdr (start_at, id) WHERE NOT answered;
CREATE INDEX cdr_failed_account ON cdr (account_id, start_at, id) WHERE NOT answered;
CREATE INDEX cdr_failed_reseller ON cdr (reseller_id, start_at, id) WHERE NOT answered;

CREATE VIEW cdr_list AS
SELECT r.id, r.account_id, r.reseller_id, r.switch_id, r.uniqueid, r.sip_name, r.src, r.dst, r.destination,
       r.start_at, r.answer_at, r.end_at, r.duration, r.billsec, r.billed_sec, r.price, r.cost, r.cause,
       r.late, r.wholesale_price, r.wholesale_cost, c.iso AS currency_iso,
       COALESCE(v.iso, '') AS wholesale_iso, a.name AS account_name, COALESCE(w.name, '') AS switch_name
FROM cdr r JOIN currency c ON c.id = r.currency_id JOIN account a ON a.id = r.account_id
LEFT JOIN currency v ON v.id = r.wholesale_currency_id LEFT JOIN switch w ON w.id = r.switch_id
WHERE r.answered;

CREATE VIEW cdr_failed_list AS
SELECT r.id, r.account_id, r.reseller_id, r.switch_id, r.uniqueid, r.sip_name, r.src, r.dst, r.destination,
       r.start_at, r.end_at, r.duration, r.cause, a.name AS account_name, COALESCE(w.name, '') AS switch_name
FROM cdr r JOIN account a ON a.id = r.account_id LEFT JOIN switch w ON w.id = r.switch_id
WHERE NOT r.answered;
