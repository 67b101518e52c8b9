-- SPDX-License-Identifier: Apache-2.0
-- The institute's seals on letter 3 in the registry of mod_npie, for
-- PostgreSQL 15 and later: from schema version 6 to 7.
--
--     psql --set ON_ERROR_STOP=1 npie < 0007-seal-additional.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.

BEGIN;

INSERT INTO schema (version) VALUES (7);

-- Same as the columns of the same name in the table letter.
ALTER TABLE addition ADD COLUMN seal TEXT;
ALTER TABLE addition ADD COLUMN sealed_at BIGINT
    CHECK ((sealed_at IS NULL) = (seal IS NULL));
ALTER TABLE addition ADD COLUMN seal_next BIGINT NOT NULL DEFAULT 0;
CREATE INDEX addition_unsealed ON addition (seal_next)
    WHERE sealed_at IS NULL AND state = 'issued';

COMMIT;
