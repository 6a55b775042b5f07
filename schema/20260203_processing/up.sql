-- Where servers stand. `externalname` is the name that clients see, where it is another.
CREATE TABLE datacenter (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL,
    name_fold     TEXT NOT NULL DEFAULT '',
    name_ru       TEXT NOT NULL DEFAULT '',
    externalname  TEXT NOT NULL DEFAULT '',
    country_id    BIGINT NOT NULL DEFAULT 0,
    department    TEXT NOT NULL DEFAULT '',
    orderpriority BIGINT NOT NULL DEFAULT 0,
    deleted       BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX datacenter__name ON datacenter (name) WHERE NOT deleted;
CREATE INDEX datacenter_order ON datacenter (orderpriority, id);

CREATE VIEW datacenter_list AS
SELECT d.id, d.name, d.name_fold, d.name_ru, d.externalname, d.country_id, COALESCE(n.name, '') AS country,
       d.department, d.orderpriority
FROM datacenter d
LEFT JOIN country n ON n.id = d.country_id
WHERE NOT d.deleted;

CREATE VIEW datacenter_option AS
SELECT id, name
FROM datacenter
WHERE NOT deleted;

-- A data center without rows here serves every provider.
CREATE TABLE datacenter_project (
    datacenter_id BIGINT NOT NULL REFERENCES datacenter (id),
    project_id    BIGINT NOT NULL REFERENCES project (id),
    PRIMARY KEY (datacenter_id, project_id)
);
CREATE INDEX datacenter_project_project ON datacenter_project (project_id);

CREATE VIEW datacenter_project_list AS
SELECT d.id AS datacenter_id, p.id, p.name, p.name_fold, (l.datacenter_id IS NOT NULL) AS status
FROM datacenter d
CROSS JOIN project p
LEFT JOIN datacenter_project l ON l.datacenter_id = d.id AND l.project_id = p.id
WHERE NOT d.deleted AND NOT p.deleted;

-- An account at a panel or vendor that opens, suspends and closes services. A balance was told at
-- balance_at, 0 never. A concurrencylimit of 0 is no limit.
CREATE TABLE processing (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    name                TEXT NOT NULL,
    name_fold           TEXT NOT NULL DEFAULT '',
    module              TEXT NOT NULL,
    datacenter_id       BIGINT NOT NULL DEFAULT 0,
    department          TEXT NOT NULL DEFAULT '',
    orderpriority       BIGINT NOT NULL DEFAULT 0,
    url                 TEXT NOT NULL DEFAULT '',
    username            TEXT NOT NULL DEFAULT '',
    password_sealed     TEXT NOT NULL DEFAULT '',
    concurrencylimit    BIGINT NOT NULL DEFAULT 0,
    balance             BIGINT NOT NULL DEFAULT 0,
    balance_currency_id BIGINT NOT NULL DEFAULT 0,
    balance_at          BIGINT NOT NULL DEFAULT 0,
    active              BOOLEAN NOT NULL DEFAULT TRUE,
    deleted             BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX processing_order ON processing (orderpriority, id);
CREATE INDEX processing_datacenter ON processing (datacenter_id);

-- pusage: how many services the module serves.
CREATE VIEW processing_list AS
SELECT p.id, p.name, p.name_fold, p.module, p.datacenter_id, COALESCE(d.name, '') AS datacenter_name,
       CAST(0 AS BIGINT) AS pusage, CASE WHEN p.balance_at = 0 THEN NULL ELSE p.balance END AS balance_info,
       COALESCE(c.iso, '') AS balance_iso, p.orderpriority, p.active
FROM processing p
LEFT JOIN datacenter d ON d.id = p.datacenter_id
LEFT JOIN currency c ON c.id = p.balance_currency_id
WHERE NOT p.deleted;

CREATE VIEW processing_option AS
SELECT id, name
FROM processing
WHERE NOT deleted;

-- The product types that a module serves; one without rows serves all.
CREATE TABLE processing_itemtype (
    processing_id BIGINT NOT NULL REFERENCES processing (id),
    itemtype_id   BIGINT NOT NULL REFERENCES itemtype (id),
    PRIMARY KEY (processing_id, itemtype_id)
);
CREATE INDEX processing_itemtype_itemtype ON processing_itemtype (itemtype_id);

CREATE TABLE processing_param (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    processing_id BIGINT NOT NULL REFERENCES processing (id),
    param         TEXT NOT NULL,
    param_fold    TEXT NOT NULL DEFAULT '',
    value         TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX processing_param__param ON processing_param (processing_id, param);

CREATE VIEW processing_param_list AS
SELECT v.id, v.processing_id, v.param, v.param_fold, v.value
FROM processing_param v
JOIN processing p ON p.id = v.processing_id
WHERE NOT p.deleted;

CREATE TABLE ipmgr (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    name            TEXT NOT NULL,
    name_fold       TEXT NOT NULL DEFAULT '',
    url             TEXT NOT NULL DEFAULT '',
    username        TEXT NOT NULL DEFAULT '',
    password_sealed TEXT NOT NULL DEFAULT '',
    active          BOOLEAN NOT NULL DEFAULT TRUE,
    deleted         BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX ipmgr_name ON ipmgr (name_fold, id);

CREATE VIEW ipmgr_list AS
SELECT id, name, name_fold, url, active
FROM ipmgr
WHERE NOT deleted;

CREATE VIEW itemtype_param_value_list AS
SELECT v.id, v.itemtype_param_id, v.processing_id, COALESCE(p.name, '') AS module, v.intname, v.name,
       v.name_fold, v.name_ru, v.orderpriority
FROM itemtype_param_value v
LEFT JOIN processing p ON p.id = v.processing_id
WHERE NOT v.deleted;
