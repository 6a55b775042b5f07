-- Keys of the client, reseller and number APIs. The key itself is shown once and kept as SHA-256;
-- `prefix` is what lists show of it. kind: client-api, reseller-api or number-api.
CREATE TABLE apikey (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id   BIGINT NOT NULL REFERENCES account (id),
    reseller_id  BIGINT NOT NULL DEFAULT 0,
    user_id      BIGINT NOT NULL REFERENCES users (id),
    kind         TEXT NOT NULL,
    hash         TEXT NOT NULL,
    prefix       TEXT NOT NULL,
    name         TEXT NOT NULL DEFAULT '',
    addr         TEXT NOT NULL DEFAULT '',
    expires_at   BIGINT NOT NULL DEFAULT 0,
    created_at   BIGINT NOT NULL DEFAULT 0,
    last_used_at BIGINT NOT NULL DEFAULT 0,
    active       BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE UNIQUE INDEX apikey__hash ON apikey (hash);
CREATE INDEX apikey_account ON apikey (account_id, id);
CREATE INDEX apikey_reseller ON apikey (reseller_id, id);

CREATE VIEW apikey_list AS
SELECT k.id, k.account_id, k.reseller_id, k.kind, k.prefix, k.name, k.addr, k.expires_at, k.created_at,
       k.last_used_at, k.active, u.name AS user_name, a.name AS account_name
FROM apikey k JOIN users u ON u.id = k.user_id JOIN account a ON a.id = k.account_id
WHERE NOT a.deleted AND NOT u.deleted;
