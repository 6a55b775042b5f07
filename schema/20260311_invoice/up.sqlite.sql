CREATE TRIGGER invoice_count_in AFTER INSERT ON invoice WHEN NOT NEW.deleted BEGIN
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('invoice', 'all', 0, NEW.account_id % 16, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('invoice', 'reseller', NEW.reseller_id, 0, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('invoice', 'account', NEW.account_id, 0, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER invoice_count_gone AFTER UPDATE OF deleted, account_id, reseller_id ON invoice WHEN NOT OLD.deleted BEGIN
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('invoice', 'all', 0, OLD.account_id % 16, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('invoice', 'reseller', OLD.reseller_id, 0, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('invoice', 'account', OLD.account_id, 0, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
END;
CREATE TRIGGER invoice_count_back AFTER UPDATE OF deleted, account_id, reseller_id ON invoice WHEN NOT NEW.deleted BEGIN
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('invoice', 'all', 0, NEW.account_id % 16, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('invoice', 'reseller', NEW.reseller_id, 0, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('invoice', 'account', NEW.account_id, 0, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER invoice_count_out AFTER DELETE ON invoice WHEN NOT OLD.deleted BEGIN
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('invoice', 'all', 0, OLD.account_id % 16, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('invoice', 'reseller', OLD.reseller_id, 0, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('invoice', 'account', OLD.account_id, 0, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
END;
-- An issued invoice is never changed or removed.
CREATE TRIGGER invoice_fixed BEFORE UPDATE ON invoice WHEN OLD.issued AND (
    NEW.number <> OLD.number OR NEW.account_id <> OLD.account_id
    OR NEW.company_id <> OLD.company_id OR NEW.customer_id <> OLD.customer_id
    OR NEW.currency_id <> OLD.currency_id OR NEW.corrects_id <> OLD.corrects_id
    OR NEW.cdate <> OLD.cdate OR NEW.fromdate <> OLD.fromdate OR NEW.todate <> OLD.todate
    OR NEW.amount <> OLD.amount OR NEW.taxamount <> OLD.taxamount OR NEW.data <> OLD.data
    OR NEW.issued <> OLD.issued OR NEW.deleted <> OLD.deleted)
BEGIN SELECT RAISE(ABORT, 'an issued invoice is never changed'); END;
CREATE TRIGGER invoice_kept BEFORE DELETE ON invoice WHEN OLD.issued
BEGIN SELECT RAISE(ABORT, 'an issued invoice is never removed'); END;
CREATE TRIGGER invoiceitem_in BEFORE INSERT ON invoiceitem
WHEN (SELECT issued FROM invoice WHERE id = NEW.invoice_id)
BEGIN SELECT RAISE(ABORT, 'an issued invoice is never changed'); END;
CREATE TRIGGER invoiceitem_fixed BEFORE UPDATE ON invoiceitem
WHEN (SELECT issued FROM invoice WHERE id = OLD.invoice_id)
    AND (NEW.name <> OLD.name OR NEW.amount <> OLD.amount OR NEW.taxrate <> OLD.taxrate
    OR NEW.taxamount <> OLD.taxamount OR NEW.invoice_id <> OLD.invoice_id)
BEGIN SELECT RAISE(ABORT, 'an issued invoice is never changed'); END;
CREATE TRIGGER invoiceitem_kept BEFORE DELETE ON invoiceitem
WHEN (SELECT issued FROM invoice WHERE id = OLD.invoice_id)
BEGIN SELECT RAISE(ABORT, 'an issued invoice is never changed'); END;
