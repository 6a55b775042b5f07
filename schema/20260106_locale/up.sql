-- embedded: the words are part of the program, so the language cannot be removed, only suspended.
CREATE TABLE locale (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    langcode     TEXT NOT NULL,
    name         TEXT NOT NULL,
    name_fold    TEXT NOT NULL DEFAULT '',
    active       BOOLEAN NOT NULL DEFAULT TRUE,
    embedded     BOOLEAN NOT NULL DEFAULT FALSE,
    default_lang BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX locale__langcode ON locale (langcode);
CREATE UNIQUE INDEX locale__default_lang ON locale (default_lang) WHERE default_lang;
CREATE INDEX locale_name ON locale (name_fold, id);

INSERT INTO locale (langcode, name, name_fold, embedded, default_lang) VALUES
    ('en', 'English', 'english', TRUE, TRUE),
    ('ru', 'Русский', 'русский', TRUE, FALSE);

CREATE VIEW locale_list AS
SELECT id, langcode, name, name_fold, active, embedded, default_lang
FROM locale;
