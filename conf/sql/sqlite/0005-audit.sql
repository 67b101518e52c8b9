-- SPDX-License-Identifier: Apache-2.0
-- The audit's chain of hashes in the registry of mod_npie, for SQLite 3.40
-- and later: from schema version 4 to 5.
--
--     sqlite3 -bail /var/lib/npie/registry.db < 0005-audit.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.
--
-- mod_npie/store/audit.h defines the input of the hash. Rows written before
-- this step have no hash and belong to no chain.

BEGIN;

INSERT INTO schema (version) VALUES (5);

ALTER TABLE audit ADD COLUMN previous TEXT
    CHECK (length(previous) = 64);
ALTER TABLE audit ADD COLUMN hash TEXT
    CHECK (hash IS NULL OR (length(hash) = 64 AND previous IS NOT NULL));

-- A single row: number and hash of the newest audit row, and the number of the
-- last row outside the chain. A writer of the audit updates this row first.
CREATE TABLE audit_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    since INTEGER NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= since),
    hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;
INSERT INTO audit_head (id, since, sequence, hash)
    SELECT 1, coalesce(max(sequence), 0), coalesce(max(sequence), 0),
    '0000000000000000000000000000000000000000000000000000000000000000'
    FROM audit;

COMMIT;
