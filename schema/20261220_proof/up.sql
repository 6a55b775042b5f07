-- Letters that prove who reads the e-mail of a user. kind: recovery (sets a password) or email (confirms
-- the address). hash: of the secret in the letter, '' until the letter is made; email: where it went;
-- expires_at counts from then on. Of a user and kind the newest unused one is good for anything.
CREATE TABLE user_proof (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    BIGINT NOT NULL REFERENCES users (id),
    kind       TEXT NOT NULL,
    email      TEXT NOT NULL,
    hash       TEXT NOT NULL DEFAULT '',
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL DEFAULT 0,
    used_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX user_proof_user ON user_proof (user_id, kind, id);
CREATE INDEX user_proof_email ON user_proof (email, made_at);
CREATE INDEX user_proof_made ON user_proof (made_at);

-- The address that a user has confirmed. He has confirmed his e-mail while it is this one.
CREATE TABLE user_email (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id      BIGINT NOT NULL REFERENCES users (id),
    email        TEXT NOT NULL,
    confirmed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_email__user_id ON user_email (user_id);

DROP VIEW user_list;
CREATE VIEW user_list AS
SELECT u.id, u.name, u.name_fold, u.realname, u.email, u.phone, u.level, u.active, u.created_at,
       u.account_id, u.reseller_id, COALESCE(a.name, '') AS account_name, (e.id IS NOT NULL) AS email_verified
FROM users u
LEFT JOIN account a ON a.id = u.account_id
LEFT JOIN user_email e ON e.user_id = u.id AND e.email = u.email
WHERE NOT u.deleted;
