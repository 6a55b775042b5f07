CREATE TABLE currency (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL,
    name_fold TEXT NOT NULL DEFAULT '',
    iso       TEXT NOT NULL,
    symbol    TEXT NOT NULL DEFAULT '',
    relation  TEXT NOT NULL DEFAULT 'manual',
    roundtype TEXT NOT NULL DEFAULT 'half',
    active    BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE UNIQUE INDEX currency__iso ON currency (iso);
CREATE INDEX currency_name ON currency (name_fold, id);

CREATE VIEW currency_list AS
SELECT id, name, name_fold, iso, symbol, relation, roundtype, active
FROM currency;

-- A suspended currency stays where it is used and is offered nowhere else.
CREATE VIEW currency_option AS
SELECT id, iso AS name
FROM currency
WHERE active;

-- decisions.md, Conversion: rate_nano / 10^9 units of the base (relatedcurrency_id) are worth
-- `nominal` units of currency_id from cdate on. A posting takes the newest rate of its moment and
-- keeps a copy, so a rate may be removed at any time.
CREATE TABLE currencyrate (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    currency_id        BIGINT NOT NULL REFERENCES currency (id),
    relatedcurrency_id BIGINT NOT NULL REFERENCES currency (id),
    rate_nano          BIGINT NOT NULL CHECK (rate_nano > 0),
    nominal            BIGINT NOT NULL DEFAULT 1 CHECK (nominal > 0),
    cdate              BIGINT NOT NULL DEFAULT 0
);
-- Two rates of one moment would leave the newest undecided. The same index finds the newest.
CREATE UNIQUE INDEX currencyrate__cdate ON currencyrate (currency_id, relatedcurrency_id, cdate);
CREATE INDEX currencyrate_cdate ON currencyrate (cdate, id);
CREATE INDEX currencyrate_currency_cdate ON currencyrate (currency_id, cdate, id);
CREATE INDEX currencyrate_relatedcurrency ON currencyrate (relatedcurrency_id);

CREATE VIEW currencyrate_list AS
SELECT r.id, r.currency_id, c.iso AS currency, r.relatedcurrency_id, b.iso AS relatedcurrency,
       r.rate_nano, r.nominal, r.cdate
FROM currencyrate r
JOIN currency c ON c.id = r.currency_id
JOIN currency b ON b.id = r.relatedcurrency_id;
