-- SPDX-License-Identifier: Apache-2.0
-- Mails to employers about additional certificates, in the registry of
-- mod_npie, for PostgreSQL 15 and later: from schema version 7 to 8.
--
--     psql --set ON_ERROR_STOP=1 npie < 0008-mail-additional.sql
--
-- Apply every file of this folder once, in the order of their numbers, with
-- httpd stopped: mod_npie refuses a registry of any other version than its
-- own.

BEGIN;

INSERT INTO schema (version) VALUES (8);

-- Which kinds there are is mod_npie's to know; those about an additional
-- certificate say so in their name.
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox DROP CONSTRAINT outbox_addition_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (length(kind) BETWEEN 1 AND 32);
ALTER TABLE outbox ADD CONSTRAINT outbox_addition_check CHECK (
    (kind LIKE 'adicional%') = (addition IS NOT NULL));

COMMIT;
