-- SPDX-License-Identifier: Apache-2.0
-- Mails to employers about additional certificates, in the registry of
-- mod_npie, for PostgreSQL 15 and later: from schema version 7 to 8.
--
--     psql --set ON_ERROR_STOP=1 npie < 0008-mail-additional.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.

BEGIN;

INSERT INTO schema (version) VALUES (8);

-- mod_npie defines the kinds of mail. The names of kinds about an additional
-- certificate begin with "adicional".
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox DROP CONSTRAINT outbox_addition_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (length(kind) BETWEEN 1 AND 32);
ALTER TABLE outbox ADD CONSTRAINT outbox_addition_check CHECK (
    (kind LIKE 'adicional%') = (addition IS NOT NULL));

COMMIT;
