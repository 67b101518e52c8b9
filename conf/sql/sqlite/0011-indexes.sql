-- SPDX-License-Identifier: Apache-2.0
-- Indexes for a registry of millions of employers, for SQLite 3.40 and
-- later: from schema version 10 to 11.
--
--     sqlite3 -bail /var/lib/npie/registry.db < 0011-indexes.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.

BEGIN;

INSERT INTO schema (version) VALUES (11);

CREATE INDEX employer_rfc ON employer (rfc);
-- Of all active certificates, where it was of the principal ones alone.
DROP INDEX certificate_not_after;
CREATE INDEX certificate_ends ON certificate (not_after)
    WHERE status = 'active';
-- The letters of a renewal, voided ones too.
CREATE INDEX letter_renewal ON letter (renewal);
CREATE INDEX letter_until ON letter (stamp_until) WHERE stamp_count > 0;
CREATE INDEX addition_until ON addition (stamp_until) WHERE stamp_count > 0;
CREATE INDEX outbox_employer ON outbox (employer, queued);
CREATE INDEX outbox_given_up ON outbox (gave_up)
    WHERE gave_up IS NOT NULL AND reason <> 'withdrawn';
CREATE INDEX audit_died ON audit (at) WHERE event = 'child-died';

COMMIT;
