-- Recipients in their order: no page of a long campaign is sorted.
CREATE INDEX sms_campaign_rcpt_order ON sms_campaign_rcpt (campaign_id, id, account_id, reseller_id);

-- Registrations of one switch that have ended.
CREATE INDEX sip_contact_switch ON sip_contact (switch_id, expires_at);

-- eSIMs that are used, by who was not asked about for longest.
CREATE INDEX esim_order_used ON esim_order (provider_id, asked_at, id) WHERE status = 'READY';

-- Messages that telephones sent to a provider of ours, and when the last one came: they are counted, and
-- not kept.
ALTER TABLE sms_provider ADD COLUMN incoming BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sms_provider ADD COLUMN incoming_at BIGINT NOT NULL DEFAULT 0;
