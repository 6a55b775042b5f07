-- commissionpercent counts 10^-4 of a percent: 25000 is 2.5 %. A maxamount of 0 is no limit.
-- profiletype lists the payer kinds that may use the method, as forms send them: '1, 3'.
CREATE TABLE paymethod (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    name              TEXT NOT NULL,
    name_fold         TEXT NOT NULL DEFAULT '',
    module            TEXT NOT NULL DEFAULT '',
    currency_id       BIGINT NOT NULL REFERENCES currency (id),
    minamount         BIGINT NOT NULL DEFAULT 0,
    maxamount         BIGINT NOT NULL DEFAULT 0,
    commissionpercent BIGINT NOT NULL DEFAULT 0,
    commissionamount  BIGINT NOT NULL DEFAULT 0,
    image             TEXT NOT NULL DEFAULT '',
    note              TEXT NOT NULL DEFAULT '',
    orderpriority     BIGINT NOT NULL DEFAULT 0,
    active            BOOLEAN NOT NULL DEFAULT TRUE,
    profiletype       TEXT NOT NULL DEFAULT '1, 2, 3',
    deleted           BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX paymethod_orderpriority ON paymethod (orderpriority, id);
CREATE INDEX paymethod_name ON paymethod (name_fold, id);
CREATE INDEX paymethod_currency ON paymethod (currency_id);

CREATE VIEW paymethod_list AS
SELECT m.id, m.name, m.name_fold, m.module, m.currency_id, c.iso AS currency_name, c.iso AS currency_iso,
       m.minamount, m.maxamount, m.commissionpercent, m.commissionamount, m.image, m.note,
       m.orderpriority, m.active, m.profiletype
FROM paymethod m
JOIN currency c ON c.id = m.currency_id
WHERE NOT m.deleted;

-- Suspended methods too: old payments are searched by them.
CREATE VIEW paymethod_option AS
SELECT id, name
FROM paymethod
WHERE NOT deleted;

CREATE TABLE paymethod_project (
    paymethod_id BIGINT NOT NULL REFERENCES paymethod (id),
    project_id   BIGINT NOT NULL REFERENCES project (id),
    PRIMARY KEY (paymethod_id, project_id)
);
CREATE INDEX paymethod_project_project ON paymethod_project (project_id);

CREATE VIEW paymethod_project_list AS
SELECT m.id AS paymethod_id, p.id, p.name, p.name_fold, (l.paymethod_id IS NOT NULL) AS status
FROM paymethod m
CROSS JOIN project p
LEFT JOIN paymethod_project l ON l.paymethod_id = m.id AND l.project_id = p.id
WHERE NOT m.deleted AND NOT p.deleted;

CREATE VIEW project_paymethod_list AS
SELECT l.project_id, m.id, m.name, m.name_fold, m.module, c.iso AS currency_name, m.orderpriority, m.active
FROM paymethod_project l
JOIN paymethod m ON m.id = l.paymethod_id
JOIN currency c ON c.id = m.currency_id
WHERE NOT m.deleted;

CREATE TABLE paymethod_company (
    paymethod_id BIGINT NOT NULL REFERENCES paymethod (id),
    company_id   BIGINT NOT NULL REFERENCES company (id),
    PRIMARY KEY (paymethod_id, company_id)
);
CREATE INDEX paymethod_company_company ON paymethod_company (company_id);

CREATE VIEW paymethod_company_list AS
SELECT m.id AS paymethod_id, c.id, c.name, c.name_fold, (l.paymethod_id IS NOT NULL) AS status
FROM paymethod m
CROSS JOIN company c
LEFT JOIN paymethod_company l ON l.paymethod_id = m.id AND l.company_id = c.id
WHERE NOT m.deleted AND NOT c.deleted;

-- A method without rows here is open to payers of every country.
CREATE TABLE paymethod_country (
    paymethod_id BIGINT NOT NULL REFERENCES paymethod (id),
    country_id   BIGINT NOT NULL REFERENCES country (id),
    PRIMARY KEY (paymethod_id, country_id)
);
CREATE INDEX paymethod_country_country ON paymethod_country (country_id);

CREATE VIEW paymethod_country_list AS
SELECT m.id AS paymethod_id, n.id, n.name, n.name_fold, n.iso2, (l.paymethod_id IS NOT NULL) AS status
FROM paymethod m
CROSS JOIN country n
LEFT JOIN paymethod_country l ON l.paymethod_id = m.id AND l.country_id = n.id
WHERE NOT m.deleted;

CREATE TABLE paymethodgroup (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL,
    name_fold TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX paymethodgroup__name ON paymethodgroup (name);
CREATE INDEX paymethodgroup_name ON paymethodgroup (name_fold, id);

CREATE VIEW paymethodgroup_list AS
SELECT id, name, name_fold
FROM paymethodgroup;

CREATE VIEW paymethodgroup_option AS
SELECT id, name
FROM paymethodgroup;

-- Only this table refers to a group, so a removed group takes its memberships along.
CREATE TABLE paymethod_group (
    paymethod_id      BIGINT NOT NULL REFERENCES paymethod (id),
    paymethodgroup_id BIGINT NOT NULL REFERENCES paymethodgroup (id) ON DELETE CASCADE,
    PRIMARY KEY (paymethod_id, paymethodgroup_id)
);
CREATE INDEX paymethod_group_paymethodgroup ON paymethod_group (paymethodgroup_id);

CREATE VIEW paymethod_group_list AS
SELECT m.id AS paymethod_id, g.id, g.name, g.name_fold, (l.paymethod_id IS NOT NULL) AS status
FROM paymethod m
CROSS JOIN paymethodgroup g
LEFT JOIN paymethod_group l ON l.paymethod_id = m.id AND l.paymethodgroup_id = g.id
WHERE NOT m.deleted;
