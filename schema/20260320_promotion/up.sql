-- A promotion of a provider. Without a code and without coupons it is for everybody; else for those who
-- redeemed one of them (coupon_use). max_use_count 0: as often as one likes. fromdate and todate are
-- calendar days, 0 open. An archived one gives nothing any more.
CREATE TABLE promotion (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id     BIGINT NOT NULL REFERENCES project (id),
    name           TEXT NOT NULL,
    name_fold      TEXT NOT NULL DEFAULT '',
    fromdate       BIGINT NOT NULL DEFAULT 0,
    todate         BIGINT NOT NULL DEFAULT 0,
    promocode      TEXT NOT NULL DEFAULT '',
    promocode_fold TEXT NOT NULL DEFAULT '',
    max_use_count  BIGINT NOT NULL DEFAULT 0,
    use_count      BIGINT NOT NULL DEFAULT 0,
    note           TEXT NOT NULL DEFAULT '',
    active         BOOLEAN NOT NULL DEFAULT TRUE,
    archived       BOOLEAN NOT NULL DEFAULT FALSE,
    deleted        BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX promotion__promocode ON promotion (promocode_fold)
WHERE promocode_fold <> '' AND NOT deleted AND NOT archived;
CREATE INDEX promotion_name ON promotion (name_fold, id);
CREATE INDEX promotion_project ON promotion (project_id);

-- What a promotion is about; without rows in both: everything of its provider.
CREATE TABLE promotion_itemtype (
    promotion_id BIGINT NOT NULL REFERENCES promotion (id),
    itemtype_id  BIGINT NOT NULL REFERENCES itemtype (id),
    PRIMARY KEY (promotion_id, itemtype_id)
);
CREATE INDEX promotion_itemtype_itemtype ON promotion_itemtype (itemtype_id);

CREATE TABLE promotion_pricelist (
    promotion_id BIGINT NOT NULL REFERENCES promotion (id),
    pricelist_id BIGINT NOT NULL REFERENCES pricelist (id),
    PRIMARY KEY (promotion_id, pricelist_id)
);
CREATE INDEX promotion_pricelist_pricelist ON promotion_pricelist (pricelist_id);

CREATE VIEW promotion_list AS
SELECT p.id, p.name, p.name_fold, p.fromdate, p.todate, p.project_id, j.name AS project_name, p.promocode,
       p.promocode_fold, p.use_count, p.max_use_count, p.active
FROM promotion p JOIN project j ON j.id = p.project_id
WHERE NOT p.deleted AND NOT p.archived;

CREATE VIEW promotion_archived_list AS
SELECT p.id, p.name, p.name_fold, p.fromdate, p.todate, p.project_id, j.name AS project_name, p.promocode,
       p.promocode_fold, p.use_count, p.max_use_count, p.active
FROM promotion p JOIN project j ON j.id = p.project_id
WHERE NOT p.deleted AND p.archived;

-- What a promotion takes off. type: whole the order, tariff without set-up and add-ons, addon one of them.
-- actiontype: percent percentvalue in 10^-4 percent, fixed fixedvalue in the provider's currency.
-- itemtype_id, pricelist_id 0 and period '': of any.
CREATE TABLE promotion_discount (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    promotion_id BIGINT NOT NULL REFERENCES promotion (id),
    name         TEXT NOT NULL,
    name_fold    TEXT NOT NULL DEFAULT '',
    type         TEXT NOT NULL DEFAULT 'whole',
    actiontype   TEXT NOT NULL DEFAULT 'percent',
    percentvalue BIGINT NOT NULL DEFAULT 0,
    fixedvalue   BIGINT NOT NULL DEFAULT 0,
    itemtype_id  BIGINT NOT NULL DEFAULT 0,
    pricelist_id BIGINT NOT NULL DEFAULT 0,
    addon_id     BIGINT NOT NULL DEFAULT 0,
    period       TEXT NOT NULL DEFAULT '',
    onlyneworder BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX promotion_discount_promotion ON promotion_discount (promotion_id, id);

CREATE VIEW promotion_discount_list AS
SELECT d.id, d.promotion_id, d.name, d.name_fold, d.type, d.actiontype, d.percentvalue, d.fixedvalue, d.period,
       d.onlyneworder, COALESCE(t.name, '') AS itemtype_name, COALESCE(l.name, '') AS pricelist_name,
       c.iso AS currency_iso
FROM promotion_discount d
JOIN promotion p ON p.id = d.promotion_id
JOIN project j ON j.id = p.project_id
JOIN currency c ON c.id = j.currency_id
LEFT JOIN itemtype t ON t.id = d.itemtype_id
LEFT JOIN pricelist l ON l.id = d.pricelist_id;

-- An add-on type with the product type that it belongs to.
CREATE VIEW promotion_addon_option AS
SELECT a.id, t.name || ': ' || a.name AS name
FROM itemtype a JOIN itemtype t ON t.id = a.parent_id
WHERE NOT a.deleted AND NOT t.deleted;

-- For whom a promotion is; all conditions must hold. type: registered at most so many days ago, country of
-- the client, paid at least amount in the provider's currency so far, profiletype of a payer.
CREATE TABLE promotion_condition (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    promotion_id BIGINT NOT NULL REFERENCES promotion (id),
    type         TEXT NOT NULL DEFAULT 'registered',
    days         BIGINT NOT NULL DEFAULT 0,
    country_id   BIGINT NOT NULL DEFAULT 0,
    amount       BIGINT NOT NULL DEFAULT 0,
    profiletype  BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX promotion_condition_promotion ON promotion_condition (promotion_id, id);

CREATE VIEW promotion_condition_list AS
SELECT c.id, c.promotion_id, c.type, c.days, COALESCE(n.name, '') AS country, c.amount, c.profiletype,
       u.iso AS currency_iso
FROM promotion_condition c
JOIN promotion p ON p.id = c.promotion_id
JOIN project j ON j.id = p.project_id
JOIN currency u ON u.id = j.currency_id
LEFT JOIN country n ON n.id = c.country_id;

CREATE TABLE coupon (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    promotion_id BIGINT NOT NULL REFERENCES promotion (id),
    code         TEXT NOT NULL,
    code_fold    TEXT NOT NULL,
    usecount     BIGINT NOT NULL DEFAULT 0,
    maxcount     BIGINT NOT NULL DEFAULT 1,
    deleted      BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX coupon__code ON coupon (code_fold) WHERE NOT deleted;
CREATE INDEX coupon_promotion ON coupon (promotion_id, id);

CREATE VIEW coupon_list AS
SELECT id, promotion_id, code, code_fold, usecount, maxcount FROM coupon WHERE NOT deleted;

-- Who may use a promotion because he redeemed its code or a coupon (coupon_id 0: the code).
CREATE TABLE coupon_use (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    promotion_id BIGINT NOT NULL REFERENCES promotion (id),
    coupon_id    BIGINT NOT NULL DEFAULT 0,
    account_id   BIGINT NOT NULL REFERENCES account (id),
    reseller_id  BIGINT NOT NULL DEFAULT 0,
    used_at      BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX coupon_use__coupon ON coupon_use (promotion_id, account_id);
CREATE INDEX coupon_use_account ON coupon_use (account_id, id);

CREATE VIEW promotion_account_list AS
SELECT u.id, u.promotion_id, u.account_id, a.name, a.name_fold, u.used_at, COALESCE(c.code, p.promocode) AS code
FROM coupon_use u
JOIN promotion p ON p.id = u.promotion_id
JOIN account a ON a.id = u.account_id
LEFT JOIN coupon c ON c.id = u.coupon_id
WHERE NOT a.deleted;

CREATE VIEW account_promotion_list AS
SELECT u.id, u.account_id, u.reseller_id, p.id AS promotion_id, p.name, p.name_fold, u.used_at,
       COALESCE(c.code, p.promocode) AS code, p.fromdate, p.todate, j.name AS project_name
FROM coupon_use u
JOIN promotion p ON p.id = u.promotion_id
JOIN project j ON j.id = p.project_id
LEFT JOIN coupon c ON c.id = u.coupon_id
WHERE NOT p.deleted;

-- A discount for all clients of a provider; its columns mean what they mean at promotion_discount.
CREATE TABLE discount (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id   BIGINT NOT NULL REFERENCES project (id),
    name         TEXT NOT NULL,
    name_fold    TEXT NOT NULL DEFAULT '',
    actiontype   TEXT NOT NULL DEFAULT 'percent',
    percentvalue BIGINT NOT NULL DEFAULT 0,
    fixedvalue   BIGINT NOT NULL DEFAULT 0,
    itemtype_id  BIGINT NOT NULL DEFAULT 0,
    pricelist_id BIGINT NOT NULL DEFAULT 0,
    period       TEXT NOT NULL DEFAULT '',
    active       BOOLEAN NOT NULL DEFAULT TRUE,
    deleted      BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX discount_project ON discount (project_id);

CREATE VIEW discount_list AS
SELECT d.id, d.name, d.name_fold, d.project_id, j.name AS project_name, d.actiontype, d.percentvalue,
       d.fixedvalue, d.period, COALESCE(t.name, '') AS itemtype_name, d.active, c.iso AS currency_iso
FROM discount d
JOIN project j ON j.id = d.project_id
JOIN currency c ON c.id = j.currency_id
LEFT JOIN itemtype t ON t.id = d.itemtype_id
WHERE NOT d.deleted;

-- A discount of one client.
CREATE TABLE account_discount (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id   BIGINT NOT NULL REFERENCES account (id),
    reseller_id  BIGINT NOT NULL DEFAULT 0,
    project_id   BIGINT NOT NULL REFERENCES project (id),
    name         TEXT NOT NULL,
    name_fold    TEXT NOT NULL DEFAULT '',
    actiontype   TEXT NOT NULL DEFAULT 'percent',
    percentvalue BIGINT NOT NULL DEFAULT 0,
    fixedvalue   BIGINT NOT NULL DEFAULT 0,
    itemtype_id  BIGINT NOT NULL DEFAULT 0,
    pricelist_id BIGINT NOT NULL DEFAULT 0,
    period       TEXT NOT NULL DEFAULT '',
    todate       BIGINT NOT NULL DEFAULT 0,
    deleted      BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX account_discount_account ON account_discount (account_id, id);
CREATE INDEX account_discount_reseller ON account_discount (reseller_id, id);

CREATE VIEW account_discount_list AS
SELECT d.id, d.account_id, d.reseller_id, d.name, d.name_fold, j.name AS project_name, d.actiontype,
       d.percentvalue, d.fixedvalue, d.period, COALESCE(t.name, '') AS itemtype_name, d.todate,
       c.iso AS currency_iso
FROM account_discount d
JOIN project j ON j.id = d.project_id
JOIN currency c ON c.id = j.currency_id
LEFT JOIN itemtype t ON t.id = d.itemtype_id
WHERE NOT d.deleted;

-- Who pays at least amount, in the provider's currency, gets so many percent of it on top.
CREATE TABLE bonus (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id BIGINT NOT NULL REFERENCES project (id),
    name       TEXT NOT NULL,
    name_fold  TEXT NOT NULL DEFAULT '',
    amount     BIGINT NOT NULL DEFAULT 0,
    percent    BIGINT NOT NULL DEFAULT 0,
    active     BOOLEAN NOT NULL DEFAULT TRUE,
    deleted    BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX bonus_project ON bonus (project_id, amount);

CREATE VIEW bonus_list AS
SELECT b.id, b.name, b.name_fold, b.project_id, j.name AS project_name, b.amount, b.percent AS value, b.active,
       c.iso AS currency_iso
FROM bonus b
JOIN project j ON j.id = b.project_id
JOIN currency c ON c.id = j.currency_id
WHERE NOT b.deleted;
