-- SPDX-License-Identifier: Apache-2.0
-- Revocation in the registry of mod_npie, for PostgreSQL 15 and
-- later: from schema version 2 to 3.
--
--     psql --set ON_ERROR_STOP=1 npie < 0003-revocation.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.
--
-- Times are seconds since 1970 UTC; NULL means "not yet".

BEGIN;

INSERT INTO schema (version) VALUES (3);

-- unused: the renewal ended before letter 2 was signed, so the previous
-- certificate counts. told: time when npie-signer recorded the end.
-- invalid_since: time since which the key is known or suspected to be lost, if
-- reported.
ALTER TABLE certificate ADD COLUMN unused INTEGER NOT NULL DEFAULT 0
    CHECK (unused IN (0, 1));
ALTER TABLE certificate ADD COLUMN told BIGINT;
ALTER TABLE certificate ADD COLUMN invalid_since BIGINT;
CREATE INDEX certificate_untold ON certificate (id)
    WHERE status <> 'active' AND told IS NULL;

UPDATE certificate SET unused = 1 WHERE id IN (SELECT new_certificate
    FROM renewal WHERE state = 'lapsed' AND new_certificate IS NOT NULL);

COMMIT;
