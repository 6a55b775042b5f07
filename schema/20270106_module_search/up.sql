-- The newest search of a module at its vendor, a row of outbox; 0: there was none.
ALTER TABLE processing ADD COLUMN search_id BIGINT NOT NULL DEFAULT 0;
