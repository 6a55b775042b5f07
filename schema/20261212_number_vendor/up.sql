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

-- What moved a vendor's money as a vendor: shares of orders that were paid, and payouts.
CREATE VIEW vendor_payment_list AS
SELECT e.id, b.owner_id AS account_id, a.reseller_id, t.at AS created_at, e.amount, e.balance,
       y.iso AS currency_iso, COALESCE(o.product, p.method, '') AS provider,
       CASE WHEN o.id IS NOT NULL THEN 'earning' WHEN e.amount < 0 THEN 'withdraw' ELSE 'refund' END AS kind
FROM entry e JOIN book b ON b.id = e.book_id JOIN transfer t ON t.id = e.transfer_id
JOIN account a ON a.id = b.owner_id JOIN currency y ON y.id = b.currency_id
JOIN num_vendor v ON v.account_id = b.owner_id
LEFT JOIN num_order o ON o.id = CASE
        WHEN t.key LIKE 'settle:number:%' THEN CAST(SUBSTR(t.key, 15) AS BIGINT)
        WHEN t.key LIKE 'settle:number-wholesale:%' THEN CAST(SUBSTR(t.key, 25) AS BIGINT)
        WHEN t.key LIKE 'charge:number-hosting:%' THEN CAST(SUBSTR(t.key, 23) AS BIGINT)
        WHEN t.key LIKE 'charge:number-hosting-wholesale:%' THEN CAST(SUBSTR(t.key, 33) AS BIGINT) END
    AND o.vendor_id = b.owner_id AND e.amount > 0 AND (o.status = 'FINISHED' OR o.category = 'hosting')
LEFT JOIN num_payout p ON p.id = CASE
        WHEN t.key LIKE 'hold:payout:%' THEN CAST(SUBSTR(t.key, 13) AS BIGINT)
        WHEN t.key LIKE 'settle:payout:%' THEN CAST(SUBSTR(t.key, 15) AS BIGINT) END
WHERE b.kind = 'client' AND (o.id IS NOT NULL OR p.id IS NOT NULL);

CREATE VIEW num_vendor_option AS SELECT account_id AS id, name FROM num_vendor;

CREATE VIEW num_supplier_list AS
SELECT s.id, s.code, s.name, s.kind, COALESCE(v.name, '') AS vendor_name, s.url, s.markup, s.synced_at, s.active
FROM num_supplier s LEFT JOIN num_vendor v ON v.account_id = s.vendor_id WHERE NOT s.deleted;

-- Parts of long messages until all have come; then for a while, so that one that comes twice is known.
-- reference: the number, the sender and what joins the parts.
CREATE TABLE num_sms_part (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    supplier_id BIGINT NOT NULL REFERENCES num_supplier (id),
    reference   TEXT NOT NULL,
    number      BIGINT NOT NULL,
    total       BIGINT NOT NULL,
    phone       TEXT NOT NULL,
    sender      TEXT NOT NULL,
    text        TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    joined      BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX num_sms_part__number ON num_sms_part (supplier_id, reference, number);
CREATE INDEX num_sms_part_received ON num_sms_part (received_at);
