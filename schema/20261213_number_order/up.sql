-- delta and rating as percent are read: 10^-4.
CREATE VIEW number_rating_list AS
SELECT e.id, e.account_id, e.reseller_id, a.name AS account_name, e.cause, e.kind, e.delta * 100 AS delta,
       e.rating * 100 AS rating, e.at
FROM num_rating_event e JOIN account a ON a.id = e.account_id;

CREATE VIEW number_maxprice_list AS
SELECT m.id, m.account_id, m.reseller_id, a.name AS account_name, p.slug AS product, m.price, m.created_at
FROM num_max_price m JOIN account a ON a.id = m.account_id JOIN num_product p ON p.id = m.product_id;
