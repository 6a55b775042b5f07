-- Which currency amounts are in that a form shows before it has a row of its own (`currency` in funcs/*.xml).

CREATE VIEW promotion_currency AS
SELECT p.id, c.iso AS currency_iso
FROM promotion p JOIN project j ON j.id = p.project_id JOIN currency c ON c.id = j.currency_id;

CREATE VIEW sms_rate_currency AS
SELECT r.id, c.iso AS currency_iso
FROM sms_rate r JOIN currency c ON c.id = r.currency_id;
