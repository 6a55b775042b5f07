-- A service that its client gave up and that goes on to the end of its term; another tariff that waits
-- for that end (a change as JSON).
ALTER TABLE item ADD COLUMN closes_at_end BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE item ADD COLUMN next_change TEXT NOT NULL DEFAULT '';

-- The prices of a tariff as they were when its services were fixed; 0: a service follows its tariff.
ALTER TABLE item ADD COLUMN price_set_id BIGINT NOT NULL DEFAULT 0;
CREATE INDEX item_price_set ON item (price_set_id) WHERE price_set_id > 0;
CREATE TABLE price_set (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    pricelist_id BIGINT NOT NULL REFERENCES pricelist (id)
);
CREATE INDEX price_set_pricelist ON price_set (pricelist_id);
CREATE TABLE fixed_price (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    price_set_id       BIGINT NOT NULL REFERENCES price_set (id),
    detail_id          BIGINT NOT NULL,
    kind               TEXT NOT NULL,
    period             BIGINT NOT NULL,
    currency_id        BIGINT NOT NULL,
    from_count         BIGINT NOT NULL,
    enumerationitem_id BIGINT NOT NULL,
    amount             BIGINT NOT NULL,
    disabled           BOOLEAN NOT NULL
);
CREATE INDEX fixed_price_set ON fixed_price (price_set_id, id);

-- Where the whole term would have ended (0: with the row), and whether its use was charged.
ALTER TABLE item_term ADD COLUMN whole_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE item_term ADD COLUMN metered BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX item_term_unmetered ON item_term (end_at, item_id) WHERE NOT metered;
