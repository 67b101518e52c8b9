-- SPDX-License-Identifier: Apache-2.0
-- The institute's seals on letter 3 in the registry of mod_npie, for
-- SQLite 3.40 and later: from schema version 6 to 7.
--
--     sqlite3 -bail /var/lib/npie/registry.db < 0007-seal-additional.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.

BEGIN;

INSERT INTO schema (version) VALUES (7);

-- Same as the columns of the same name in the table letter.
ALTER TABLE addition ADD COLUMN seal TEXT;
ALTER TABLE addition ADD COLUMN sealed_at INTEGER
    CHECK ((sealed_at IS NULL) = (seal IS NULL));
ALTER TABLE addition ADD COLUMN seal_next INTEGER NOT NULL DEFAULT 0;
CREATE INDEX addition_unsealed ON addition (seal_next)
    WHERE sealed_at IS NULL AND state = 'issued';

COMMIT;
