-- Whom a letter goes to. Letters that were written before have none here.
ALTER TABLE outbox ADD COLUMN address TEXT NOT NULL DEFAULT '';

CREATE INDEX outbox_mail ON outbox (id) WHERE kind = 'mail';

CREATE VIEW mailqueue_list AS
SELECT o.id, o.address, o.intname, o.account_id, COALESCE(a.name, '') AS account_name, o.createdate, o.donedate,
       o.attempts, o.next_at, o.state, o.error
FROM outbox o
LEFT JOIN account a ON a.id = o.account_id
WHERE o.kind = 'mail';
