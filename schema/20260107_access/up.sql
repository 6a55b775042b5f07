-- Session ids, keys and tokens are stored as SHA-256; `handle` is what lists show.
-- path: the hops of `su`, outermost first, as user ids with blanks between them.
CREATE TABLE session (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    hash       TEXT NOT NULL,
    handle     TEXT NOT NULL,
    user_id    BIGINT NOT NULL,
    path       TEXT NOT NULL DEFAULT '',
    ip         TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX session__hash ON session (hash);
CREATE INDEX session_handle ON session (handle);
CREATE INDEX session_of_user ON session (user_id);

CREATE VIEW session_list AS
SELECT s.handle AS id, u.name, u.level, s.ip, s.created_at, s.seen_at, u.account_id, u.reseller_id
FROM session s JOIN users u ON u.id = s.user_id;

CREATE TABLE loginkey (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    hash       TEXT NOT NULL,
    user_id    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX loginkey__hash ON loginkey (hash);

CREATE TABLE authlog (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          BIGINT NOT NULL,
    ip          TEXT NOT NULL,
    user_name   TEXT NOT NULL,
    result      TEXT NOT NULL,
    account_id  BIGINT NOT NULL DEFAULT 0,
    reseller_id BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX authlog_at ON authlog (at, id);
CREATE INDEX authlog_account ON authlog (account_id, at, id);
CREATE INDEX authlog_reseller ON authlog (reseller_id, at, id);

CREATE VIEW authlog_list AS
SELECT id, at, ip, user_name, result, account_id, reseller_id FROM authlog;

-- The action journal: who really called (real_user), as whom (user_name), from where, and what.
CREATE TABLE journal (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          BIGINT NOT NULL,
    user_id     BIGINT NOT NULL,
    user_name   TEXT NOT NULL,
    real_user   TEXT NOT NULL,
    ip          TEXT NOT NULL,
    funcname    TEXT NOT NULL,
    params      TEXT NOT NULL,
    account_id  BIGINT NOT NULL DEFAULT 0,
    reseller_id BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX journal_at ON journal (at, id);
CREATE INDEX journal_account ON journal (account_id, at, id);
CREATE INDEX journal_reseller ON journal (reseller_id, at, id);

CREATE VIEW journal_list AS
SELECT id, at, user_id, user_name, real_user, ip, funcname, params, account_id, reseller_id FROM journal;

-- What changed on one record (X.history).
CREATE TABLE history (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    object      TEXT NOT NULL,
    object_id   BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    user_name   TEXT NOT NULL,
    ip          TEXT NOT NULL,
    action      TEXT NOT NULL,
    description TEXT NOT NULL,
    account_id  BIGINT NOT NULL DEFAULT 0,
    reseller_id BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX history_object ON history (object, object_id, id);

CREATE VIEW history_list AS
SELECT id, object, object_id, at, user_name, ip, action, description, account_id, reseller_id FROM history;

-- A stored answer for a function or a family pattern; no row: the level decides.
CREATE TABLE userright (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id BIGINT NOT NULL,
    name    TEXT NOT NULL,
    allowed BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX userright__name ON userright (user_id, name);

-- A group of rights that an administrator gives to employees.
CREATE TABLE rightgroup (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    level       BIGINT NOT NULL DEFAULT 29,
    description TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX rightgroup__name ON rightgroup (name);
CREATE TABLE rightgroup_user (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    rightgroup_id BIGINT NOT NULL REFERENCES rightgroup (id) ON DELETE CASCADE,
    user_id       BIGINT NOT NULL
);
CREATE UNIQUE INDEX rightgroup_user__user_id ON rightgroup_user (rightgroup_id, user_id);
CREATE TABLE rightgroup_right (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    rightgroup_id BIGINT NOT NULL REFERENCES rightgroup (id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    allowed       BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX rightgroup_right__name ON rightgroup_right (rightgroup_id, name);

-- A filter stays in force for its user until removed. params: urlencoded.
CREATE TABLE userfilter (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id BIGINT NOT NULL,
    name    TEXT NOT NULL,
    params  TEXT NOT NULL
);
CREATE UNIQUE INDEX userfilter__name ON userfilter (user_id, name);

-- Configuration set in the panel.
CREATE TABLE setting (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    name  TEXT NOT NULL,
    value TEXT NOT NULL
);
CREATE UNIQUE INDEX setting__name ON setting (name);

-- A number a topic; a server whose caches are older than the number empties them.
CREATE TABLE generation (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    n     BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX generation__topic ON generation (topic);
INSERT INTO generation (topic, n) VALUES ('access', 0), ('settings', 0);

-- Exact row counts of large lists, kept by triggers in the transaction that changes a row.
-- The count of all rows is spread over 16 shards, so that writers do not wait for one row.
CREATE TABLE counter (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    list     TEXT NOT NULL,
    scope    TEXT NOT NULL,
    owner_id BIGINT NOT NULL,
    shard    BIGINT NOT NULL,
    n        BIGINT NOT NULL
);
CREATE UNIQUE INDEX counter__owner ON counter (list, scope, owner_id, shard);
