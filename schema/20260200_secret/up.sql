-- A text sealed with each key of secret.key that ever sealed here: it tells whether the file that
-- is found at a start is the one that belongs to this database.
CREATE TABLE secretcheck (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    number BIGINT NOT NULL,
    value  TEXT NOT NULL
);
CREATE UNIQUE INDEX secretcheck__number ON secretcheck (number);
