-- Pages of single records, and finding them by what somebody types.

-- Whoever searches reads names in their order within his scope: without these indexes a client's
-- search would read the names of all clients.
CREATE INDEX payment_account_number ON payment (account_id, number_fold, id);
CREATE INDEX payment_reseller_number ON payment (reseller_id, number_fold, id);
CREATE INDEX invoice_account_number ON invoice (account_id, number_fold, id);
CREATE INDEX invoice_reseller_number ON invoice (reseller_id, number_fold, id);
CREATE INDEX item_account_name ON item (account_id, name_fold, id);
CREATE INDEX item_reseller_name ON item (reseller_id, name_fold, id);
CREATE INDEX item_main_ip ON item (ip, id);
CREATE INDEX item_account_ip ON item (account_id, ip, id);
CREATE INDEX item_reseller_ip ON item (reseller_id, ip, id);
CREATE INDEX users_reseller_name ON users (reseller_id, name_fold, id);
CREATE INDEX users_reseller_email ON users (reseller_id, email);
CREATE INDEX users_phone ON users (phone);
CREATE INDEX users_reseller_phone ON users (reseller_id, phone);
CREATE INDEX sip_reseller_name ON sip (reseller_id, name, id);
CREATE INDEX callerid_cid ON callerid (cid);
CREATE INDEX callerid_reseller_cid ON callerid (reseller_id, cid);
CREATE INDEX num_order_number ON num_order (phone, id);
CREATE INDEX num_order_account_number ON num_order (account_id, phone, id);
CREATE INDEX num_order_reseller_number ON num_order (reseller_id, phone, id);

DROP VIEW expense_list;
CREATE VIEW expense_list AS
SELECT e.id, e.name, e.name_fold, e.account_id, e.reseller_id, e.subaccount_id, e.item_id, e.operation, e.amount,
       e.taxrate, e.taxamount, e.discountamount, e.discount, e.notpayd, e.compensated, e.realdate, e.cdate,
       a.name AS account_name, c.iso AS currency_iso
FROM expense e
LEFT JOIN account a ON a.id = e.account_id
LEFT JOIN subaccount s ON s.id = e.subaccount_id
LEFT JOIN currency c ON c.id = s.currency_id
WHERE NOT e.deleted;

-- The same rows as before; the tables themselves are joined, so that one client is one look-up.
DROP VIEW account_list;
CREATE VIEW account_list AS
SELECT a.id, a.name, a.name_fold, a.id AS account_id, a.reseller_id, a.is_reseller, a.registration_at,
       a.active, a.attitude, a.note, a.label, a.country_id,
       CASE WHEN a.active THEN 'active' ELSE 'suspended' END AS account_status,
       COALESCE(b.balance, 0) AS balance, COALESCE(c.iso, '') AS currency_iso, COALESCE(p.name, '') AS project_name
FROM account a
LEFT JOIN subaccount s ON s.id = (SELECT MIN(f.id) FROM subaccount f WHERE f.account_id = a.id)
LEFT JOIN book b ON b.id = s.book_id
LEFT JOIN currency c ON c.id = s.currency_id
LEFT JOIN project p ON p.id = s.project_id
WHERE NOT a.deleted;

-- A client: its money is that of its first personal account. has_…: what else there is of it.
CREATE VIEW account_card AS
SELECT a.id, a.name, a.id AS account_id, a.reseller_id, a.is_reseller, a.registration_at, a.attitude, a.label,
       CASE WHEN a.active THEN 'active' ELSE 'suspended' END AS account_status,
       CASE WHEN a.is_reseller THEN '' ELSE COALESCE(r.name, '') END AS reseller_name,
       COALESCE(b.balance, 0) AS balance, COALESCE(s.creditlimit, 0) AS creditlimit,
       COALESCE(c.iso, '') AS currency_iso, COALESCE(p.name, '') AS project_name,
       (SELECT CAST(COALESCE(SUM(e.notpayd), 0) AS BIGINT) FROM expense e
        WHERE e.subaccount_id = s.id AND e.notpayd > 0 AND NOT e.deleted) AS unpaid,
       (SELECT COUNT(*) FROM item i WHERE i.account_id = a.id AND i.status = 2 AND NOT i.deleted) AS services,
       EXISTS (SELECT 1 FROM sip l WHERE l.account_id = a.id) AS has_lines,
       EXISTS (SELECT 1 FROM callerid n WHERE n.account_id = a.id) AS has_numbers,
       EXISTS (SELECT 1 FROM sms_message m WHERE m.account_id = a.id) AS has_messages,
       EXISTS (SELECT 1 FROM cdr d WHERE d.account_id = a.id AND d.answered) AS has_calls
FROM account a
LEFT JOIN account r ON r.id = a.reseller_id
LEFT JOIN subaccount s ON s.id = (SELECT MIN(f.id) FROM subaccount f WHERE f.account_id = a.id)
LEFT JOIN book b ON b.id = s.book_id
LEFT JOIN currency c ON c.id = s.currency_id
LEFT JOIN project p ON p.id = s.project_id
WHERE NOT a.deleted;

CREATE VIEW payment_card AS
SELECT p.id, p.number, p.account_id, p.reseller_id, p.status, p.subaccountamount, p.paymethodamount, p.commission,
       p.refunded, p.createdate, p.paydate, p.description, COALESCE(f.name, '') AS sender_name,
       COALESCE(c.name, '') AS recipient_name, a.name AS account_name, m.name AS paymethod_name,
       sc.iso AS subaccount_iso, mc.iso AS paymethod_iso
FROM payment p
LEFT JOIN account a ON a.id = p.account_id
LEFT JOIN subaccount s ON s.id = p.subaccount_id
LEFT JOIN currency sc ON sc.id = s.currency_id
LEFT JOIN paymethod m ON m.id = p.paymethod_id
LEFT JOIN currency mc ON mc.id = m.currency_id
LEFT JOIN profile f ON f.id = p.sender_id
LEFT JOIN company c ON c.id = p.recipient_id
WHERE NOT p.deleted;

-- Letters to a client. What stands in them is made when they are sent.
CREATE INDEX outbox_account ON outbox (account_id, id);
CREATE VIEW letter_list AS
SELECT id, account_id, reseller_id, intname, state, createdate, donedate
FROM outbox
WHERE kind = 'mail';

-- What modules and orders know of a service and may be shown (service.instruction).
CREATE VIEW item_param_list AS
SELECT p.id, p.item_id, i.account_id, i.reseller_id, p.name, p.value
FROM itemparam p JOIN item i ON i.id = p.item_id
WHERE NOT p.sealed AND NOT i.deleted;

CREATE VIEW item_addon_list AS
SELECT x.id, x.item_id, i.account_id, i.reseller_id, CASE WHEN d.name = '' THEN y.name ELSE d.name END AS name,
       x.count, COALESCE(v.name, '') AS choice
FROM item_addon x
JOIN item i ON i.id = x.item_id
JOIN pricelist_detail d ON d.id = x.detail_id
JOIN itemtype y ON y.id = d.itemtype_id
LEFT JOIN enumerationitem v ON v.id = x.enumerationitem_id
WHERE NOT i.deleted;
