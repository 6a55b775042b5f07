-- A product type (parent_id 0), whose intname begins the names of its functions, or an add-on type of the
-- product type parent_id: what a tariff of it can count, switch or choose. Tariffs and services refer to
-- both, so a removed one stays.
-- closetype: 0 clients may delete a service, 1 only staff. closesubtype: 0 at once, 1 at the end of the
-- paid time. trialtype: one trial for 0 the type, 1 a tariff group, 2 a tariff, 3 each service.
-- orderview: 0 a list, 1 cards. The columns from addontype on mean something for add-on types alone and are
-- what an add-on of a new tariff begins with; they are explained at pricelist_detail.
CREATE TABLE itemtype (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id            BIGINT NOT NULL DEFAULT 0,
    intname              TEXT NOT NULL,
    name                 TEXT NOT NULL,
    name_fold            TEXT NOT NULL DEFAULT '',
    name_ru              TEXT NOT NULL DEFAULT '',
    orderimage           TEXT NOT NULL DEFAULT '',
    orderpriority        BIGINT NOT NULL DEFAULT 0,
    active               BOOLEAN NOT NULL DEFAULT TRUE,
    splitexpense         BOOLEAN NOT NULL DEFAULT FALSE,
    nostopholidays       BOOLEAN NOT NULL DEFAULT FALSE,
    suspendperiod        BIGINT NOT NULL DEFAULT 0,
    closetype            BIGINT NOT NULL DEFAULT 0,
    closesubtype         BIGINT NOT NULL DEFAULT 0,
    trial                BOOLEAN NOT NULL DEFAULT FALSE,
    trialtype            BIGINT NOT NULL DEFAULT 0,
    day                  BOOLEAN NOT NULL DEFAULT FALSE,
    monthly              BOOLEAN NOT NULL DEFAULT FALSE,
    quarterly            BOOLEAN NOT NULL DEFAULT FALSE,
    semiannual           BOOLEAN NOT NULL DEFAULT FALSE,
    annually             BOOLEAN NOT NULL DEFAULT FALSE,
    biennial             BOOLEAN NOT NULL DEFAULT FALSE,
    triennial            BOOLEAN NOT NULL DEFAULT FALSE,
    quadrennial          BOOLEAN NOT NULL DEFAULT FALSE,
    quinquennial         BOOLEAN NOT NULL DEFAULT FALSE,
    decennial            BOOLEAN NOT NULL DEFAULT FALSE,
    lifetime             BOOLEAN NOT NULL DEFAULT FALSE,
    transfer             BOOLEAN NOT NULL DEFAULT FALSE,
    orderview            BIGINT NOT NULL DEFAULT 0,
    show_addon_image     BOOLEAN NOT NULL DEFAULT FALSE,
    addontype            BIGINT NOT NULL DEFAULT 2,
    billtype             BIGINT NOT NULL DEFAULT 2,
    scaletype            BIGINT NOT NULL DEFAULT 1,
    restrictclientchange TEXT NOT NULL DEFAULT 'off',
    addonmin             BIGINT NOT NULL DEFAULT 0,
    addonmax             BIGINT NOT NULL DEFAULT 0,
    addonlimit           BIGINT NOT NULL DEFAULT 0,
    addonstep            BIGINT NOT NULL DEFAULT 1,
    measure_id           BIGINT NOT NULL DEFAULT 0,
    enumeration_id       BIGINT NOT NULL DEFAULT 0,
    enumerationitem_id   BIGINT NOT NULL DEFAULT 0,
    chargestoped         BOOLEAN NOT NULL DEFAULT TRUE,
    manualprocessing     BOOLEAN NOT NULL DEFAULT FALSE,
    deleted              BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX itemtype__intname ON itemtype (parent_id, intname) WHERE NOT deleted;
CREATE INDEX itemtype_order ON itemtype (parent_id, orderpriority, id);

CREATE VIEW itemtype_list AS
SELECT id, name, name_fold, name_ru, intname, orderpriority, active
FROM itemtype
WHERE parent_id = 0 AND NOT deleted;

-- Suspended types too: their tariffs and services are searched by them.
CREATE VIEW itemtype_option AS
SELECT id, name
FROM itemtype
WHERE parent_id = 0 AND NOT deleted;

-- What is asked when a service of the type is ordered. Services keep the answers by intname.
CREATE TABLE itemtype_param (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    itemtype_id   BIGINT NOT NULL REFERENCES itemtype (id),
    intname       TEXT NOT NULL,
    name          TEXT NOT NULL,
    name_fold     TEXT NOT NULL DEFAULT '',
    name_ru       TEXT NOT NULL DEFAULT '',
    description   TEXT NOT NULL DEFAULT '',
    type          TEXT NOT NULL DEFAULT 'text',
    defaultvalue  TEXT NOT NULL DEFAULT '',
    required      BOOLEAN NOT NULL DEFAULT FALSE,
    clientshow    BOOLEAN NOT NULL DEFAULT TRUE,
    orderpriority BIGINT NOT NULL DEFAULT 0,
    deleted       BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX itemtype_param__intname ON itemtype_param (itemtype_id, intname) WHERE NOT deleted;
CREATE INDEX itemtype_param_order ON itemtype_param (itemtype_id, orderpriority, id);

CREATE VIEW itemtype_param_list AS
SELECT id, itemtype_id, name, name_fold, name_ru, intname, type, required, clientshow, orderpriority
FROM itemtype_param
WHERE NOT deleted;

-- A value of a parameter to select from; processing_id 0 where every module knows it.
CREATE TABLE itemtype_param_value (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    itemtype_param_id BIGINT NOT NULL REFERENCES itemtype_param (id),
    processing_id     BIGINT NOT NULL DEFAULT 0,
    intname           TEXT NOT NULL,
    name              TEXT NOT NULL,
    name_fold         TEXT NOT NULL DEFAULT '',
    name_ru           TEXT NOT NULL DEFAULT '',
    orderpriority     BIGINT NOT NULL DEFAULT 0,
    deleted           BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX itemtype_param_value__intname
    ON itemtype_param_value (itemtype_param_id, processing_id, intname) WHERE NOT deleted;
CREATE INDEX itemtype_param_value_order ON itemtype_param_value (itemtype_param_id, orderpriority, id);

-- Who has a service of one of the required types may order this one; a type without rows asks nothing.
CREATE TABLE itemtype_orderreference (
    itemtype_id BIGINT NOT NULL REFERENCES itemtype (id),
    required_id BIGINT NOT NULL REFERENCES itemtype (id),
    PRIMARY KEY (itemtype_id, required_id)
);
CREATE INDEX itemtype_orderreference_required ON itemtype_orderreference (required_id);

CREATE VIEW itemtype_orderreference_list AS
SELECT t.id AS itemtype_id, r.id, r.name, r.name_fold, (l.itemtype_id IS NOT NULL) AS status
FROM itemtype t
CROSS JOIN itemtype r
LEFT JOIN itemtype_orderreference l ON l.itemtype_id = t.id AND l.required_id = r.id
WHERE t.parent_id = 0 AND r.parent_id = 0 AND t.id <> r.id AND NOT t.deleted AND NOT r.deleted;
