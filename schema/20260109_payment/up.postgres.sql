CREATE FUNCTION count_rows(name TEXT, account BIGINT, reseller BIGINT, delta BIGINT) RETURNS void LANGUAGE sql AS
$$ INSERT INTO counter (list, scope, owner_id, shard, n)
   VALUES (name, 'all', 0, account % 16, delta), (name, 'reseller', reseller, 0, delta), (name, 'account', account, 0, delta)
   ON CONFLICT (list, scope, owner_id, shard) DO UPDATE SET n = counter.n + EXCLUDED.n $$;
CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF TG_OP <> 'INSERT' THEN
        IF NOT OLD.deleted THEN PERFORM count_rows(TG_TABLE_NAME::TEXT, OLD.account_id, OLD.reseller_id, -1); END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        IF NOT NEW.deleted THEN PERFORM count_rows(TG_TABLE_NAME::TEXT, NEW.account_id, NEW.reseller_id, 1); END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payment_count_rows AFTER INSERT OR DELETE ON payment
FOR EACH ROW EXECUTE FUNCTION count_change();
CREATE TRIGGER payment_count_moves AFTER UPDATE OF deleted, account_id, reseller_id ON payment
FOR EACH ROW EXECUTE FUNCTION count_change();
CREATE TRIGGER expense_count_rows AFTER INSERT OR DELETE ON expense
FOR EACH ROW EXECUTE FUNCTION count_change();
CREATE TRIGGER expense_count_moves AFTER UPDATE OF deleted, account_id, reseller_id ON expense
FOR EACH ROW EXECUTE FUNCTION count_change();
