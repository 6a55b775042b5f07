-- Vendors, suppliers and codes of virtual numbers: what their lists show.
CREATE VIEW num_code_rule_list AS
SELECT r.id, COALESCE(p.slug, '') AS product, r.orderpriority, r.pattern
FROM num_code_rule r LEFT JOIN num_product p ON p.id = r.product_id;
