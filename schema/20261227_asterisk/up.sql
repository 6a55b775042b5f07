-- What a switch checks with is worked out of the sealed password, by the realm as it is.
ALTER TABLE sip DROP COLUMN ha1;

-- Is the manager interface spoken to over TLS, and whose certificates (PEM) are believed then.
ALTER TABLE switch ADD COLUMN tls BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE switch ADD COLUMN ca TEXT NOT NULL DEFAULT '';
