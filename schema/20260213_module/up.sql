-- What a module keeps of its own (processing.setconfig).
CREATE TABLE processing_config (
    processing_id BIGINT PRIMARY KEY REFERENCES processing (id),
    config        TEXT NOT NULL DEFAULT ''
);
