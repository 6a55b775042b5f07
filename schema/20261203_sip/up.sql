-- SIP accounts. kind: main (one an account, named like its first user), extra, web (of the web phone).
-- secret is sealed, for its owner sees it again; ha1 is what a switch checks with.
CREATE TABLE sip (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL DEFAULT 0,
    name        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    secret      TEXT NOT NULL DEFAULT '',
    ha1         TEXT NOT NULL DEFAULT '',
    active      BOOLEAN NOT NULL DEFAULT TRUE,
    created_at  BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX sip__name ON sip (name);
CREATE UNIQUE INDEX sip__main ON sip (account_id) WHERE kind = 'main';
CREATE INDEX sip_account ON sip (account_id, id);
CREATE INDEX sip_reseller ON sip (reseller_id, id);

-- A switch tells peers apart by their source address, so one address is active once.
CREATE TABLE ipauth (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL DEFAULT 0,
    sip_id      BIGINT NOT NULL REFERENCES sip (id),
    seq         BIGINT NOT NULL,
    peer_name   TEXT NOT NULL,
    ip          TEXT NOT NULL,
    port        BIGINT NOT NULL DEFAULT 5060,
    status      BIGINT NOT NULL DEFAULT 1,
    created_at  BIGINT NOT NULL DEFAULT 0,
    updated_at  BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX ipauth__peer_name ON ipauth (peer_name);
CREATE UNIQUE INDEX ipauth__ip ON ipauth (ip) WHERE status = 1;
CREATE INDEX ipauth_sip ON ipauth (sip_id, seq);
CREATE INDEX ipauth_account ON ipauth (account_id, id);
CREATE INDEX ipauth_reseller ON ipauth (reseller_id, id);

CREATE TABLE callerid (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL DEFAULT 0,
    cid         TEXT NOT NULL,
    name        TEXT NOT NULL DEFAULT '',
    active      BOOLEAN NOT NULL DEFAULT FALSE,
    created_at  BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX callerid__cid ON callerid (account_id, cid);
CREATE UNIQUE INDEX callerid__active ON callerid (account_id) WHERE active;
CREATE INDEX callerid_account ON callerid (account_id, id);
CREATE INDEX callerid_reseller ON callerid (reseller_id, id);
