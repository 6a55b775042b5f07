CREATE TABLE tldgroup (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL,
    name_fold     TEXT NOT NULL DEFAULT '',
    name_ru       TEXT NOT NULL DEFAULT '',
    orderpriority BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX tldgroup__name ON tldgroup (name);

CREATE VIEW tldgroup_list AS
SELECT id, name, name_fold, name_ru, orderpriority
FROM tldgroup;

CREATE VIEW tldgroup_option AS
SELECT id, name
FROM tldgroup;

-- A zone in which domains are sold; a domain tariff names it by its id in intname, so a removed one stays.
-- name has no dot in front. transfer_policy: 0 with a renewal, 1 without one, 2 not possible.
CREATE TABLE tld (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    name            TEXT NOT NULL,
    name_fold       TEXT NOT NULL DEFAULT '',
    tldgroup_id     BIGINT NOT NULL DEFAULT 0,
    idn             BOOLEAN NOT NULL DEFAULT FALSE,
    min_length      BIGINT NOT NULL DEFAULT 2,
    max_length      BIGINT NOT NULL DEFAULT 63,
    whois_server    TEXT NOT NULL DEFAULT '',
    requirens       BOOLEAN NOT NULL DEFAULT FALSE,
    transfer_policy BIGINT NOT NULL DEFAULT 0,
    active          BOOLEAN NOT NULL DEFAULT TRUE,
    deleted         BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX tld__name ON tld (name) WHERE NOT deleted;
CREATE INDEX tld_name ON tld (name_fold, id);
CREATE INDEX tld_group ON tld (tldgroup_id);

CREATE VIEW tld_list AS
SELECT z.id, z.name, z.name_fold, z.tldgroup_id, COALESCE(g.name, '') AS tldgroup, z.idn, z.whois_server,
       z.active
FROM tld z
LEFT JOIN tldgroup g ON g.id = z.tldgroup_id
WHERE NOT z.deleted;
