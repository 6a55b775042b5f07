-- Templates of printed documents that an administrator made. One that a company chooses wins over the
-- delivered template of the same type.
CREATE TABLE doctmpl (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL,
    name_fold TEXT NOT NULL DEFAULT '',
    type      TEXT NOT NULL DEFAULT 'invoice',
    lang      TEXT NOT NULL DEFAULT 'en',
    data      TEXT NOT NULL DEFAULT '',
    deleted   BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX doctmpl__name ON doctmpl (name) WHERE NOT deleted;
CREATE INDEX doctmpl_name ON doctmpl (name_fold, id);

CREATE VIEW doctmpl_list AS
SELECT id, name, name_fold, type, lang FROM doctmpl WHERE NOT deleted;

CREATE VIEW doctmpl_invoice_option AS
SELECT id, name FROM doctmpl WHERE NOT deleted AND type IN ('invoice', 'act');

CREATE VIEW doctmpl_payment_option AS
SELECT id, name FROM doctmpl WHERE NOT deleted AND type = 'payment';

CREATE VIEW doctmpl_reconciliation_option AS
SELECT id, name FROM doctmpl WHERE NOT deleted AND type = 'reconciliation';

CREATE VIEW doctmpl_contract_option AS
SELECT id, name FROM doctmpl WHERE NOT deleted AND type = 'contract';

-- invoice_next is the number that the company's next invoice takes, moved in the job that issues it.
ALTER TABLE company ADD COLUMN invoice_next BIGINT NOT NULL DEFAULT 1;
ALTER TABLE company ADD COLUMN doctmpl_invoice BIGINT NOT NULL DEFAULT 0;
ALTER TABLE company ADD COLUMN doctmpl_payment BIGINT NOT NULL DEFAULT 0;
ALTER TABLE company ADD COLUMN doctmpl_reconciliation BIGINT NOT NULL DEFAULT 0;

-- What the company's documents show beside its name and address.
ALTER TABLE company ADD COLUMN eu_vat TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN kpp TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN city TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN site TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN jobtitle TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN ddirector TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN bank_name TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN bank_account TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN accountant TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN ogrn TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN bank_corraccount TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN bank_iban TEXT NOT NULL DEFAULT '';
ALTER TABLE company ADD COLUMN bank_swift TEXT NOT NULL DEFAULT '';
