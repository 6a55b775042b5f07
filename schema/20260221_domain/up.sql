-- A domain that is moved here from another registrar is sold at the price of a transfer.
ALTER TABLE item ADD COLUMN is_transfer BOOLEAN NOT NULL DEFAULT FALSE;
