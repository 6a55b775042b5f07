-- A list of values to choose from. Add-ons of tariffs refer to it, so a removed one stays.
CREATE TABLE enumeration (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL,
    name_fold TEXT NOT NULL DEFAULT '',
    intname   TEXT NOT NULL,
    deleted   BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX enumeration__intname ON enumeration (intname) WHERE NOT deleted;
CREATE INDEX enumeration_name ON enumeration (name_fold, id);

CREATE VIEW enumeration_list AS
SELECT id, name, name_fold, intname
FROM enumeration
WHERE NOT deleted;

CREATE VIEW enumeration_option AS
SELECT id, name
FROM enumeration
WHERE NOT deleted;

-- Services keep the value that they were ordered with, so a removed or suspended one stays.
CREATE TABLE enumerationitem (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    enumeration_id BIGINT NOT NULL REFERENCES enumeration (id),
    name           TEXT NOT NULL,
    name_fold      TEXT NOT NULL DEFAULT '',
    name_ru        TEXT NOT NULL DEFAULT '',
    intname        TEXT NOT NULL,
    orderpriority  BIGINT NOT NULL DEFAULT 0,
    active         BOOLEAN NOT NULL DEFAULT TRUE,
    deleted        BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX enumerationitem__intname ON enumerationitem (enumeration_id, intname) WHERE NOT deleted;
CREATE INDEX enumerationitem_order ON enumerationitem (enumeration_id, orderpriority, id);

CREATE VIEW enumerationitem_list AS
SELECT id, enumeration_id, name, name_fold, name_ru, intname, orderpriority, active
FROM enumerationitem
WHERE NOT deleted;

-- A value alone says little: its enumeration stands before it.
CREATE VIEW enumerationitem_option AS
SELECT i.id, e.name || ': ' || i.name AS name, i.enumeration_id
FROM enumerationitem i
JOIN enumeration e ON e.id = i.enumeration_id
WHERE NOT i.deleted AND NOT e.deleted;

-- `relation` of the smaller unit make one of this; a unit without a smaller one is a base.
CREATE TABLE measure (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL,
    name_fold      TEXT NOT NULL DEFAULT '',
    name_ru        TEXT NOT NULL DEFAULT '',
    intname        TEXT NOT NULL,
    lessmeasure_id BIGINT NOT NULL DEFAULT 0,
    relation       BIGINT NOT NULL DEFAULT 1 CHECK (relation > 0),
    deleted        BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX measure__intname ON measure (intname) WHERE NOT deleted;
CREATE INDEX measure_name ON measure (name_fold, id);
CREATE INDEX measure_lessmeasure ON measure (lessmeasure_id);

CREATE VIEW measure_list AS
SELECT m.id, m.name, m.name_fold, m.name_ru, m.intname, m.relation, m.lessmeasure_id,
       COALESCE(l.name, '') AS lessmeasure
FROM measure m
LEFT JOIN measure l ON l.id = m.lessmeasure_id
WHERE NOT m.deleted;

CREATE VIEW measure_option AS
SELECT id, name
FROM measure
WHERE NOT deleted;

CREATE VIEW itemtype_addon_list AS
SELECT a.id, a.parent_id, a.name, a.name_fold, a.name_ru, a.intname, a.addontype, a.billtype, a.measure_id,
       COALESCE(m.name, '') AS measure, a.orderpriority
FROM itemtype a
JOIN itemtype t ON t.id = a.parent_id
LEFT JOIN measure m ON m.id = a.measure_id
WHERE NOT a.deleted AND NOT t.deleted;

-- rate counts 10^-4 of a percent: 200000 is 20 %. A condition of 0 fits everybody. An expense keeps the
-- rate that it was posted with, so a rule may be removed at any time.
CREATE TABLE taxrule (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    name_fold   TEXT NOT NULL DEFAULT '',
    country_id  BIGINT NOT NULL DEFAULT 0,
    profiletype BIGINT NOT NULL DEFAULT 0,
    company_id  BIGINT NOT NULL DEFAULT 0,
    rate        BIGINT NOT NULL CHECK (rate BETWEEN 0 AND 1000000),
    included    BOOLEAN NOT NULL DEFAULT FALSE,
    active      BOOLEAN NOT NULL DEFAULT TRUE
);
-- Two rules of the same conditions would leave the rate undecided.
CREATE UNIQUE INDEX taxrule__company ON taxrule (country_id, profiletype, company_id) WHERE active;
CREATE INDEX taxrule_name ON taxrule (name_fold, id);

CREATE VIEW taxrule_list AS
SELECT t.id, t.name, t.name_fold, t.country_id, COALESCE(n.name, '') AS country, t.profiletype, t.company_id,
       COALESCE(c.name, '') AS company, t.rate, t.included, t.active
FROM taxrule t
LEFT JOIN country n ON n.id = t.country_id
LEFT JOIN company c ON c.id = t.company_id;
