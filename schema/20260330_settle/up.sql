-- Every charge and every payment says anew which expenses of one personal account are unpaid: it asks
-- for those that were, and where there is a debt for the newest.
CREATE INDEX expense_unpaid ON expense (subaccount_id) WHERE notpayd > 0;
CREATE INDEX expense_subaccount ON expense (subaccount_id, id);

-- An order counts what its client has of the tariff already, and no services of others.
DROP INDEX item_pricelist;
CREATE INDEX item_pricelist ON item (pricelist_id, account_id);
