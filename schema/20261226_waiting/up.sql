-- The menu counts payments of a state, everybody's or a reseller's: all that it reads is in the index.
CREATE INDEX payment_state ON payment (status, reseller_id, account_id, deleted);
