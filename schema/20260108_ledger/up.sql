-- Double-entry books (decisions.md, Money). Only client and frozen books cache a balance.
CREATE TABLE book (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,
    owner_id    BIGINT NOT NULL,
    project_id  BIGINT NOT NULL,
    currency_id BIGINT NOT NULL,
    balance     BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX book__owner ON book (kind, owner_id, project_id, currency_id);

-- A transfer is never changed or removed; its key makes a second posting answer "exists".
CREATE TABLE transfer (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT NOT NULL,
    at         BIGINT NOT NULL,
    rate_nano  BIGINT NOT NULL DEFAULT 0,
    rate_since BIGINT NOT NULL DEFAULT 0,
    is_debt    BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX transfer__key ON transfer (key);

-- balance: of the book behind the transfer, where it caches one.
CREATE TABLE entry (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    transfer_id BIGINT NOT NULL REFERENCES transfer (id),
    book_id     BIGINT NOT NULL REFERENCES book (id),
    amount      BIGINT NOT NULL,
    balance     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX entry_transfer ON entry (transfer_id);
CREATE INDEX entry_book ON entry (book_id, id);

-- The account of a client with one provider; its money is its client book.
CREATE TABLE subaccount (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id      BIGINT NOT NULL REFERENCES account (id),
    reseller_id     BIGINT NOT NULL DEFAULT 0,
    project_id      BIGINT NOT NULL REFERENCES project (id),
    currency_id     BIGINT NOT NULL REFERENCES currency (id),
    book_id         BIGINT NOT NULL REFERENCES book (id),
    creditlimit     BIGINT NOT NULL DEFAULT 0,
    creditlimitdate BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX subaccount__project ON subaccount (account_id, project_id);
CREATE INDEX subaccount_reseller ON subaccount (reseller_id, id);

CREATE VIEW subaccount_list AS
SELECT s.id, s.account_id, s.reseller_id, s.project_id, s.currency_id, s.creditlimit, s.creditlimitdate,
       b.balance, c.iso AS currency_iso, p.name AS project_name, a.name AS account_name
FROM subaccount s
JOIN book b ON b.id = s.book_id
JOIN currency c ON c.id = s.currency_id
JOIN project p ON p.id = s.project_id
JOIN account a ON a.id = s.account_id
WHERE NOT a.deleted;

CREATE VIEW subaccount_option AS
SELECT s.id, p.name, s.account_id, s.reseller_id
FROM subaccount s JOIN project p ON p.id = s.project_id;

CREATE VIEW account_list AS
SELECT a.id, a.name, a.name_fold, a.id AS account_id, a.reseller_id, a.is_reseller, a.registration_at,
       a.active, a.attitude, a.note, a.label, a.country_id,
       CASE WHEN a.active THEN 'active' ELSE 'suspended' END AS account_status,
       COALESCE(s.balance, 0) AS balance, COALESCE(s.currency_iso, '') AS currency_iso,
       COALESCE(s.project_name, '') AS project_name
FROM account a
LEFT JOIN subaccount_list s ON s.id = (SELECT MIN(f.id) FROM subaccount f WHERE f.account_id = a.id)
WHERE NOT a.deleted;
