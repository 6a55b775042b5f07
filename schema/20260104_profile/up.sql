-- A payer: whom documents are made out to. Countries are 0 where not given. Regions are kept as words,
-- because a document must go on showing what was entered.
CREATE TABLE profile (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id        BIGINT NOT NULL REFERENCES account (id),
    reseller_id       BIGINT NOT NULL DEFAULT 0,
    profiletype       BIGINT NOT NULL DEFAULT 1,
    name              TEXT NOT NULL,
    name_fold         TEXT NOT NULL DEFAULT '',
    person            TEXT NOT NULL DEFAULT '',
    email             TEXT NOT NULL DEFAULT '',
    email_fold        TEXT NOT NULL DEFAULT '',
    phone             TEXT NOT NULL DEFAULT '',
    vatnum            TEXT NOT NULL DEFAULT '',
    vatnum_fold       TEXT NOT NULL DEFAULT '',
    eu_vat            TEXT NOT NULL DEFAULT '',
    maildocs          BOOLEAN NOT NULL DEFAULT FALSE,
    country_physical  BIGINT NOT NULL DEFAULT 0,
    state_physical    TEXT NOT NULL DEFAULT '',
    city_physical     TEXT NOT NULL DEFAULT '',
    address_physical  TEXT NOT NULL DEFAULT '',
    postcode_physical TEXT NOT NULL DEFAULT '',
    country_legal     BIGINT NOT NULL DEFAULT 0,
    state_legal       TEXT NOT NULL DEFAULT '',
    city_legal        TEXT NOT NULL DEFAULT '',
    address_legal     TEXT NOT NULL DEFAULT '',
    postcode_legal    TEXT NOT NULL DEFAULT '',
    passport          TEXT NOT NULL DEFAULT '',
    cnp               TEXT NOT NULL DEFAULT '',
    ddirector         TEXT NOT NULL DEFAULT '',
    rdirector         TEXT NOT NULL DEFAULT '',
    jobtitle          TEXT NOT NULL DEFAULT '',
    deleted           BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX profile_name ON profile (name_fold, id);
CREATE INDEX profile_reseller_name ON profile (reseller_id, name_fold, id);
CREATE INDEX profile_account_name ON profile (account_id, name_fold, id);
CREATE INDEX profile_reseller ON profile (reseller_id, id);
CREATE INDEX profile_account ON profile (account_id, id);
CREATE INDEX profile_email_fold ON profile (email_fold);
CREATE INDEX profile_vatnum_fold ON profile (vatnum_fold);

CREATE VIEW profile_list AS
SELECT p.id, p.account_id, p.reseller_id, a.name AS account, a.name_fold AS account_fold, p.profiletype,
       p.name, p.name_fold, p.person, p.email, p.email_fold, p.phone, p.vatnum, p.vatnum_fold,
       p.eu_vat, p.maildocs
FROM profile p
JOIN account a ON a.id = p.account_id
WHERE NOT p.deleted;

CREATE VIEW profile_option AS
SELECT id, name, account_id, reseller_id
FROM profile
WHERE NOT deleted;

-- The owner stands on the payer's row, which every reading of a link goes through.
CREATE TABLE profile_company (
    profile_id BIGINT NOT NULL REFERENCES profile (id),
    company_id BIGINT NOT NULL REFERENCES company (id),
    PRIMARY KEY (profile_id, company_id)
);
CREATE INDEX profile_company_company ON profile_company (company_id);

CREATE VIEW profile_company_list AS
SELECT p.id AS profile_id, p.account_id, p.reseller_id, c.id, c.name, c.name_fold,
       (l.profile_id IS NOT NULL) AS status
FROM profile p
CROSS JOIN company c
LEFT JOIN profile_company l ON l.profile_id = p.id AND l.company_id = c.id
WHERE NOT p.deleted AND NOT c.deleted;
