-- What an Asterisk needs beyond its manager interface. hash: of the key by which it asks for lines and
-- calls, '' for none; addr: from where it may; context and codecs: of the lines that it is told.
ALTER TABLE switch ADD COLUMN hash TEXT NOT NULL DEFAULT '';
ALTER TABLE switch ADD COLUMN addr TEXT NOT NULL DEFAULT '';
ALTER TABLE switch ADD COLUMN context TEXT NOT NULL DEFAULT 'billmgr';
ALTER TABLE switch ADD COLUMN codecs TEXT NOT NULL DEFAULT 'alaw,ulaw';
CREATE UNIQUE INDEX switch__hash ON switch (hash) WHERE hash <> '';

DROP VIEW switch_list;
CREATE VIEW switch_list AS
SELECT id, name, kind, address, login, addr, context, hash <> '' AS has_key, active FROM switch WHERE NOT deleted;

-- Where telephones have registered, as their switch keeps it. name: what the switch calls the
-- registration; fields: all that it told of it, in JSON.
CREATE TABLE sip_contact (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL DEFAULT 0,
    switch_id   BIGINT NOT NULL REFERENCES switch (id),
    name        TEXT NOT NULL,
    sip_name    TEXT NOT NULL,
    uri         TEXT NOT NULL DEFAULT '',
    user_agent  TEXT NOT NULL DEFAULT '',
    expires_at  BIGINT NOT NULL DEFAULT 0,
    fields      TEXT NOT NULL,
    created_at  BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX sip_contact__name ON sip_contact (switch_id, name);
CREATE INDEX sip_contact_line ON sip_contact (sip_name, id);
CREATE INDEX sip_contact_account ON sip_contact (account_id, id);
CREATE INDEX sip_contact_reseller ON sip_contact (reseller_id, id);
CREATE INDEX sip_contact_expires ON sip_contact (expires_at, id);

CREATE VIEW sip_contact_list AS
SELECT c.id, c.account_id, c.reseller_id, c.switch_id, c.sip_name, c.uri, c.user_agent, c.expires_at,
       c.created_at, a.name AS account_name, w.name AS switch_name
FROM sip_contact c JOIN account a ON a.id = c.account_id JOIN switch w ON w.id = c.switch_id
WHERE NOT a.deleted;

INSERT INTO generation (topic, n) VALUES ('switches', 0);
