CREATE TRIGGER payment_count_in AFTER INSERT ON payment WHEN NOT NEW.deleted BEGIN
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('payment', 'all', 0, NEW.account_id % 16, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('payment', 'reseller', NEW.reseller_id, 0, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('payment', 'account', NEW.account_id, 0, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER payment_count_gone AFTER UPDATE OF deleted, account_id, reseller_id ON payment WHEN NOT OLD.deleted BEGIN
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('payment', 'all', 0, OLD.account_id % 16, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('payment', 'reseller', OLD.reseller_id, 0, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('payment', 'account', OLD.account_id, 0, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
END;
CREATE TRIGGER payment_count_back AFTER UPDATE OF deleted, account_id, reseller_id ON payment WHEN NOT NEW.deleted BEGIN
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('payment', 'all', 0, NEW.account_id % 16, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('payment', 'reseller', NEW.reseller_id, 0, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('payment', 'account', NEW.account_id, 0, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER payment_count_out AFTER DELETE ON payment WHEN NOT OLD.deleted BEGIN
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('payment', 'all', 0, OLD.account_id % 16, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('payment', 'reseller', OLD.reseller_id, 0, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('payment', 'account', OLD.account_id, 0, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
END;
CREATE TRIGGER expense_count_in AFTER INSERT ON expense WHEN NOT NEW.deleted BEGIN
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('expense', 'all', 0, NEW.account_id % 16, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('expense', 'reseller', NEW.reseller_id, 0, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('expense', 'account', NEW.account_id, 0, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER expense_count_gone AFTER UPDATE OF deleted, account_id, reseller_id ON expense WHEN NOT OLD.deleted BEGIN
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('expense', 'all', 0, OLD.account_id % 16, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('expense', 'reseller', OLD.reseller_id, 0, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('expense', 'account', OLD.account_id, 0, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
END;
CREATE TRIGGER expense_count_back AFTER UPDATE OF deleted, account_id, reseller_id ON expense WHEN NOT NEW.deleted BEGIN
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('expense', 'all', 0, NEW.account_id % 16, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('expense', 'reseller', NEW.reseller_id, 0, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('expense', 'account', NEW.account_id, 0, 1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER expense_count_out AFTER DELETE ON expense WHEN NOT OLD.deleted BEGIN
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('expense', 'all', 0, OLD.account_id % 16, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('expense', 'reseller', OLD.reseller_id, 0, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
    INSERT INTO counter (list, scope, owner_id, shard, n) VALUES ('expense', 'account', OLD.account_id, 0, -1)
    ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = n + -1;
END;
