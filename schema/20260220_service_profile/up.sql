-- A domain contact: whom a registrar is told as owner, administrator and so on. Countries are 0 where not
-- given, dates 0. fullname is what lists show: the company, or the person.
CREATE TABLE service_profile (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id        BIGINT NOT NULL REFERENCES account (id),
    reseller_id       BIGINT NOT NULL DEFAULT 0,
    name              TEXT NOT NULL,
    name_fold         TEXT NOT NULL DEFAULT '',
    profiletype       BIGINT NOT NULL DEFAULT 1,
    fullname          TEXT NOT NULL DEFAULT '',
    fullname_fold     TEXT NOT NULL DEFAULT '',
    firstname         TEXT NOT NULL DEFAULT '',
    middlename        TEXT NOT NULL DEFAULT '',
    lastname          TEXT NOT NULL DEFAULT '',
    firstname_locale  TEXT NOT NULL DEFAULT '',
    middlename_locale TEXT NOT NULL DEFAULT '',
    lastname_locale   TEXT NOT NULL DEFAULT '',
    email             TEXT NOT NULL DEFAULT '',
    email_fold        TEXT NOT NULL DEFAULT '',
    phone             TEXT NOT NULL DEFAULT '',
    mobile            TEXT NOT NULL DEFAULT '',
    fax               TEXT NOT NULL DEFAULT '',
    private           BOOLEAN NOT NULL DEFAULT TRUE,
    passport          TEXT NOT NULL DEFAULT '',
    passport_org      TEXT NOT NULL DEFAULT '',
    passport_date     BIGINT NOT NULL DEFAULT 0,
    birthdate         BIGINT NOT NULL DEFAULT 0,
    company           TEXT NOT NULL DEFAULT '',
    company_locale    TEXT NOT NULL DEFAULT '',
    inn               TEXT NOT NULL DEFAULT '',
    kpp               TEXT NOT NULL DEFAULT '',
    ogrn              TEXT NOT NULL DEFAULT '',
    location_country  BIGINT NOT NULL DEFAULT 0,
    location_state    TEXT NOT NULL DEFAULT '',
    location_city     TEXT NOT NULL DEFAULT '',
    location_postcode TEXT NOT NULL DEFAULT '',
    location_address  TEXT NOT NULL DEFAULT '',
    postal_country    BIGINT NOT NULL DEFAULT 0,
    postal_state      TEXT NOT NULL DEFAULT '',
    postal_city       TEXT NOT NULL DEFAULT '',
    postal_postcode   TEXT NOT NULL DEFAULT '',
    postal_address    TEXT NOT NULL DEFAULT '',
    postal_addressee  TEXT NOT NULL DEFAULT '',
    deleted           BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX service_profile_name ON service_profile (name_fold, id);
CREATE INDEX service_profile_reseller ON service_profile (reseller_id, name_fold, id);
CREATE INDEX service_profile_account ON service_profile (account_id, name_fold, id);

-- What a contact is to a service: owner, admin, tech, bill, customer; one contact a role.
CREATE TABLE service_profile2item (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    service_profile_id BIGINT NOT NULL REFERENCES service_profile (id),
    item_id            BIGINT NOT NULL REFERENCES item (id),
    type               TEXT NOT NULL
);
CREATE UNIQUE INDEX service_profile2item__type ON service_profile2item (item_id, type);
CREATE INDEX service_profile2item_profile ON service_profile2item (service_profile_id, item_id);

-- What a registrar knows a contact by. externalpassword is text of crate::seal with context
-- service_profile2processing.externalpassword:<id>, or nothing.
CREATE TABLE service_profile2processing (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    service_profile_id BIGINT NOT NULL REFERENCES service_profile (id),
    processing_id      BIGINT NOT NULL REFERENCES processing (id),
    type               TEXT NOT NULL DEFAULT '',
    externalid         TEXT NOT NULL DEFAULT '',
    externalpassword   TEXT NOT NULL DEFAULT '',
    is_sealed          BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX service_profile2processing__type
    ON service_profile2processing (processing_id, service_profile_id, type);
CREATE INDEX service_profile2processing_profile ON service_profile2processing (service_profile_id);

-- A field of a contact that a registrar does not take, and why. It goes when the field is changed.
CREATE TABLE service_profile_error (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    service_profile_id BIGINT NOT NULL REFERENCES service_profile (id),
    item_id            BIGINT NOT NULL DEFAULT 0,
    param              TEXT NOT NULL,
    message            TEXT NOT NULL DEFAULT '',
    createdate         BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX service_profile_error__param ON service_profile_error (service_profile_id, param);

-- Where a copy of a contact's document lies, and whether somebody has looked at it.
CREATE TABLE service_profile_doc (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    service_profile_id BIGINT NOT NULL REFERENCES service_profile (id),
    account_id         BIGINT NOT NULL,
    reseller_id        BIGINT NOT NULL DEFAULT 0,
    name               TEXT NOT NULL,
    name_fold          TEXT NOT NULL DEFAULT '',
    url                TEXT NOT NULL DEFAULT '',
    createdate         BIGINT NOT NULL DEFAULT 0,
    verified           BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX service_profile_doc_profile ON service_profile_doc (service_profile_id, id);
CREATE INDEX service_profile_doc_account ON service_profile_doc (account_id, id);

CREATE VIEW service_profile_list AS
SELECT p.id, p.account_id, p.reseller_id, a.name AS account, a.name_fold AS account_fold, p.profiletype,
       p.name, p.name_fold, p.fullname, p.fullname_fold, p.email, p.email_fold,
       (SELECT COUNT(DISTINCT l.item_id) FROM service_profile2item l JOIN item i ON i.id = l.item_id
        WHERE NOT i.deleted AND l.service_profile_id = p.id) AS spusage,
       COALESCE((SELECT MIN(i.name) FROM service_profile2item l JOIN item i ON i.id = l.item_id
        WHERE NOT i.deleted AND l.service_profile_id = p.id), '') AS domains
FROM service_profile p
JOIN account a ON a.id = p.account_id
WHERE NOT p.deleted;

CREATE VIEW service_profile_option AS
SELECT id, name, account_id, reseller_id
FROM service_profile
WHERE NOT deleted;

CREATE VIEW service_profile_doc_list AS
SELECT id, service_profile_id, account_id, reseller_id, name, name_fold, url, createdate, verified
FROM service_profile_doc;

CREATE VIEW service_profile2processing_list AS
SELECT l.id, l.service_profile_id, l.processing_id, l.type, l.externalid, l.is_sealed,
       p.name AS service_profile_name, p.name_fold AS service_profile_name_fold, m.name AS processing_name
FROM service_profile2processing l
JOIN service_profile p ON p.id = l.service_profile_id
JOIN processing m ON m.id = l.processing_id
WHERE NOT p.deleted;
