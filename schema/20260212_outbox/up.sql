-- What is to be done outside of the database: operations on services, mail, webhooks.
-- state: 'ready' waits for next_at, 'running' is leased, 'done', 'failed' gave up, 'manual' a person
-- has it. waits_since: the other side has taken it and goes on by itself (0: it has not). reference is our own word for it, told to the other side so that a retry is the same thing.
CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,
    reference   TEXT NOT NULL,
    item_id     BIGINT NOT NULL DEFAULT 0,
    account_id  BIGINT NOT NULL DEFAULT 0,
    reseller_id BIGINT NOT NULL DEFAULT 0,
    intname     TEXT NOT NULL DEFAULT '',
    payload     TEXT NOT NULL DEFAULT '',
    state       TEXT NOT NULL DEFAULT 'ready',
    attempts    BIGINT NOT NULL DEFAULT 0,
    next_at     BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT NOT NULL DEFAULT 0,
    token_hash  TEXT NOT NULL DEFAULT '',
    waits_since BIGINT NOT NULL DEFAULT 0,
    error       TEXT NOT NULL DEFAULT '',
    createdate  BIGINT NOT NULL DEFAULT 0,
    donedate    BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX outbox__reference ON outbox (reference);
CREATE INDEX outbox_due ON outbox (state, next_at, id);
CREATE INDEX outbox_item ON outbox (item_id, id);
CREATE INDEX outbox_token ON outbox (token_hash) WHERE token_hash <> '';

-- Attempts that failed, with what the module said.
CREATE TABLE errorhistory (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    outbox_id  BIGINT NOT NULL REFERENCES outbox (id),
    item_id    BIGINT NOT NULL DEFAULT 0,
    task_id    BIGINT NOT NULL DEFAULT 0,
    createdate BIGINT NOT NULL,
    error      TEXT NOT NULL DEFAULT '',
    log        TEXT NOT NULL DEFAULT ''
);
CREATE INDEX errorhistory_outbox ON errorhistory (outbox_id, id);

-- Work for people. status: 0 opened, 1 in work, 2 closed.
CREATE TABLE task (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL DEFAULT '',
    name_fold    TEXT NOT NULL DEFAULT '',
    message      TEXT NOT NULL DEFAULT '',
    type         TEXT NOT NULL DEFAULT '',
    item_id      BIGINT NOT NULL DEFAULT 0,
    outbox_id    BIGINT NOT NULL DEFAULT 0,
    department   TEXT NOT NULL DEFAULT '',
    responsible_id BIGINT NOT NULL DEFAULT 0,
    status       BIGINT NOT NULL DEFAULT 0,
    createdate   BIGINT NOT NULL DEFAULT 0,
    deleted      BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX task_status ON task (status, id);

CREATE TABLE tasktype (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    name_fold  TEXT NOT NULL DEFAULT '',
    intname    TEXT NOT NULL DEFAULT '',
    department TEXT NOT NULL DEFAULT ''
);

CREATE VIEW runningoperation_list AS
SELECT o.id, o.item_id, o.account_id, o.intname, o.attempts, o.createdate, o.state, o.error, o.next_at,
       i.name AS item_name, t.name AS itemtype_name, a.name AS account_name,
       COALESCE(m.name, '') AS processing_name,
       COALESCE((SELECT MAX(k.id) FROM task k WHERE k.outbox_id = o.id AND NOT k.deleted), 0) AS task_id
FROM outbox o
JOIN item i ON i.id = o.item_id
JOIN itemtype t ON t.id = i.itemtype_id
JOIN account a ON a.id = i.account_id
LEFT JOIN processing m ON m.id = i.processing_id
WHERE o.kind = 'operation' AND o.state <> 'done';

CREATE VIEW errorhistory_list AS
SELECT id, outbox_id, item_id, task_id, createdate, error
FROM errorhistory;

CREATE VIEW task_list AS
SELECT k.id, k.name, k.name_fold, k.type, k.item_id, COALESCE(i.name, '') AS item_name, k.outbox_id,
       k.department, k.responsible_id, COALESCE(u.name, '') AS responsible_name, k.status, k.createdate
FROM task k
LEFT JOIN item i ON i.id = k.item_id
LEFT JOIN users u ON u.id = k.responsible_id
WHERE NOT k.deleted;

CREATE VIEW tasktype_list AS
SELECT id, name, name_fold, intname, department
FROM tasktype;
