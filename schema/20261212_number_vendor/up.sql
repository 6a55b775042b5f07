-- Vendors, suppliers and codes of virtual numbers: what their lists show.
CREATE VIEW num_code_rule_list AS
SELECT r.id, COALESCE(p.slug, '') AS product, r.orderpriority, r.pattern
FROM num_code_rule r LEFT JOIN num_product p ON p.id = r.product_id;

-- With what a vendor has, and what he asked to be paid out.
CREATE VIEW num_vendor_list AS
SELECT v.id, v.account_id, a.name AS account_name, v.name, v.share, v.created_at, v.active,
       COALESCE(b.balance, 0) AS balance, COALESCE(y.iso, '') AS currency_iso,
       (SELECT CAST(COALESCE(SUM(p.amount), 0) AS BIGINT) FROM num_payout p
        WHERE p.account_id = v.account_id AND p.status = 'pending') AS pending
FROM num_vendor v JOIN account a ON a.id = v.account_id
LEFT JOIN subaccount s ON s.id = (SELECT MIN(x.id) FROM subaccount x WHERE x.account_id = v.account_id)
LEFT JOIN book b ON b.id = s.book_id LEFT JOIN currency y ON y.id = s.currency_id;

CREATE INDEX num_payout_status ON num_payout (status, id);
CREATE VIEW num_payout_list AS
SELECT p.id, p.account_id, p.reseller_id, a.name AS account_name, p.created_at, p.closed_at, p.amount,
       y.iso AS currency_iso, p.receiver, p.method, p.fee, p.status, p.external_id, p.note
FROM num_payout p JOIN account a ON a.id = p.account_id JOIN currency y ON y.id = p.currency_id;

CREATE VIEW num_flash_list AS SELECT id, lang, text FROM num_flash;
