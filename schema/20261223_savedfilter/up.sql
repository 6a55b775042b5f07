-- Views of lists that a user has named. query: what a page of the list asks for, urlencoded, `func` among it.
CREATE TABLE savedfilter (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    BIGINT NOT NULL,
    list       TEXT NOT NULL,
    name       TEXT NOT NULL,
    query      TEXT NOT NULL,
    created_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX savedfilter__name ON savedfilter (user_id, list, name);
