-- What dashboards count: each index holds all that its part reads, so a period is a range of it.
CREATE INDEX payment_taken ON payment (paydate, reseller_id, account_id, subaccount_id, subaccountamount, refunded)
    WHERE status IN (4, 5) AND NOT deleted;
CREATE INDEX payment_open ON payment (createdate, reseller_id, account_id, subaccount_id, subaccountamount)
    WHERE status IN (1, 2, 3) AND NOT deleted;
CREATE INDEX item_state ON item (itemtype_id, status, reseller_id, account_id) WHERE NOT deleted;
CREATE INDEX cdr_hours ON cdr (start_at, answered, billsec);
