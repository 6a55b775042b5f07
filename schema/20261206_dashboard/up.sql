-- What a client is to the telephony APIs. His login is the name of his first user, his money his first
-- personal account.
CREATE VIEW account_dashboard AS
SELECT a.id, a.id AS account_id, a.reseller_id, a.is_reseller, a.name, a.active, a.plan_id, a.registration_at,
       COALESCE(u.name, '') AS login, COALESCE(u.realname, '') AS realname, COALESCE(u.email, '') AS email,
       COALESCE(u.phone, '') AS phone, COALESCE(u.lang, '') AS lang, COALESCE(s.balance, 0) AS balance,
       COALESCE(s.currency_iso, '') AS currency_iso, COALESCE(p.name, '') AS plan_name,
       (SELECT COUNT(*) FROM sip l WHERE l.account_id = a.id AND l.kind <> 'web') AS sip_count
FROM account a
LEFT JOIN users u ON u.id = (SELECT MIN(f.id) FROM users f WHERE f.account_id = a.id AND NOT f.deleted)
LEFT JOIN subaccount_list s ON s.id = (SELECT MIN(f.id) FROM subaccount f WHERE f.account_id = a.id)
LEFT JOIN plan p ON p.id = a.plan_id
WHERE NOT a.deleted;
