-- What modules found at their vendors and nobody owns yet. A service becomes an item when it is given
-- to a client: item_id is it from then on. status as that of items: 2 active, 3 suspended.
CREATE TABLE import_service (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    processing_id     BIGINT NOT NULL REFERENCES processing (id),
    itemtype_id       BIGINT NOT NULL REFERENCES itemtype (id),
    name              TEXT NOT NULL,
    name_fold         TEXT NOT NULL,
    status            BIGINT NOT NULL DEFAULT 2,
    pricelist_intname TEXT NOT NULL DEFAULT '',
    expiredate        BIGINT NOT NULL DEFAULT 0,
    createdate        BIGINT NOT NULL DEFAULT 0,
    item_id           BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX import_service__name ON import_service (processing_id, itemtype_id, name_fold);

-- A sealed value is text of crate::seal with context import_service:<import_service_id>:<name>.
CREATE TABLE import_service_param (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    import_service_id BIGINT NOT NULL REFERENCES import_service (id),
    name              TEXT NOT NULL,
    value             TEXT NOT NULL DEFAULT '',
    sealed            BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX import_service_param__name ON import_service_param (import_service_id, name);

-- A contact at a registrar: its role, its name there, and its fields as a query string.
-- service_profile_id is the client's contact that it has become.
CREATE TABLE import_profile (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    processing_id      BIGINT NOT NULL REFERENCES processing (id),
    type               TEXT NOT NULL,
    externalid         TEXT NOT NULL,
    data               TEXT NOT NULL DEFAULT '',
    createdate         BIGINT NOT NULL DEFAULT 0,
    service_profile_id BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX import_profile__externalid ON import_profile (processing_id, type, externalid);

-- What a contact is to a service that nobody owns yet; one contact a role.
CREATE TABLE import_service_profile (
    import_service_id BIGINT NOT NULL REFERENCES import_service (id),
    import_profile_id BIGINT NOT NULL REFERENCES import_profile (id),
    type              TEXT NOT NULL,
    PRIMARY KEY (import_service_id, type)
);
