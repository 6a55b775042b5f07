-- The second step of signing in (RFC 6238). secret: sealed. last_counter: the period of the last code that
-- was taken, no code is taken twice. tries: codes that were tried since window_at.
CREATE TABLE user_totp (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id      BIGINT NOT NULL REFERENCES users (id),
    secret       TEXT NOT NULL,
    last_counter BIGINT NOT NULL,
    tries        BIGINT NOT NULL DEFAULT 0,
    window_at    BIGINT NOT NULL DEFAULT 0,
    enabled_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_totp__user_id ON user_totp (user_id);

-- Recovery codes that are left, as SHA-256.
CREATE TABLE user_totp_code (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id BIGINT NOT NULL REFERENCES users (id),
    hash    TEXT NOT NULL
);
CREATE UNIQUE INDEX user_totp_code__hash ON user_totp_code (user_id, hash);

CREATE VIEW totp_list AS
SELECT u.id, u.name, u.realname, u.level, u.account_id, u.reseller_id, t.enabled_at,
       (SELECT COUNT(*) FROM user_totp_code c WHERE c.user_id = u.id) AS codes
FROM user_totp t JOIN users u ON u.id = t.user_id WHERE NOT u.deleted;

-- Who has shown a password and has yet to show a code: no session, and worth nothing but that code.
CREATE TABLE login_step (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    hash       TEXT NOT NULL,
    user_id    BIGINT NOT NULL REFERENCES users (id),
    ip         TEXT NOT NULL,
    tries      BIGINT NOT NULL DEFAULT 0,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX login_step__hash ON login_step (hash);
CREATE INDEX login_step_user ON login_step (user_id);

-- Phones of users. phone: what a code was sent to last, with the code as SHA-256; sent: codes of the day
-- (of 1970) `day`. confirmed: the last one whose code came back; it counts as long as it is the user's phone.
CREATE TABLE user_phone (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id      BIGINT NOT NULL REFERENCES users (id),
    phone        TEXT NOT NULL DEFAULT '',
    hash         TEXT NOT NULL DEFAULT '',
    tries        BIGINT NOT NULL DEFAULT 0,
    sent_at      BIGINT NOT NULL DEFAULT 0,
    expires_at   BIGINT NOT NULL DEFAULT 0,
    day          BIGINT NOT NULL DEFAULT 0,
    sent         BIGINT NOT NULL DEFAULT 0,
    confirmed    TEXT NOT NULL DEFAULT '',
    confirmed_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX user_phone__user_id ON user_phone (user_id);
CREATE UNIQUE INDEX user_phone__phone ON user_phone (confirmed) WHERE confirmed <> '';
CREATE INDEX user_phone_sent ON user_phone (phone, day);
