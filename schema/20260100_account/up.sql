-- A client or a reseller. reseller_id is the account of the reseller it belongs to; a reseller's
-- own row carries its own id, a direct client's 0. So each owner scope is one equality.
CREATE TABLE account (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    reseller_id     BIGINT NOT NULL DEFAULT 0,
    is_reseller     BOOLEAN NOT NULL DEFAULT FALSE,
    name            TEXT NOT NULL,
    name_fold       TEXT NOT NULL DEFAULT '',
    country_id      BIGINT NOT NULL DEFAULT 0,
    state_id        BIGINT NOT NULL DEFAULT 0,
    lang            TEXT NOT NULL DEFAULT 'en',
    note            TEXT NOT NULL DEFAULT '',
    label           TEXT NOT NULL DEFAULT '',
    attitude        TEXT NOT NULL DEFAULT 'neutral',
    employee_id     BIGINT NOT NULL DEFAULT 0,
    registration_at BIGINT NOT NULL DEFAULT 0,
    active          BOOLEAN NOT NULL DEFAULT TRUE,
    deleted         BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX account_reseller ON account (reseller_id, id);
CREATE INDEX account_name ON account (name_fold, id);
CREATE INDEX account_reseller_name ON account (reseller_id, name_fold, id);
CREATE INDEX account_registration ON account (registration_at, id);

CREATE VIEW account_option AS
SELECT id, name, id AS account_id, reseller_id FROM account WHERE NOT deleted;

-- Who signs in. Staff (level 28 and above) has no account: account_id 0.
-- credential_version changes with everything that makes a verified credential worthless.
CREATE TABLE users (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id           BIGINT NOT NULL DEFAULT 0,
    reseller_id          BIGINT NOT NULL DEFAULT 0,
    name                 TEXT NOT NULL,
    name_fold            TEXT NOT NULL DEFAULT '',
    level                BIGINT NOT NULL DEFAULT 16,
    password             TEXT NOT NULL DEFAULT '',
    credential_version   BIGINT NOT NULL DEFAULT 0,
    realname             TEXT NOT NULL DEFAULT '',
    email                TEXT NOT NULL DEFAULT '',
    phone                TEXT NOT NULL DEFAULT '',
    lang                 TEXT NOT NULL DEFAULT '',
    timezone             TEXT NOT NULL DEFAULT '',
    addr                 TEXT NOT NULL DEFAULT '',
    system_user          TEXT NOT NULL DEFAULT '',
    default_access_allow BOOLEAN NOT NULL DEFAULT TRUE,
    is_restricted        BOOLEAN NOT NULL DEFAULT FALSE,
    created_at           BIGINT NOT NULL DEFAULT 0,
    active               BOOLEAN NOT NULL DEFAULT TRUE,
    deleted              BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX users__name ON users (name_fold) WHERE NOT deleted;
CREATE INDEX users_account ON users (account_id, id);
CREATE INDEX users_reseller ON users (reseller_id, id);
CREATE INDEX users_email ON users (email);

CREATE VIEW users_option AS
SELECT id, name, account_id, reseller_id FROM users WHERE NOT deleted;

CREATE VIEW user_list AS
SELECT u.id, u.name, u.name_fold, u.realname, u.email, u.phone, u.level, u.active, u.created_at,
       u.account_id, u.reseller_id, COALESCE(a.name, '') AS account_name
FROM users u LEFT JOIN account a ON a.id = u.account_id
WHERE NOT u.deleted;
