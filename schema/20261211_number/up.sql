-- Virtual numbers (operations.md §2.17-2.22). Slugs are the words of the API and never change; prices are
-- in one currency, that of NumberCurrency. *_at microseconds, 0: never.
CREATE TABLE num_country (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    slug    TEXT NOT NULL,
    iso     TEXT NOT NULL DEFAULT '',
    prefix  TEXT NOT NULL,
    text_en TEXT NOT NULL,
    text_ru TEXT NOT NULL,
    active  BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE UNIQUE INDEX num_country__slug ON num_country (slug);

CREATE TABLE num_operator (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL
);
CREATE UNIQUE INDEX num_operator__slug ON num_operator (slug);

-- category: activation (one product once on a number) or hosting (the number alone, for hosting_sec).
CREATE TABLE num_product (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    slug        TEXT NOT NULL,
    category    TEXT NOT NULL,
    hosting_sec BIGINT NOT NULL DEFAULT 0,
    active      BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE UNIQUE INDEX num_product__slug ON num_product (slug);

-- Codes in texts: the rules of the product in order, then those of no product (product_id 0).
CREATE TABLE num_code_rule (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id    BIGINT NOT NULL DEFAULT 0,
    orderpriority BIGINT NOT NULL,
    pattern       TEXT NOT NULL
);
CREATE INDEX num_code_rule_product ON num_code_rule (product_id, orderpriority);

-- Who earns with numbers: an account with a share (10^-4 of a percent) of every captured order.
CREATE TABLE num_vendor (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id BIGINT NOT NULL REFERENCES account (id),
    name       TEXT NOT NULL,
    share      BIGINT NOT NULL,
    created_at BIGINT NOT NULL DEFAULT 0,
    active     BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE UNIQUE INDEX num_vendor__account ON num_vendor (account_id);

-- Where numbers and their messages come from. kind: webhook, smpp, pull (another server of this API, whose
-- numbers are bought when ours are) or sandbox. vendor_id 0: the provider's own. secret is sealed: what signs
-- reports, the password of SMPP or the token of the other server. url: its address. markup: of a pull supplier,
-- 10^-4 of a percent. version counts changes.
CREATE TABLE num_supplier (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    code      TEXT NOT NULL,
    name      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    vendor_id BIGINT NOT NULL DEFAULT 0,
    url       TEXT NOT NULL DEFAULT '',
    login     TEXT NOT NULL DEFAULT '',
    secret    TEXT NOT NULL DEFAULT '',
    markup    BIGINT NOT NULL DEFAULT 0,
    version   BIGINT NOT NULL DEFAULT 0,
    synced_at BIGINT NOT NULL DEFAULT 0,
    active    BOOLEAN NOT NULL DEFAULT TRUE,
    deleted   BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX num_supplier__code ON num_supplier (code) WHERE NOT deleted;

-- Numbers of one operator in one country that are sold in the same way. phones: those that are not retired.
-- free: of hostings, those that nobody rents. supplier_id: of pools whose numbers a pull supplier brings
-- when they are bought, otherwise 0.
CREATE TABLE num_pool (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    country_id  BIGINT NOT NULL REFERENCES num_country (id),
    operator_id BIGINT NOT NULL REFERENCES num_operator (id),
    category    TEXT NOT NULL,
    supplier_id BIGINT NOT NULL DEFAULT 0,
    phones      BIGINT NOT NULL DEFAULT 0,
    free        BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX num_pool__operator ON num_pool (country_id, operator_id, category);

-- What is sold out of a pool, for how much. An activation takes a number that the product was never sold on:
-- one that was given back (num_free) or the next one of the pool behind cursor_id. free counts both, of
-- hostings it follows the pool. Offers are never removed, for they know what was sold. rate_*: delivered
-- orders of the last hours in hundredths of a percent, -1 where too few say so. changed_at: the second in
-- which price, stock or rate changed last.
CREATE TABLE num_offer (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    pool_id    BIGINT NOT NULL REFERENCES num_pool (id),
    product_id BIGINT NOT NULL REFERENCES num_product (id),
    price      BIGINT NOT NULL,
    free       BIGINT NOT NULL DEFAULT 0,
    cursor_id  BIGINT NOT NULL DEFAULT 0,
    rate_1     BIGINT NOT NULL DEFAULT -1,
    rate_3     BIGINT NOT NULL DEFAULT -1,
    rate_24    BIGINT NOT NULL DEFAULT -1,
    rate_72    BIGINT NOT NULL DEFAULT -1,
    rate_168   BIGINT NOT NULL DEFAULT -1,
    rate_720   BIGINT NOT NULL DEFAULT -1,
    rated_hour BIGINT NOT NULL DEFAULT 0,
    changed_at BIGINT NOT NULL DEFAULT 0,
    active     BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE UNIQUE INDEX num_offer__product ON num_offer (pool_id, product_id);
CREATE INDEX num_offer_price ON num_offer (product_id, price, id);
CREATE INDEX num_offer_changed ON num_offer (changed_at);

-- state: active, hosted (somebody rents it), retired. freed_at: when its last tenant's time was over, for the
-- next one gets the number that has been free for longest.
CREATE TABLE num_phone (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    pool_id       BIGINT NOT NULL REFERENCES num_pool (id),
    supplier_id   BIGINT NOT NULL REFERENCES num_supplier (id),
    account_id    BIGINT NOT NULL DEFAULT 0,
    reseller_id   BIGINT NOT NULL DEFAULT 0,
    phone         TEXT NOT NULL,
    state         TEXT NOT NULL DEFAULT 'active',
    voice_ok      BOOLEAN NOT NULL DEFAULT FALSE,
    reuse_ok      BOOLEAN NOT NULL DEFAULT FALSE,
    forwarding_ok BOOLEAN NOT NULL DEFAULT FALSE,
    freed_at      BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX num_phone__phone ON num_phone (phone);
CREATE INDEX num_phone_freed ON num_phone (pool_id, freed_at, id) WHERE state = 'active';
CREATE INDEX num_phone_pool ON num_phone (pool_id, state, id);
CREATE INDEX num_phone_account ON num_phone (account_id, id);

-- Numbers that came back after a cancellation or a time-out.
CREATE TABLE num_free (
    offer_id BIGINT NOT NULL REFERENCES num_offer (id),
    phone_id BIGINT NOT NULL REFERENCES num_phone (id),
    PRIMARY KEY (offer_id, phone_id)
);

CREATE TABLE num_ban (
    phone_id   BIGINT NOT NULL REFERENCES num_phone (id),
    product_id BIGINT NOT NULL REFERENCES num_product (id),
    order_id   BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (phone_id, product_id)
);

-- status: PENDING, RECEIVED, then one of CANCELED, TIMEOUT, FINISHED, BANNED. The words of the catalogue are
-- kept as they were sold. parent_id: the order whose number was bought again. vendor_id, vendor_amount: who
-- earns how much when the price is captured. upstream_id: the order at a pull supplier,
-- which is asked about until upstream_done; its numbers are none of ours, so phone_id is 0.
CREATE TABLE num_order (
    id                     INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id             BIGINT NOT NULL REFERENCES account (id),
    reseller_id            BIGINT NOT NULL DEFAULT 0,
    subaccount_id          BIGINT NOT NULL REFERENCES subaccount (id),
    reseller_subaccount_id BIGINT NOT NULL DEFAULT 0,
    offer_id               BIGINT NOT NULL REFERENCES num_offer (id),
    product_id             BIGINT NOT NULL REFERENCES num_product (id),
    phone_id               BIGINT NOT NULL DEFAULT 0,
    supplier_id            BIGINT NOT NULL DEFAULT 0,
    vendor_id              BIGINT NOT NULL DEFAULT 0,
    vendor_amount          BIGINT NOT NULL DEFAULT 0,
    category               TEXT NOT NULL,
    country                TEXT NOT NULL,
    operator               TEXT NOT NULL,
    product                TEXT NOT NULL,
    phone                  TEXT NOT NULL DEFAULT '',
    price                  BIGINT NOT NULL,
    currency_id            BIGINT NOT NULL REFERENCES currency (id),
    status                 TEXT NOT NULL,
    created_at             BIGINT NOT NULL,
    expires_at             BIGINT NOT NULL,
    first_sms_at           BIGINT NOT NULL DEFAULT 0,
    closed_at              BIGINT NOT NULL DEFAULT 0,
    forwarding             BOOLEAN NOT NULL DEFAULT FALSE,
    forwarding_number      TEXT NOT NULL DEFAULT '',
    voice                  BOOLEAN NOT NULL DEFAULT FALSE,
    reuse                  BOOLEAN NOT NULL DEFAULT FALSE,
    ref                    TEXT NOT NULL DEFAULT '',
    parent_id              BIGINT NOT NULL DEFAULT 0,
    upstream_id            TEXT NOT NULL DEFAULT '',
    upstream_done          BOOLEAN NOT NULL DEFAULT FALSE,
    asked_at               BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX num_order_due ON num_order (expires_at, id) WHERE status IN ('PENDING', 'RECEIVED');
CREATE UNIQUE INDEX num_order__live ON num_order (phone_id, product_id)
    WHERE status IN ('PENDING', 'RECEIVED') AND phone_id <> 0;
CREATE INDEX num_order_phone ON num_order (phone_id, id);
CREATE INDEX num_order_account ON num_order (account_id, category, id);
CREATE INDEX num_order_account_live ON num_order (account_id) WHERE status IN ('PENDING', 'RECEIVED');
CREATE INDEX num_order_reseller ON num_order (reseller_id, id);
CREATE INDEX num_order_vendor ON num_order (vendor_id, category, id);
CREATE INDEX num_order_upstream ON num_order (supplier_id, asked_at, id)
    WHERE upstream_id <> '' AND NOT upstream_done;
CREATE INDEX num_order_upstream_id ON num_order (supplier_id, upstream_id) WHERE upstream_id <> '';

-- provider_ref: the supplier's own name of the message, so that what is reported twice is kept once.
CREATE TABLE num_sms (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id     BIGINT NOT NULL REFERENCES num_order (id),
    account_id   BIGINT NOT NULL,
    reseller_id  BIGINT NOT NULL DEFAULT 0,
    supplier_id  BIGINT NOT NULL,
    provider_ref TEXT NOT NULL DEFAULT '',
    created_at   BIGINT NOT NULL,
    received_at  BIGINT NOT NULL,
    sender       TEXT NOT NULL,
    text         TEXT NOT NULL,
    code         TEXT NOT NULL DEFAULT '',
    is_wave      BOOLEAN NOT NULL DEFAULT FALSE,
    wave_uuid    TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX num_sms__ref ON num_sms (supplier_id, provider_ref) WHERE provider_ref <> '';
CREATE INDEX num_sms_order ON num_sms (order_id, id);

-- What the sandbox still has to deliver.
CREATE TABLE num_sandbox (
    order_id BIGINT NOT NULL REFERENCES num_order (id),
    part     BIGINT NOT NULL,
    due_at   BIGINT NOT NULL,
    PRIMARY KEY (order_id, part)
);
CREATE INDEX num_sandbox_due ON num_sandbox (due_at);

-- Of accounts that ever ordered or chose defaults. rating in hundredths, 9600 at first and at most;
-- blocked_at: when it reached nothing.
CREATE TABLE num_account (
    account_id         BIGINT NOT NULL PRIMARY KEY REFERENCES account (id),
    reseller_id        BIGINT NOT NULL DEFAULT 0,
    rating             BIGINT NOT NULL DEFAULT 9600,
    blocked_at         BIGINT NOT NULL DEFAULT 0,
    default_country    TEXT NOT NULL DEFAULT '',
    default_operator   TEXT NOT NULL DEFAULT '',
    default_forwarding TEXT NOT NULL DEFAULT ''
);

-- cause: `order:<id>`, `payment:<id>`, the key of a transfer or `reset:<account>:<blocked_at>`, each of which changes a
-- rating once. delta: by the rule, which the ends of the scale may cut off.
CREATE TABLE num_rating_event (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL DEFAULT 0,
    cause       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    delta       BIGINT NOT NULL,
    rating      BIGINT NOT NULL,
    at          BIGINT NOT NULL
);
CREATE UNIQUE INDEX num_rating_event__cause ON num_rating_event (cause);
CREATE INDEX num_rating_event_account ON num_rating_event (account_id, id);

-- How many activations of an offer ended in an hour (hours since 1970), and how many of them had a message.
CREATE TABLE num_outcome (
    offer_id  BIGINT NOT NULL REFERENCES num_offer (id),
    hour      BIGINT NOT NULL,
    total     BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    PRIMARY KEY (offer_id, hour)
);
CREATE INDEX num_outcome_hour ON num_outcome (hour);

-- The most that an account pays for a product where it lets us choose the operator.
CREATE TABLE num_max_price (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  BIGINT NOT NULL REFERENCES account (id),
    reseller_id BIGINT NOT NULL DEFAULT 0,
    product_id  BIGINT NOT NULL REFERENCES num_product (id),
    price       BIGINT NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX num_max_price__product ON num_max_price (account_id, product_id);

CREATE TABLE num_flash (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    lang TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE UNIQUE INDEX num_flash__lang ON num_flash (lang);

-- What is left in the payment systems that vendors are paid through.
CREATE TABLE num_wallet (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    system TEXT NOT NULL,
    amount BIGINT NOT NULL
);
CREATE UNIQUE INDEX num_wallet__system ON num_wallet (system);

-- What vendors asked for. status: pending (the money is frozen), paid or rejected (it is free again).
CREATE TABLE num_payout (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id    BIGINT NOT NULL REFERENCES account (id),
    reseller_id   BIGINT NOT NULL DEFAULT 0,
    subaccount_id BIGINT NOT NULL REFERENCES subaccount (id),
    receiver      TEXT NOT NULL,
    method        TEXT NOT NULL,
    fee           TEXT NOT NULL,
    amount        BIGINT NOT NULL,
    currency_id   BIGINT NOT NULL REFERENCES currency (id),
    status        TEXT NOT NULL,
    external_id   TEXT NOT NULL DEFAULT '',
    note          TEXT NOT NULL DEFAULT '',
    created_at    BIGINT NOT NULL,
    closed_at     BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX num_payout__external ON num_payout (account_id, external_id) WHERE external_id <> '';
CREATE INDEX num_payout_account ON num_payout (account_id, id);

-- What each offer costs and how many numbers are left: the price list of guests, who see what is for sale.
CREATE VIEW number_price_list AS
SELECT f.id, c.slug AS country, p.slug AS product, o.slug AS operator, p.category, f.price AS cost, f.free AS count,
       NULLIF(f.rate_168, -1) AS rate, NULLIF(f.rate_1, -1) AS rate1, NULLIF(f.rate_3, -1) AS rate3,
       NULLIF(f.rate_24, -1) AS rate24, NULLIF(f.rate_72, -1) AS rate72, NULLIF(f.rate_168, -1) AS rate168,
       NULLIF(f.rate_720, -1) AS rate720, f.changed_at, f.active,
       (f.active AND p.active AND c.active) AS for_sale
FROM num_offer f JOIN num_pool l ON l.id = f.pool_id JOIN num_product p ON p.id = f.product_id
JOIN num_country c ON c.id = l.country_id JOIN num_operator o ON o.id = l.operator_id;

-- An order whose number its supplier has not named yet is none.
CREATE VIEW number_order_list AS
SELECT o.id, o.account_id, o.reseller_id, o.vendor_id, a.name AS account_name, o.category, o.country, o.operator,
       o.product, o.phone, o.price, y.iso AS currency_iso, o.status, o.created_at, o.expires_at, o.first_sms_at,
       o.closed_at, o.forwarding, o.forwarding_number, o.voice, o.reuse, o.ref, o.parent_id, o.vendor_amount
FROM num_order o JOIN account a ON a.id = o.account_id JOIN currency y ON y.id = o.currency_id
WHERE o.phone <> '';

-- The same with a vendor's own scope: whose numbers they were.
CREATE VIEW vendor_order_list AS
SELECT o.id, o.vendor_id AS account_id, COALESCE(v.reseller_id, 0) AS reseller_id, o.category, o.country, o.operator,
       o.product, o.phone, o.price, o.vendor_amount, y.iso AS currency_iso, o.status, o.created_at, o.expires_at
FROM num_order o JOIN account v ON v.id = o.vendor_id JOIN currency y ON y.id = o.currency_id;

CREATE VIEW number_sms_list AS
SELECT s.id, s.order_id, s.account_id, s.reseller_id, o.phone, o.product, s.created_at, s.received_at, s.sender,
       s.text, s.code, s.is_wave, s.wave_uuid
FROM num_sms s JOIN num_order o ON o.id = s.order_id;

-- Words of the catalogue, prices and stock are imported one after the other (`number::catalogue`).
INSERT INTO generation (topic, n) VALUES ('numbers', 0);

CREATE VIEW num_country_option AS SELECT id, slug AS name FROM num_country;
CREATE VIEW num_operator_option AS SELECT id, slug AS name FROM num_operator;
CREATE VIEW num_product_option AS SELECT id, slug AS name FROM num_product;
CREATE VIEW num_supplier_option AS SELECT id, name FROM num_supplier WHERE NOT deleted;

-- for_sale: with an offer that is sold. Guests see those alone.
CREATE VIEW number_pool_list AS
SELECT l.id, c.slug AS country, o.slug AS operator, l.category, l.phones, l.free,
       (c.active AND EXISTS (SELECT 1 FROM num_offer f JOIN num_product p ON p.id = f.product_id
                             WHERE f.pool_id = l.id AND f.active AND p.active)) AS for_sale
FROM num_pool l JOIN num_country c ON c.id = l.country_id JOIN num_operator o ON o.id = l.operator_id;

CREATE VIEW number_country_list AS
SELECT c.id, c.slug AS country, c.iso, c.prefix, c.text_en, c.text_ru, c.active,
       (c.active AND EXISTS (SELECT 1 FROM num_pool l JOIN num_offer f ON f.pool_id = l.id
                             JOIN num_product p ON p.id = f.product_id
                             WHERE l.country_id = c.id AND f.active AND p.active)) AS for_sale
FROM num_country c;

CREATE VIEW number_operator_list AS SELECT id, slug AS operator FROM num_operator;

CREATE VIEW number_phone_list AS
SELECT n.id, n.account_id, n.reseller_id, n.phone, c.slug AS country, o.slug AS operator, l.category,
       s.name AS supplier_name, n.state, n.voice_ok, n.reuse_ok, n.forwarding_ok, n.created_at
FROM num_phone n JOIN num_pool l ON l.id = n.pool_id JOIN num_country c ON c.id = l.country_id
JOIN num_operator o ON o.id = l.operator_id JOIN num_supplier s ON s.id = n.supplier_id;

-- What moved a client's money, with his balance behind it. kind: buy, refund (what was held for a number and
-- came back), earning (of a vendor), withdraw, charge (any other money that came in), expense (that went).
CREATE VIEW number_payment_list AS
SELECT e.id, b.owner_id AS account_id, a.reseller_id, t.at AS created_at, e.amount, e.balance,
       y.iso AS currency_iso, COALESCE(o.product, w.method, m.name, '') AS provider,
       CASE WHEN t.key LIKE 'hold:number%' OR t.key LIKE 'charge:number-hosting%' THEN
                 CASE WHEN e.amount < 0 THEN 'buy' ELSE 'earning' END
            WHEN t.key LIKE 'settle:number%' THEN CASE WHEN o.status = 'FINISHED' THEN 'earning' ELSE 'refund' END
            WHEN t.key LIKE 'hold:payout:%' THEN 'withdraw'
            WHEN t.key LIKE 'settle:payout:%' THEN 'refund'
            WHEN e.amount > 0 THEN 'charge' ELSE 'expense' END AS kind
FROM entry e JOIN book b ON b.id = e.book_id JOIN transfer t ON t.id = e.transfer_id
JOIN account a ON a.id = b.owner_id JOIN currency y ON y.id = b.currency_id
LEFT JOIN num_order o ON o.id = CASE
        WHEN t.key LIKE 'hold:number:%' THEN CAST(SUBSTR(t.key, 13) AS BIGINT)
        WHEN t.key LIKE 'settle:number:%' THEN CAST(SUBSTR(t.key, 15) AS BIGINT)
        WHEN t.key LIKE 'charge:number-hosting:%' THEN CAST(SUBSTR(t.key, 23) AS BIGINT)
        WHEN t.key LIKE 'hold:number-wholesale:%' THEN CAST(SUBSTR(t.key, 23) AS BIGINT)
        WHEN t.key LIKE 'settle:number-wholesale:%' THEN CAST(SUBSTR(t.key, 25) AS BIGINT)
        WHEN t.key LIKE 'charge:number-hosting-wholesale:%' THEN CAST(SUBSTR(t.key, 33) AS BIGINT) END
LEFT JOIN num_payout w ON w.id = CASE
        WHEN t.key LIKE 'hold:payout:%' THEN CAST(SUBSTR(t.key, 13) AS BIGINT)
        WHEN t.key LIKE 'settle:payout:%' THEN CAST(SUBSTR(t.key, 15) AS BIGINT) END
LEFT JOIN payment p ON p.id = CASE WHEN t.key LIKE 'credit:payment:%' AND t.key NOT LIKE 'credit:payment:%:%'
    THEN CAST(SUBSTR(t.key, 16) AS BIGINT) END
LEFT JOIN paymethod m ON m.id = p.paymethod_id
WHERE b.kind = 'client';
