-- SPDX-License-Identifier: Apache-2.0
-- Timestamps on letters in the registry of mod_npie, for SQLite 3.40 and
-- later: from schema version 9 to 10.
--
--     sqlite3 -bail /var/lib/npie/registry.db < 0010-timestamp.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.
--
-- Times are seconds since 1970 UTC; 0 means "not yet".

BEGIN;

INSERT INTO schema (version) VALUES (10);

-- stamps: the bytes appended to pdf and seal, packed as those are: all
-- timestamps of the letter; stamp_count says how many. stamped_at: the time
-- that the first one proves. stamp_until: end of the certificate of the
-- authority that made the last one. stamp_next: earliest time of the next attempt, because another
-- process is at it, the last attempt failed (stamp_said says why), or no
-- further one is due before.
ALTER TABLE letter ADD COLUMN stamps BLOB;
ALTER TABLE letter ADD COLUMN stamp_count INTEGER NOT NULL DEFAULT 0
    CHECK ((stamp_count = 0) = (stamps IS NULL));
ALTER TABLE letter ADD COLUMN stamped_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE letter ADD COLUMN stamp_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE letter ADD COLUMN stamp_next INTEGER NOT NULL DEFAULT 0;
ALTER TABLE letter ADD COLUMN stamp_said TEXT NOT NULL DEFAULT ''
    CHECK (length(stamp_said) <= 400);
CREATE INDEX letter_undated ON letter (stamp_next)
    WHERE sealed_at IS NOT NULL AND stamp_count = 0;
CREATE INDEX letter_dated ON letter (stamp_next) WHERE stamp_count > 0;
CREATE INDEX letter_stamp_said ON letter (stamp_next) WHERE stamp_said <> '';

ALTER TABLE addition ADD COLUMN stamps BLOB;
ALTER TABLE addition ADD COLUMN stamp_count INTEGER NOT NULL DEFAULT 0
    CHECK ((stamp_count = 0) = (stamps IS NULL));
ALTER TABLE addition ADD COLUMN stamped_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE addition ADD COLUMN stamp_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE addition ADD COLUMN stamp_next INTEGER NOT NULL DEFAULT 0;
ALTER TABLE addition ADD COLUMN stamp_said TEXT NOT NULL DEFAULT ''
    CHECK (length(stamp_said) <= 400);
CREATE INDEX addition_undated ON addition (stamp_next)
    WHERE sealed_at IS NOT NULL AND stamp_count = 0;
CREATE INDEX addition_dated ON addition (stamp_next) WHERE stamp_count > 0;
CREATE INDEX addition_stamp_said ON addition (stamp_next) WHERE stamp_said <> '';

COMMIT;
