-- SPDX-License-Identifier: Apache-2.0
-- Revocation in the registry of mod_npie, for SQLite 3.40 and later: from
-- schema version 2 to 3.
--
--     sqlite3 -bail /var/lib/npie/registry.db < 0003-revocation.sql
--
-- Apply every file of this folder once, in the order of their numbers, with
-- httpd stopped: mod_npie refuses a registry of any other version than its
-- own.
--
-- Times are seconds since 1970 UTC; NULL is "not yet".

BEGIN;

INSERT INTO schema (version) VALUES (3);

-- unused: made in a renewal that ended without its letter 2, so that the one
-- before it counts. told: when npie-signer had noted its end. invalid_since:
-- when its key is known or suspected to have been lost, if anybody said so.
ALTER TABLE certificate ADD COLUMN unused INTEGER NOT NULL DEFAULT 0
    CHECK (unused IN (0, 1));
ALTER TABLE certificate ADD COLUMN told INTEGER;
ALTER TABLE certificate ADD COLUMN invalid_since INTEGER;
CREATE INDEX certificate_untold ON certificate (id)
    WHERE status <> 'active' AND told IS NULL;

UPDATE certificate SET unused = 1 WHERE id IN (SELECT new_certificate
    FROM renewal WHERE state = 'lapsed' AND new_certificate IS NOT NULL);

COMMIT;
