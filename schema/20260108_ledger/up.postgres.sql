CREATE FUNCTION ledger_is_fixed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the ledger is never changed'; END $$;
CREATE TRIGGER transfer_fixed BEFORE UPDATE OR DELETE ON transfer
FOR EACH ROW EXECUTE FUNCTION ledger_is_fixed();
CREATE TRIGGER entry_fixed BEFORE UPDATE OR DELETE ON entry
FOR EACH ROW EXECUTE FUNCTION ledger_is_fixed();
