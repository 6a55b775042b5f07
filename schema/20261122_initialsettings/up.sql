-- Where a company is registered and where its mail goes, as its documents show it; 0: in country_id,
-- which taxes depend on.
ALTER TABLE company ADD COLUMN country_legal BIGINT NOT NULL DEFAULT 0;
ALTER TABLE company ADD COLUMN country_physical BIGINT NOT NULL DEFAULT 0;

-- Where clients' answers to letters go.
ALTER TABLE project ADD COLUMN support_email TEXT NOT NULL DEFAULT '';
