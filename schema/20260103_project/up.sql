-- A provider: the brand under which services are sold. An empty timezone means the server's TimeZone.
CREATE TABLE project (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL,
    name_fold    TEXT NOT NULL DEFAULT '',
    site         TEXT NOT NULL DEFAULT '',
    billurl      TEXT NOT NULL DEFAULT '',
    currency_id  BIGINT NOT NULL REFERENCES currency (id),
    notify_email TEXT NOT NULL DEFAULT '',
    timezone     TEXT NOT NULL DEFAULT '',
    deleted      BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX project__name ON project (name) WHERE NOT deleted;
CREATE INDEX project_name ON project (name_fold, id);
CREATE INDEX project_currency ON project (currency_id);

CREATE VIEW project_list AS
SELECT p.id, p.name, p.name_fold, p.currency_id, c.iso AS currency_str, p.site, p.billurl,
       p.notify_email, p.timezone
FROM project p
JOIN currency c ON c.id = p.currency_id
WHERE NOT p.deleted;

CREATE VIEW project_option AS
SELECT id, name
FROM project
WHERE NOT deleted;

-- A legal person that issues payments and documents. payment_next is the number that its next payment
-- takes, moved in the job that creates the payment.
CREATE TABLE company (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    name            TEXT NOT NULL,
    name_fold       TEXT NOT NULL DEFAULT '',
    profiletype     BIGINT NOT NULL DEFAULT 2,
    country_id      BIGINT NOT NULL REFERENCES country (id),
    vatnum          TEXT NOT NULL DEFAULT '',
    address         TEXT NOT NULL DEFAULT '',
    invoice_numtmpl TEXT NOT NULL DEFAULT '',
    payment_numtmpl TEXT NOT NULL DEFAULT '',
    payment_next    BIGINT NOT NULL DEFAULT 1,
    deleted         BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX company__name ON company (name) WHERE NOT deleted;
CREATE INDEX company_name ON company (name_fold, id);
CREATE INDEX company_country ON company (country_id);

CREATE VIEW company_list AS
SELECT c.id, c.name, c.name_fold, c.profiletype, c.country_id, n.name AS country, c.vatnum
FROM company c
JOIN country n ON n.id = c.country_id
WHERE NOT c.deleted;

CREATE VIEW company_option AS
SELECT id, name
FROM company
WHERE NOT deleted;

CREATE TABLE project_company (
    project_id BIGINT NOT NULL REFERENCES project (id),
    company_id BIGINT NOT NULL REFERENCES company (id),
    PRIMARY KEY (project_id, company_id)
);
CREATE INDEX project_company_company ON project_company (company_id);

CREATE VIEW project_company_list AS
SELECT p.id AS project_id, c.id, c.name, c.name_fold, (l.project_id IS NOT NULL) AS status
FROM project p
CROSS JOIN company c
LEFT JOIN project_company l ON l.project_id = p.id AND l.company_id = c.id
WHERE NOT p.deleted AND NOT c.deleted;

CREATE VIEW company_project_list AS
SELECT c.id AS company_id, p.id, p.name, p.name_fold, (l.company_id IS NOT NULL) AS status
FROM company c
CROSS JOIN project p
LEFT JOIN project_company l ON l.company_id = c.id AND l.project_id = p.id
WHERE NOT c.deleted AND NOT p.deleted;

-- Which payer kinds a company serves: 1 individual, 2 legal entity, 3 sole proprietor. A company without
-- rows serves none, so whoever creates one adds its kinds in the same job.
CREATE TABLE company_profiletype (
    company_id  BIGINT NOT NULL REFERENCES company (id),
    profiletype BIGINT NOT NULL CHECK (profiletype IN (1, 2, 3)),
    PRIMARY KEY (company_id, profiletype)
);

CREATE VIEW company_profiletype_list AS
SELECT c.id AS company_id, k.id, k.id AS profiletype, (l.company_id IS NOT NULL) AS status
FROM company c
CROSS JOIN (
    SELECT CAST(1 AS BIGINT) AS id
    UNION ALL SELECT CAST(2 AS BIGINT)
    UNION ALL SELECT CAST(3 AS BIGINT)
) k
LEFT JOIN company_profiletype l ON l.company_id = c.id AND l.profiletype = k.id
WHERE NOT c.deleted;
