-- Rows come from schema/data/country.csv at the first start. phonecode is the international dialling
-- code, digits only, with the area code where a territory shares the code of a bigger plan (1684).
CREATE TABLE country (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL,
    name_fold TEXT NOT NULL DEFAULT '',
    name_ru   TEXT NOT NULL DEFAULT '',
    iso2      TEXT NOT NULL,
    phonecode TEXT NOT NULL DEFAULT '',
    active    BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE UNIQUE INDEX country__iso2 ON country (iso2);
CREATE INDEX country_name ON country (name_fold, id);

CREATE VIEW country_list AS
SELECT id, name, name_fold, name_ru, iso2, phonecode, active
FROM country;

-- A suspended country stays in old addresses and is not offered for new ones.
CREATE VIEW country_option AS
SELECT id, name, name_ru
FROM country
WHERE active;

-- Payers' addresses keep the region's name, clients refer to the row, so a removed one stays.
CREATE TABLE state (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    country_id BIGINT NOT NULL REFERENCES country (id),
    name       TEXT NOT NULL,
    name_fold  TEXT NOT NULL DEFAULT '',
    deleted    BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX state__name ON state (country_id, name) WHERE NOT deleted;
CREATE INDEX state_country_name ON state (country_id, name_fold, id);

CREATE VIEW state_list AS
SELECT id, country_id, name, name_fold
FROM state
WHERE NOT deleted;

CREATE VIEW state_option AS
SELECT id, name, country_id
FROM state
WHERE NOT deleted;
