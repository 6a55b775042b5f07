-- Through whom messages leave. kind: sandbox (inside of this program), http or smpp; what each kind needs
-- stands below it. pace: messages a second of what waits, 0 as many as it takes; in_flight: handed over at
-- once. secret, hook_secret: sealed. hook_…: how it reports receipts over HTTP. next_at: when the next batch of what waits may leave. version: counts changes.
CREATE TABLE sms_provider (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    code        TEXT NOT NULL,
    name        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    pace        BIGINT NOT NULL DEFAULT 0,
    in_flight   BIGINT NOT NULL DEFAULT 16,
    timeout_sec BIGINT NOT NULL DEFAULT 30,
    sender      TEXT NOT NULL DEFAULT '',
    login       TEXT NOT NULL DEFAULT '',
    secret      TEXT NOT NULL DEFAULT '',
    url         TEXT NOT NULL DEFAULT '',
    method      TEXT NOT NULL DEFAULT 'POST',
    headers     TEXT NOT NULL DEFAULT '',
    body        TEXT NOT NULL DEFAULT '',
    success     TEXT NOT NULL DEFAULT '',
    message_id  TEXT NOT NULL DEFAULT '',
    address     TEXT NOT NULL DEFAULT '',
    system_type TEXT NOT NULL DEFAULT '',
    content     TEXT NOT NULL DEFAULT 'form',
    throttled   TEXT NOT NULL DEFAULT '',
    id_form     TEXT NOT NULL DEFAULT 'same',
    hook_secret TEXT NOT NULL DEFAULT '',
    hook_header TEXT NOT NULL DEFAULT '',
    hook_id     TEXT NOT NULL DEFAULT 'id',
    hook_status TEXT NOT NULL DEFAULT 'status',
    hook_delivered   TEXT NOT NULL DEFAULT '',
    hook_undelivered TEXT NOT NULL DEFAULT '',
    active      BOOLEAN NOT NULL DEFAULT TRUE,
    next_at     BIGINT NOT NULL DEFAULT 0,
    version     BIGINT NOT NULL DEFAULT 0,
    deleted     BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX sms_provider__code ON sms_provider (code) WHERE NOT deleted;

CREATE VIEW sms_provider_option AS
SELECT id, name FROM sms_provider WHERE NOT deleted;

-- What one part of a message to a prefix costs, in millionths: a client of the provider, and a reseller.
CREATE TABLE sms_rate (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    provider_id BIGINT NOT NULL REFERENCES sms_provider (id),
    prefix      TEXT NOT NULL,
    currency_id BIGINT NOT NULL REFERENCES currency (id),
    country     TEXT NOT NULL DEFAULT '',
    retail      BIGINT NOT NULL,
    wholesale   BIGINT NOT NULL
);
CREATE UNIQUE INDEX sms_rate__prefix ON sms_rate (provider_id, prefix, currency_id);

-- What a reseller takes of his clients instead of the retail price of the rate. account_id: the reseller.
CREATE TABLE sms_price (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL,
    rate_id     BIGINT NOT NULL REFERENCES sms_rate (id),
    price       BIGINT NOT NULL
);
CREATE UNIQUE INDEX sms_price__rate ON sms_price (reseller_id, rate_id);
CREATE INDEX sms_price_rate ON sms_price (rate_id);

-- A message that was handed to a provider, or was to be: one row a try, charged when it was made. payer_id:
-- the reseller who pays the wholesale price, 0 none. status: SENDING, SENT_TO_PROVIDER, DELIVERED,
-- UNDELIVERED, REJECTED, UNKNOWN; FAILED: nothing left us, and nothing was charged in the end. reason: why,
-- in a word; detail: what the provider said. message_id: the provider's name of it. external_id: the
-- caller's, with the digest of what he asked for. lease_until: by then its try must have ended.
CREATE TABLE sms_message (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id            BIGINT NOT NULL REFERENCES account (id),
    reseller_id           BIGINT NOT NULL DEFAULT 0,
    payer_id              BIGINT NOT NULL DEFAULT 0,
    provider_id           BIGINT NOT NULL REFERENCES sms_provider (id),
    scheduled_id          BIGINT NOT NULL DEFAULT 0,
    campaign_id           BIGINT NOT NULL DEFAULT 0,
    rcpt_id               BIGINT NOT NULL DEFAULT 0,
    phone                 TEXT NOT NULL,
    sender                TEXT NOT NULL DEFAULT '',
    text                  TEXT NOT NULL,
    is_unicode            BOOLEAN NOT NULL DEFAULT FALSE,
    parts                 BIGINT NOT NULL,
    currency_id           BIGINT NOT NULL REFERENCES currency (id),
    cost                  BIGINT NOT NULL,
    wholesale_currency_id BIGINT NOT NULL DEFAULT 0,
    wholesale_cost        BIGINT NOT NULL DEFAULT 0,
    balance_after         BIGINT NOT NULL DEFAULT 0,
    status                TEXT NOT NULL,
    reason                TEXT NOT NULL DEFAULT '',
    detail                TEXT NOT NULL DEFAULT '',
    message_id            TEXT NOT NULL DEFAULT '',
    external_id           TEXT NOT NULL DEFAULT '',
    digest                TEXT NOT NULL DEFAULT '',
    lease_until           BIGINT NOT NULL DEFAULT 0,
    created_at            BIGINT NOT NULL,
    updated_at            BIGINT NOT NULL
);
CREATE INDEX sms_message_account ON sms_message (account_id, id);
CREATE INDEX sms_message_reseller ON sms_message (reseller_id, id);
CREATE INDEX sms_message_provider ON sms_message (provider_id, message_id) WHERE message_id <> '';
CREATE INDEX sms_message_lease ON sms_message (lease_until, id) WHERE status = 'SENDING';
CREATE UNIQUE INDEX sms_message__external_id ON sms_message (account_id, external_id)
    WHERE external_id <> '' AND status <> 'FAILED';

CREATE VIEW sms_list AS
SELECT m.id, m.account_id, m.reseller_id, m.phone, m.sender, m.text, m.parts, m.cost, m.wholesale_cost,
       m.status, m.reason, m.detail, m.message_id, m.external_id, m.campaign_id, m.scheduled_id, m.created_at,
       m.updated_at, m.provider_id, p.code AS provider, p.name AS provider_name, a.name AS account_name,
       c.iso AS currency_iso, COALESCE(w.iso, '') AS wholesale_iso
FROM sms_message m JOIN sms_provider p ON p.id = m.provider_id JOIN account a ON a.id = m.account_id
JOIN currency c ON c.id = m.currency_id LEFT JOIN currency w ON w.id = m.wholesale_currency_id;

-- What a provider reported of a message whose name we do not know yet: it may be quicker than the answer.
CREATE TABLE sms_receipt (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    provider_id BIGINT NOT NULL REFERENCES sms_provider (id),
    message_id  TEXT NOT NULL,
    state       TEXT NOT NULL,
    detail      TEXT NOT NULL DEFAULT '',
    at          BIGINT NOT NULL
);
CREATE UNIQUE INDEX sms_receipt__message ON sms_receipt (provider_id, message_id);

-- The parts of a message that went as several, each with the provider's name of it. state: what its receipt
-- said, "" none yet.
CREATE TABLE sms_part (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    sms_id      BIGINT NOT NULL REFERENCES sms_message (id),
    number      BIGINT NOT NULL,
    provider_id BIGINT NOT NULL,
    message_id  TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX sms_part__number ON sms_part (sms_id, number);
CREATE INDEX sms_part_message ON sms_part (provider_id, message_id, id);

-- A message for later. local_time and utc_offset: as it was asked for; run_at: the moment that this is.
-- status: SCHEDULED, PROCESSING, SENT_TO_PROVIDER, UNKNOWN, FAILED, CANCELED.
CREATE TABLE sms_scheduled (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL DEFAULT 0,
    provider_id BIGINT NOT NULL REFERENCES sms_provider (id),
    phone       TEXT NOT NULL,
    sender      TEXT NOT NULL DEFAULT '',
    text        TEXT NOT NULL,
    local_time  TEXT NOT NULL,
    utc_offset  TEXT NOT NULL,
    run_at      BIGINT NOT NULL,
    tries       BIGINT NOT NULL DEFAULT 0,
    status      TEXT NOT NULL,
    reason      TEXT NOT NULL DEFAULT '',
    sms_id      BIGINT NOT NULL DEFAULT 0,
    external_id TEXT NOT NULL DEFAULT '',
    digest      TEXT NOT NULL DEFAULT '',
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE INDEX sms_scheduled_account ON sms_scheduled (account_id, id);
CREATE INDEX sms_scheduled_reseller ON sms_scheduled (reseller_id, id);
CREATE INDEX sms_scheduled_due ON sms_scheduled (provider_id, run_at, id) WHERE status = 'SCHEDULED';
CREATE INDEX sms_scheduled_open ON sms_scheduled (account_id) WHERE status = 'SCHEDULED';
CREATE UNIQUE INDEX sms_scheduled__external_id ON sms_scheduled (account_id, external_id)
    WHERE external_id <> '';

CREATE VIEW sms_scheduled_list AS
SELECT s.id, s.account_id, s.reseller_id, s.phone, s.sender, s.text, s.local_time, s.utc_offset, s.run_at,
       s.status, s.reason, s.sms_id, s.created_at, s.updated_at, p.code AS provider, a.name AS account_name
FROM sms_scheduled s JOIN sms_provider p ON p.id = s.provider_id JOIN account a ON a.id = s.account_id;

-- One text for many. run_at: from when on. total = queued + sending + sent + failed + canceled. served_at:
-- when it last had its turn. status: PREPARING (its recipients are being written down), QUEUED, RUNNING,
-- FINISHED, CANCELED.
CREATE TABLE sms_campaign (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL DEFAULT 0,
    provider_id BIGINT NOT NULL REFERENCES sms_provider (id),
    sender      TEXT NOT NULL DEFAULT '',
    text        TEXT NOT NULL,
    local_time  TEXT NOT NULL DEFAULT '',
    run_at      BIGINT NOT NULL,
    status      TEXT NOT NULL,
    total       BIGINT NOT NULL DEFAULT 0,
    queued      BIGINT NOT NULL DEFAULT 0,
    sending     BIGINT NOT NULL DEFAULT 0,
    sent        BIGINT NOT NULL DEFAULT 0,
    failed      BIGINT NOT NULL DEFAULT 0,
    canceled    BIGINT NOT NULL DEFAULT 0,
    served_at   BIGINT NOT NULL DEFAULT 0,
    external_id TEXT NOT NULL DEFAULT '',
    digest      TEXT NOT NULL DEFAULT '',
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE INDEX sms_campaign_open ON sms_campaign (account_id) WHERE status IN ('PREPARING', 'QUEUED', 'RUNNING');
CREATE INDEX sms_campaign_account ON sms_campaign (account_id, id);
CREATE INDEX sms_campaign_reseller ON sms_campaign (reseller_id, id);
CREATE INDEX sms_campaign_due ON sms_campaign (provider_id, served_at, id) WHERE status IN ('QUEUED', 'RUNNING');
CREATE INDEX sms_campaign_preparing ON sms_campaign (id) WHERE status = 'PREPARING';
CREATE UNIQUE INDEX sms_campaign__external_id ON sms_campaign (account_id, external_id)
    WHERE external_id <> '';

CREATE VIEW sms_campaign_list AS
SELECT c.id, c.account_id, c.reseller_id, c.sender, c.text, c.local_time, c.run_at, c.status, c.total,
       c.queued, c.sending, c.sent, c.failed, c.canceled, c.created_at, c.updated_at, p.code AS provider,
       a.name AS account_name
FROM sms_campaign c JOIN sms_provider p ON p.id = c.provider_id JOIN account a ON a.id = c.account_id
WHERE c.status <> 'PREPARING';

-- status: QUEUED, SENDING, SENT_TO_PROVIDER, UNKNOWN, REJECTED, FAILED, CANCELED; what became of the message
-- afterwards stands in its own row. next_at: not to be tried again before.
CREATE TABLE sms_campaign_rcpt (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    campaign_id BIGINT NOT NULL REFERENCES sms_campaign (id),
    account_id  BIGINT NOT NULL,
    reseller_id BIGINT NOT NULL DEFAULT 0,
    phone       TEXT NOT NULL,
    status      TEXT NOT NULL DEFAULT 'QUEUED',
    reason      TEXT NOT NULL DEFAULT '',
    sms_id      BIGINT NOT NULL DEFAULT 0,
    tries       BIGINT NOT NULL DEFAULT 0,
    next_at     BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX sms_campaign_rcpt__phone ON sms_campaign_rcpt (campaign_id, phone);
CREATE INDEX sms_campaign_rcpt_queued ON sms_campaign_rcpt (campaign_id, id) WHERE status = 'QUEUED';

CREATE VIEW sms_campaign_rcpt_list AS
SELECT r.id, r.campaign_id, r.account_id, r.reseller_id, r.phone, r.sms_id,
       CASE WHEN r.status IN ('SENT_TO_PROVIDER', 'UNKNOWN') THEN COALESCE(m.status, r.status) ELSE r.status END AS status,
       CASE WHEN r.reason <> '' THEN r.reason ELSE COALESCE(m.reason, '') END AS reason,
       COALESCE(m.parts, CAST(0 AS BIGINT)) AS parts, COALESCE(m.cost, CAST(0 AS BIGINT)) AS cost,
       COALESCE(u.iso, '') AS currency_iso
FROM sms_campaign_rcpt r LEFT JOIN sms_message m ON m.id = r.sms_id
LEFT JOIN currency u ON u.id = m.currency_id;
