-- commission is part of paymethodamount, in its currency: paid with the payment and not credited.
-- refunded is what was given back of subaccountamount, refundpending what is asked back and not
-- confirmed, refunds counts the confirmed ones. randomnumber makes a payment that is sent twice one.
ALTER TABLE payment ADD COLUMN commission BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN refundpending BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN refunds BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN randomnumber TEXT NOT NULL DEFAULT '';
ALTER TABLE payment ADD COLUMN store_payment BOOLEAN NOT NULL DEFAULT FALSE;
CREATE UNIQUE INDEX payment__randomnumber ON payment (account_id, randomnumber) WHERE randomnumber <> '';
CREATE INDEX payment_subaccount_paid ON payment (subaccount_id, status, paydate);

-- Cards and the like that a gateway keeps for a client. Our half is a token, sealed. status: 0 the
-- client is still to confirm it, 1 in use, 2 refused by the gateway. autopay: renewals may be paid by
-- it, up to maxamount in the currency of the method (0: any amount).
CREATE TABLE stored_method (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id   BIGINT NOT NULL REFERENCES account (id),
    reseller_id  BIGINT NOT NULL DEFAULT 0,
    paymethod_id BIGINT NOT NULL REFERENCES paymethod (id),
    profile_id   BIGINT NOT NULL DEFAULT 0,
    name         TEXT NOT NULL DEFAULT '',
    name_fold    TEXT NOT NULL DEFAULT '',
    customname   TEXT NOT NULL DEFAULT '',
    token        TEXT NOT NULL DEFAULT '',
    sealed       BOOLEAN NOT NULL DEFAULT FALSE,
    status       BIGINT NOT NULL DEFAULT 0,
    autopay      BOOLEAN NOT NULL DEFAULT FALSE,
    maxamount    BIGINT NOT NULL DEFAULT 0,
    expiredate   BIGINT NOT NULL DEFAULT 0,
    rebilldate   BIGINT NOT NULL DEFAULT 0,
    createdate   BIGINT NOT NULL DEFAULT 0,
    deleted      BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX stored_method_account ON stored_method (account_id, id);

CREATE VIEW stored_method_list AS
SELECT s.id, s.account_id, s.reseller_id, s.paymethod_id, s.name_fold, s.customname, s.status, s.autopay,
       CASE WHEN s.customname = '' THEN s.name ELSE s.customname END AS name, s.maxamount, s.expiredate,
       m.module AS type, m.name AS paymethod_name, c.iso AS currency_iso
FROM stored_method s
JOIN paymethod m ON m.id = s.paymethod_id
JOIN currency c ON c.id = m.currency_id
WHERE NOT s.deleted;

CREATE VIEW stored_method_option AS
SELECT id, CASE WHEN customname = '' THEN name ELSE customname END AS name, account_id, reseller_id
FROM stored_method
WHERE NOT deleted AND status = 1;

-- The end of the term for which a stored method was asked: once for each.
ALTER TABLE item ADD COLUMN autopay_at BIGINT NOT NULL DEFAULT 0;

-- Lines of bank statements. fingerprint: the same line of two files is one. cstate: 1 no payment
-- found, 2 found, 3 credited.
CREATE TABLE paymentupload (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint  TEXT NOT NULL,
    ppid         TEXT NOT NULL DEFAULT '',
    ppdate       BIGINT NOT NULL DEFAULT 0,
    recipient    TEXT NOT NULL DEFAULT '',
    sender       TEXT NOT NULL DEFAULT '',
    sender_fold  TEXT NOT NULL DEFAULT '',
    vatnum       TEXT NOT NULL DEFAULT '',
    amount       BIGINT NOT NULL DEFAULT 0,
    purpose      TEXT NOT NULL DEFAULT '',
    payment_id   BIGINT NOT NULL DEFAULT 0,
    cstate       BIGINT NOT NULL DEFAULT 1,
    deleted      BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX paymentupload__fingerprint ON paymentupload (fingerprint) WHERE NOT deleted;

CREATE VIEW paymentupload_list AS
SELECT u.id, u.ppid, u.ppdate, u.recipient, u.sender, u.sender_fold, u.vatnum, u.amount, u.purpose,
       u.payment_id, COALESCE(p.number, '') AS cnum, COALESCE(c.iso, '') AS currency_iso, u.cstate
FROM paymentupload u
LEFT JOIN payment p ON p.id = u.payment_id
LEFT JOIN paymethod m ON m.id = p.paymethod_id
LEFT JOIN currency c ON c.id = m.currency_id
WHERE NOT u.deleted;
