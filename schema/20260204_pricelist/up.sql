-- Tariffs that count together where a client may have only so many. 0: any provider, any type, no limit.
CREATE TABLE pricelistgroup (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL,
    name_fold     TEXT NOT NULL DEFAULT '',
    project_id    BIGINT NOT NULL DEFAULT 0,
    itemtype_id   BIGINT NOT NULL DEFAULT 0,
    itemmax       BIGINT NOT NULL DEFAULT 0,
    trial_itemmax BIGINT NOT NULL DEFAULT 0,
    deleted       BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX pricelistgroup_name ON pricelistgroup (name_fold, id);

CREATE VIEW pricelistgroup_list AS
SELECT g.id, g.name, g.name_fold, g.project_id, COALESCE(p.name, '') AS project, g.itemtype_id,
       COALESCE(t.name, '') AS itemtype, g.itemmax, g.trial_itemmax
FROM pricelistgroup g
LEFT JOIN project p ON p.id = g.project_id
LEFT JOIN itemtype t ON t.id = g.itemtype_id
WHERE NOT g.deleted;

CREATE VIEW pricelistgroup_option AS
SELECT id, name
FROM pricelistgroup
WHERE NOT deleted;

-- A tariff. Services refer to it, so a removed one stays.
-- trial: how long, in days (trialtype 0) or months of 30 days (1); 0 none. minperiodtype: 0 days, 1 months.
-- prorataday: the day of the month on which terms begin with billprorata; 0 the day of the order.
-- changepolicy: 0 to any tariff of the type, 1 within the group, 2 to dearer ones, 3 not by clients.
-- changeprolongpolicy: 0 the end of the paid time stays, 1 the money left buys time of the new tariff, 2 the
-- change waits for the end of the paid time. returnpolicy: 0 what is not used is given back, 1 nothing is.
-- orderpolicy: 0 everybody, 1 only staff, 2 only by a change of the tariff. suspendpenaltytype: 0 none,
-- 1 suspendpenaltypercent of the price, 2 the sum that stands among the prices.
CREATE TABLE pricelist (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    itemtype_id           BIGINT NOT NULL REFERENCES itemtype (id),
    project_id            BIGINT NOT NULL REFERENCES project (id),
    pricelistgroup_id     BIGINT NOT NULL DEFAULT 0,
    name                  TEXT NOT NULL,
    name_fold             TEXT NOT NULL DEFAULT '',
    name_ru               TEXT NOT NULL DEFAULT '',
    employee_name         TEXT NOT NULL DEFAULT '',
    intname               TEXT NOT NULL DEFAULT '',
    description           TEXT NOT NULL DEFAULT '',
    description_ru        TEXT NOT NULL DEFAULT '',
    note                  TEXT NOT NULL DEFAULT '',
    orderpriority         BIGINT NOT NULL DEFAULT 0,
    active                BOOLEAN NOT NULL DEFAULT TRUE,
    access                TEXT NOT NULL DEFAULT '',
    trial                 BIGINT NOT NULL DEFAULT 0,
    trialtype             BIGINT NOT NULL DEFAULT 0,
    billdaily             BOOLEAN NOT NULL DEFAULT FALSE,
    billhourly            BOOLEAN NOT NULL DEFAULT FALSE,
    billprorata           BOOLEAN NOT NULL DEFAULT FALSE,
    prorataday            BIGINT NOT NULL DEFAULT 0,
    autocalcday           BOOLEAN NOT NULL DEFAULT FALSE,
    changepolicy          BIGINT NOT NULL DEFAULT 0,
    changeprolongpolicy   BIGINT NOT NULL DEFAULT 0,
    returnpolicy          BIGINT NOT NULL DEFAULT 0,
    orderpolicy           BIGINT NOT NULL DEFAULT 0,
    suspendpenaltytype    BIGINT NOT NULL DEFAULT 0,
    suspendpenaltypercent BIGINT NOT NULL DEFAULT 0,
    suspendperiod         BIGINT NOT NULL DEFAULT 0,
    chargestoped          BOOLEAN NOT NULL DEFAULT TRUE,
    quickorder            BOOLEAN NOT NULL DEFAULT FALSE,
    minperiodtype         BIGINT NOT NULL DEFAULT 0,
    minperiodlen          BIGINT NOT NULL DEFAULT 0,
    nostopholidays        BOOLEAN NOT NULL DEFAULT FALSE,
    itemmax               BIGINT NOT NULL DEFAULT 0,
    license               TEXT NOT NULL DEFAULT '',
    opennotify            TEXT NOT NULL DEFAULT '',
    orderpage             TEXT NOT NULL DEFAULT '',
    show_on_dashboard     BOOLEAN NOT NULL DEFAULT FALSE,
    show_addon_image      BOOLEAN NOT NULL DEFAULT FALSE,
    deleted               BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX pricelist_order ON pricelist (orderpriority, id);
CREATE INDEX pricelist_name ON pricelist (name_fold, id);
CREATE INDEX pricelist_itemtype ON pricelist (itemtype_id, project_id, orderpriority, id);
CREATE INDEX pricelist_project ON pricelist (project_id);
CREATE INDEX pricelist_group ON pricelist (pricelistgroup_id);

-- Modules that can open services of a tariff; one without rows is served by hand.
CREATE TABLE pricelist_processing (
    pricelist_id  BIGINT NOT NULL REFERENCES pricelist (id),
    processing_id BIGINT NOT NULL REFERENCES processing (id),
    PRIMARY KEY (pricelist_id, processing_id)
);
CREATE INDEX pricelist_processing_processing ON pricelist_processing (processing_id);

-- An add-on of a tariff: how much of an add-on type it includes, and how a client comes to more.
-- billtype 1 free, 2 by order, 3 by statistics, 4 compound, 5 by other resources, 10 manual;
-- addontype 1 flag, 2 number, 3 enumeration; scaletype 0 nearest, 1 per step, 2 packs, 3 options.
-- Without a name of its own it has its type's. addonmax and addonmaxtrial of 0 are no limit.
CREATE TABLE pricelist_detail (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    pricelist_id         BIGINT NOT NULL REFERENCES pricelist (id),
    itemtype_id          BIGINT NOT NULL REFERENCES itemtype (id),
    name                 TEXT NOT NULL DEFAULT '',
    name_fold            TEXT NOT NULL DEFAULT '',
    name_ru              TEXT NOT NULL DEFAULT '',
    billtype             BIGINT NOT NULL DEFAULT 2,
    addontype            BIGINT NOT NULL DEFAULT 2,
    scaletype            BIGINT NOT NULL DEFAULT 1,
    restrictclientchange TEXT NOT NULL DEFAULT 'off',
    addonmin             BIGINT NOT NULL DEFAULT 0,
    addonmax             BIGINT NOT NULL DEFAULT 0,
    addonlimit           BIGINT NOT NULL DEFAULT 0,
    addonlimittrial      BIGINT NOT NULL DEFAULT 0,
    addonmaxtrial        BIGINT NOT NULL DEFAULT 0,
    addonstep            BIGINT NOT NULL DEFAULT 1,
    measure_id           BIGINT NOT NULL DEFAULT 0,
    enumeration_id       BIGINT NOT NULL DEFAULT 0,
    enumerationitem_id   BIGINT NOT NULL DEFAULT 0,
    chargestoped         BOOLEAN NOT NULL DEFAULT TRUE,
    manualprocessing     BOOLEAN NOT NULL DEFAULT FALSE,
    orderpriority        BIGINT NOT NULL DEFAULT 0,
    active               BOOLEAN NOT NULL DEFAULT TRUE,
    deleted              BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX pricelist_detail_order ON pricelist_detail (pricelist_id, orderpriority, id);
CREATE INDEX pricelist_detail_itemtype ON pricelist_detail (itemtype_id);
CREATE INDEX pricelist_detail_enumeration ON pricelist_detail (enumeration_id);

-- What a tariff (detail_id 0) or one of its add-ons costs. kind: period the price of a period, prolong that
-- of a renewal where it is another, setup, transfer, stat beyond what is included, suspendpenalty. period is
-- -100 trial, -50 a day, 0 once, else months; 0 where the kind has none. An add-on's row is the price of a
-- step from from_count on, or of an enumeration's value. disabled: the period cannot be ordered.
CREATE TABLE price (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    pricelist_id       BIGINT NOT NULL REFERENCES pricelist (id),
    detail_id          BIGINT NOT NULL DEFAULT 0,
    kind               TEXT NOT NULL DEFAULT 'period',
    period             BIGINT NOT NULL DEFAULT 0,
    currency_id        BIGINT NOT NULL REFERENCES currency (id),
    from_count         BIGINT NOT NULL DEFAULT 0,
    enumerationitem_id BIGINT NOT NULL DEFAULT 0,
    amount             BIGINT NOT NULL DEFAULT 0 CHECK (amount >= 0),
    disabled           BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX price__period
    ON price (pricelist_id, detail_id, kind, period, currency_id, from_count, enumerationitem_id);
CREATE INDEX price_detail ON price (detail_id, kind, period);
CREATE INDEX price_currency ON price (currency_id);

-- The cost: of a month in the provider's currency; where there is none, of the shortest longer period, then
-- once for good, then of a day.
CREATE VIEW pricelist_list AS
SELECT t.id, t.name, t.name_fold, t.employee_name, t.itemtype_id, y.name AS itemtype_name, t.project_id,
       j.name AS project, t.pricelistgroup_id,
       COALESCE((SELECT string_agg(m.name, ', ' ORDER BY m.orderpriority, m.id)
                 FROM pricelist_processing l JOIN processing m ON m.id = l.processing_id
                 WHERE l.pricelist_id = t.id AND NOT m.deleted), '') AS processingmodules,
       (SELECT c.amount FROM price c
        WHERE c.pricelist_id = t.id AND c.detail_id = 0 AND c.kind = 'period' AND c.currency_id = j.currency_id
          AND c.period <> -100 AND NOT c.disabled
        ORDER BY CASE WHEN c.period > 0 THEN c.period WHEN c.period = 0 THEN 1000 ELSE 1001 END
        LIMIT 1) AS pricelist_cost,
       k.iso AS cost_iso, t.orderpriority, t.active, t.prorataday, t.note, t.access AS accessname
FROM pricelist t
JOIN itemtype y ON y.id = t.itemtype_id
JOIN project j ON j.id = t.project_id
JOIN currency k ON k.id = j.currency_id
WHERE NOT t.deleted;

-- Suspended tariffs too: services are searched by them.
CREATE VIEW pricelist_option AS
SELECT id, name, itemtype_id
FROM pricelist
WHERE NOT deleted;

-- What an order may name. Whether this caller may order it, the order says.
CREATE VIEW pricelist_order_option AS
SELECT id, name, itemtype_id
FROM pricelist
WHERE NOT deleted AND active AND orderpolicy <> 2;

-- The modules that may serve a tariff, by its type.
CREATE VIEW pricelist_processing_list AS
SELECT t.id AS pricelist_id, m.id, m.name, m.name_fold, m.module, (l.pricelist_id IS NOT NULL) AS status
FROM pricelist t
CROSS JOIN processing m
LEFT JOIN pricelist_processing l ON l.pricelist_id = t.id AND l.processing_id = m.id
WHERE NOT t.deleted AND NOT m.deleted
  AND (EXISTS (SELECT 1 FROM processing_itemtype s
               WHERE s.processing_id = m.id AND s.itemtype_id = t.itemtype_id)
       OR NOT EXISTS (SELECT 1 FROM processing_itemtype s WHERE s.processing_id = m.id));

CREATE VIEW processing_pricelist_list AS
SELECT l.processing_id, t.id, t.name, t.name_fold, y.name AS itemtype_name, j.name AS project, t.active
FROM pricelist_processing l
JOIN pricelist t ON t.id = l.pricelist_id
JOIN itemtype y ON y.id = t.itemtype_id
JOIN project j ON j.id = t.project_id
WHERE NOT t.deleted;

-- Who has a service of one of the required tariffs may order this one; a tariff without rows asks nothing.
CREATE TABLE pricelist_orderreference (
    pricelist_id BIGINT NOT NULL REFERENCES pricelist (id),
    required_id  BIGINT NOT NULL REFERENCES pricelist (id),
    PRIMARY KEY (pricelist_id, required_id)
);
CREATE INDEX pricelist_orderreference_required ON pricelist_orderreference (required_id);

-- Only tariffs of one provider: a client is another's client too, but by another account of money.
CREATE VIEW pricelist_orderreference_list AS
SELECT t.id AS pricelist_id, r.id, r.name, r.name_fold, (l.pricelist_id IS NOT NULL) AS status
FROM pricelist t
JOIN pricelist r ON r.project_id = t.project_id AND r.id <> t.id
LEFT JOIN pricelist_orderreference l ON l.pricelist_id = t.id AND l.required_id = r.id
WHERE NOT t.deleted AND NOT r.deleted;

CREATE VIEW pricelist_detail_list AS
SELECT d.id, d.pricelist_id, CASE WHEN d.name = '' THEN y.name ELSE d.name END AS name,
       CASE WHEN d.name = '' THEN y.name_fold ELSE d.name_fold END AS name_fold, d.itemtype_id,
       y.intname, d.billtype, d.addontype, d.addonlimit, d.measure_id, COALESCE(m.name, '') AS measure,
       (SELECT c.amount FROM price c
        WHERE c.detail_id = d.id AND c.currency_id = j.currency_id AND c.period <> -100 AND NOT c.disabled
          AND c.kind IN ('period', 'stat')
        ORDER BY CASE WHEN c.period > 0 THEN c.period WHEN c.period = 0 THEN 1000 ELSE 1001 END, c.from_count,
                 c.amount
        LIMIT 1) AS price,
       k.iso AS price_iso, d.orderpriority, d.active
FROM pricelist_detail d
JOIN pricelist t ON t.id = d.pricelist_id
JOIN itemtype y ON y.id = d.itemtype_id
JOIN project j ON j.id = t.project_id
JOIN currency k ON k.id = j.currency_id
LEFT JOIN measure m ON m.id = d.measure_id
WHERE NOT d.deleted AND NOT t.deleted;

CREATE VIEW pricelist_detail_price_list AS
SELECT c.id, c.detail_id, c.kind, c.period, c.currency_id, k.iso AS currency, c.from_count,
       c.enumerationitem_id, COALESCE(i.name, '') AS enumerationitem, c.amount, c.disabled
FROM price c
JOIN pricelist_detail d ON d.id = c.detail_id
JOIN currency k ON k.id = c.currency_id
LEFT JOIN enumerationitem i ON i.id = c.enumerationitem_id
WHERE NOT d.deleted;

-- What is offered beside or after an order: offer_id to who orders a service of the type or tariff; 0 any.
CREATE TABLE buymore (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL,
    name_fold      TEXT NOT NULL DEFAULT '',
    name_ru        TEXT NOT NULL DEFAULT '',
    description    TEXT NOT NULL DEFAULT '',
    description_ru TEXT NOT NULL DEFAULT '',
    itemtype_id    BIGINT NOT NULL DEFAULT 0,
    pricelist_id   BIGINT NOT NULL DEFAULT 0,
    offer_id       BIGINT NOT NULL REFERENCES pricelist (id),
    orderpriority  BIGINT NOT NULL DEFAULT 0,
    active         BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE INDEX buymore_order ON buymore (orderpriority, id);

CREATE VIEW buymore_list AS
SELECT b.id, b.name, b.name_fold, b.itemtype_id, COALESCE(y.name, '') AS itemtype, b.pricelist_id,
       COALESCE(t.name, '') AS pricelist, b.offer_id, o.name AS offer, b.orderpriority, b.active
FROM buymore b
JOIN pricelist o ON o.id = b.offer_id
LEFT JOIN itemtype y ON y.id = b.itemtype_id
LEFT JOIN pricelist t ON t.id = b.pricelist_id;
