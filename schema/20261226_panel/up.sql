-- Which currency amounts are in that a form shows before it has a row of its own (`currency` in funcs/*.xml).

CREATE VIEW promotion_currency AS
SELECT p.id, c.iso AS currency_iso
FROM promotion p JOIN project j ON j.id = p.project_id JOIN currency c ON c.id = j.currency_id;

CREATE VIEW sms_rate_currency AS
SELECT r.id, c.iso AS currency_iso
FROM sms_rate r JOIN currency c ON c.id = r.currency_id;
-- More that is found by what somebody types, each within his scope: see 20261222_find.

CREATE INDEX profile_reseller_email ON profile (reseller_id, email_fold);
CREATE INDEX profile_account_email ON profile (account_id, email_fold);
CREATE INDEX callerid_name ON callerid (name);
CREATE INDEX callerid_account_name ON callerid (account_id, name);
CREATE INDEX callerid_reseller_name ON callerid (reseller_id, name);
CREATE INDEX esim_order_iccid ON esim_order (iccid);
CREATE INDEX esim_order_account_iccid ON esim_order (account_id, iccid);
CREATE INDEX esim_order_reseller_iccid ON esim_order (reseller_id, iccid);

-- The same with the card's number as it is stored, which has an index.
DROP VIEW esim_order_list;
CREATE VIEW esim_order_list AS
SELECT o.id, o.account_id, o.reseller_id, a.name AS account_name, v.name AS provider_name, o.package_code,
       o.package_name, o.price, o.wholesale_price, o.buy_cost, c.iso AS currency_iso, o.status, o.our_ref,
       o.external_id, o.provider_order_no, NULLIF(o.iccid, '') AS iccid, NULLIF(o.smdp, '') AS smdp,
       NULLIF(o.matching_id, '') AS matching_id,
       CASE WHEN o.smdp <> '' THEN 'LPA:1$' || o.smdp || '$' || o.matching_id END AS lpa,
       NULLIF(o.data_total, -1) AS data_total, NULLIF(o.data_used, -1) AS data_used,
       CASE WHEN o.data_total >= 0 AND o.data_used >= 0 THEN o.data_total - o.data_used END AS data_remaining,
       o.expires_at, o.created_at, o.synced_at, o.note, o.iccid AS stored_iccid
FROM esim_order o JOIN account a ON a.id = o.account_id JOIN currency c ON c.id = o.currency_id
JOIN esim_provider v ON v.id = o.provider_id;
-- The menu counts payments of a state, everybody's or a reseller's: all that it reads is in the index.
CREATE INDEX payment_state ON payment (status, reseller_id, account_id, deleted);
