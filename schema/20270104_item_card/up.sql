-- What the page of a service knows beyond the lists of services: does another tariff wait for the end
-- of its term?
CREATE VIEW item_card AS
SELECT l.*, CASE WHEN i.next_change = '' THEN FALSE ELSE TRUE END AS changes_later
FROM item_list l
JOIN item i ON i.id = l.id;
