-- Which request for a refund is open: who acts on another one does nothing any more.
ALTER TABLE payment ADD COLUMN refund_ref TEXT NOT NULL DEFAULT '';
