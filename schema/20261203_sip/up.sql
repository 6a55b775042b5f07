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

-- Normal accounts. callerid: the number in use of the client, for all his accounts.
CREATE VIEW sip_list AS
SELECT s.id, s.account_id, s.reseller_id, s.name, s.kind, s.active, s.created_at, a.name AS account_name,
       COALESCE(c.cid, '') AS callerid
FROM sip s JOIN account a ON a.id = s.account_id
LEFT JOIN callerid c ON c.account_id = s.account_id AND c.active
WHERE NOT a.deleted AND s.kind <> 'web';

-- All that a switch knows of a client, with what is not his to see: web phones and addresses.
CREATE VIEW sip_service_list AS
SELECT s.name, s.kind, s.account_id, s.reseller_id, s.active, s.created_at, a.name AS account_name,
       s.kind = 'web' AS service
FROM sip s JOIN account a ON a.id = s.account_id
WHERE NOT a.deleted
UNION ALL
SELECT i.peer_name, 'ipa', i.account_id, i.reseller_id, i.status = 1, i.created_at, a.name, TRUE
FROM ipauth i JOIN account a ON a.id = i.account_id
WHERE NOT a.deleted;

CREATE VIEW ipauth_list AS
SELECT i.id, i.account_id, i.reseller_id, i.sip_id, i.peer_name, i.ip, i.port, i.status, i.created_at,
       i.updated_at, s.name AS sip_login, a.name AS account_name
FROM ipauth i JOIN sip s ON s.id = i.sip_id JOIN account a ON a.id = i.account_id
WHERE NOT a.deleted;

CREATE VIEW callerid_list AS
SELECT c.id, c.account_id, c.reseller_id, c.cid, c.name, c.active, c.created_at, a.name AS account_name
FROM callerid c JOIN account a ON a.id = c.account_id
WHERE NOT a.deleted;
