CREATE TRIGGER invoice_count_rows AFTER INSERT OR DELETE ON invoice
FOR EACH ROW EXECUTE FUNCTION count_change();
CREATE TRIGGER invoice_count_moves AFTER UPDATE OF deleted, account_id, reseller_id ON invoice
FOR EACH ROW EXECUTE FUNCTION count_change();
-- An issued invoice is never changed or removed.
CREATE FUNCTION invoice_is_fixed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'an issued invoice is never changed'; END $$;
CREATE TRIGGER invoice_fixed BEFORE UPDATE ON invoice FOR EACH ROW WHEN (OLD.issued AND (
    NEW.number <> OLD.number OR NEW.account_id <> OLD.account_id
    OR NEW.company_id <> OLD.company_id OR NEW.customer_id <> OLD.customer_id
    OR NEW.currency_id <> OLD.currency_id OR NEW.corrects_id <> OLD.corrects_id
    OR NEW.cdate <> OLD.cdate OR NEW.fromdate <> OLD.fromdate OR NEW.todate <> OLD.todate
    OR NEW.amount <> OLD.amount OR NEW.taxamount <> OLD.taxamount OR NEW.data <> OLD.data
    OR NEW.issued <> OLD.issued OR NEW.deleted <> OLD.deleted))
EXECUTE FUNCTION invoice_is_fixed();
CREATE TRIGGER invoice_kept BEFORE DELETE ON invoice FOR EACH ROW WHEN (OLD.issued)
EXECUTE FUNCTION invoice_is_fixed();
CREATE FUNCTION invoiceitem_is_fixed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF TG_OP <> 'INSERT' AND (SELECT issued FROM invoice WHERE id = OLD.invoice_id) THEN
        RAISE EXCEPTION 'an issued invoice is never changed';
    END IF;
    IF TG_OP <> 'DELETE' AND (SELECT issued FROM invoice WHERE id = NEW.invoice_id) THEN
        RAISE EXCEPTION 'an issued invoice is never changed';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoiceitem_rows BEFORE INSERT OR DELETE ON invoiceitem
FOR EACH ROW EXECUTE FUNCTION invoiceitem_is_fixed();
CREATE TRIGGER invoiceitem_fixed BEFORE UPDATE OF name, amount, taxrate, taxamount, invoice_id ON invoiceitem
FOR EACH ROW EXECUTE FUNCTION invoiceitem_is_fixed();
