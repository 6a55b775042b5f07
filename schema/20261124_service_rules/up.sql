-- A service that its client gave up and that goes on to the end of its term; another tariff that waits
-- for that end (a change as JSON); prices that stay as they were when the service was fixed.
ALTER TABLE item ADD COLUMN closes_at_end BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE item ADD COLUMN next_change TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN is_fixed BOOLEAN NOT NULL DEFAULT FALSE;

-- The prices of its tariff that a fixed service keeps.
CREATE TABLE item_price (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id            BIGINT NOT NULL REFERENCES item (id),
    detail_id          BIGINT NOT NULL,
    kind               TEXT NOT NULL,
    period             BIGINT NOT NULL,
    currency_id        BIGINT NOT NULL,
    from_count         BIGINT NOT NULL,
    enumerationitem_id BIGINT NOT NULL,
    amount             BIGINT NOT NULL,
    disabled           BOOLEAN NOT NULL
);
CREATE INDEX item_price_item ON item_price (item_id, id);

-- Where the whole term would have ended (0: with the row), and whether its use was charged.
ALTER TABLE item_term ADD COLUMN whole_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE item_term ADD COLUMN metered BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX item_term_unmetered ON item_term (end_at, item_id) WHERE NOT metered;
