-- A kind of contract that a company concludes. next_number is the number that its next contract takes;
-- months is how long a contract runs, 0 without an end.
CREATE TABLE company_contract (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id   BIGINT NOT NULL REFERENCES company (id),
    name         TEXT NOT NULL,
    name_fold    TEXT NOT NULL DEFAULT '',
    contracttype TEXT NOT NULL DEFAULT 'contract',
    doctmpl_id   BIGINT NOT NULL DEFAULT 0,
    profiletypes TEXT NOT NULL DEFAULT '1, 2, 3',
    numtmpl      TEXT NOT NULL DEFAULT '',
    next_number  BIGINT NOT NULL DEFAULT 1,
    months       BIGINT NOT NULL DEFAULT 0,
    deleted      BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX company_contract__name ON company_contract (company_id, name) WHERE NOT deleted;

CREATE VIEW company_contract_list AS
SELECT k.id, k.company_id, k.name, k.name_fold, k.contracttype, COALESCE(d.name, '') AS doctmpl_name
FROM company_contract k
LEFT JOIN doctmpl d ON d.id = k.doctmpl_id
WHERE NOT k.deleted;

-- What is chosen for a contract says whose it is: the same name may be several companies'.
CREATE VIEW company_contract_option AS
SELECT k.id, k.name || ' (' || c.name || ')' AS name
FROM company_contract k JOIN company c ON c.id = k.company_id
WHERE NOT k.deleted AND NOT c.deleted;

-- An annex that is printed behind every contract of its kind.
CREATE TABLE company_contract_appendix (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    company_contract_id BIGINT NOT NULL REFERENCES company_contract (id),
    name                TEXT NOT NULL,
    name_fold           TEXT NOT NULL DEFAULT '',
    doctmpl_id          BIGINT NOT NULL DEFAULT 0,
    deleted             BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX company_contract_appendix__name ON company_contract_appendix (company_contract_id, name)
WHERE NOT deleted;

CREATE VIEW company_contract_appendix_list AS
SELECT x.id, x.company_contract_id, x.name, x.name_fold, COALESCE(d.name, '') AS doctmpl_name
FROM company_contract_appendix x
LEFT JOIN doctmpl d ON d.id = x.doctmpl_id
WHERE NOT x.deleted;

-- status: 1 new, 3 sent, 4 signed, 5 cancelled. data holds the parties as they were when it was signed.
CREATE TABLE contract (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id          BIGINT NOT NULL REFERENCES account (id),
    reseller_id         BIGINT NOT NULL DEFAULT 0,
    profile_id          BIGINT NOT NULL REFERENCES profile (id),
    company_id          BIGINT NOT NULL REFERENCES company (id),
    company_contract_id BIGINT NOT NULL REFERENCES company_contract (id),
    number              TEXT NOT NULL DEFAULT '',
    number_fold         TEXT NOT NULL DEFAULT '',
    signdate            BIGINT NOT NULL DEFAULT 0,
    senddate            BIGINT NOT NULL DEFAULT 0,
    end_date            BIGINT NOT NULL DEFAULT 0,
    status              BIGINT NOT NULL DEFAULT 1,
    note                TEXT NOT NULL DEFAULT '',
    data                TEXT NOT NULL DEFAULT '',
    deleted             BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX contract__number ON contract (company_contract_id, number) WHERE NOT deleted;
CREATE INDEX contract_account ON contract (account_id, id);
CREATE INDEX contract_reseller ON contract (reseller_id, id);
CREATE INDEX contract_number ON contract (number_fold, id);

CREATE VIEW contract_list AS
SELECT k.id, k.account_id, k.reseller_id, k.profile_id, k.company_id, k.company_contract_id, k.number,
       k.number_fold, k.signdate, k.senddate, k.end_date, k.status, p.name AS client_name,
       p.name_fold AS client_name_fold, c.name AS company_name, t.name AS contract_name, t.contracttype,
       a.name AS account_name
FROM contract k
LEFT JOIN profile p ON p.id = k.profile_id
LEFT JOIN company c ON c.id = k.company_id
LEFT JOIN company_contract t ON t.id = k.company_contract_id
LEFT JOIN account a ON a.id = k.account_id
WHERE NOT k.deleted;
