-- SPDX-License-Identifier: Apache-2.0
-- The institute's seals in the registry of mod_npie, for PostgreSQL 15 and
-- later: from schema version 5 to 6.
--
--     psql --set ON_ERROR_STOP=1 npie < 0006-seal.sql
--
-- Stop httpd and run every file of this folder once, in numerical order:
-- mod_npie refuses a registry whose version differs from its own.
--
-- Times are seconds since 1970 UTC; NULL means "not yet".

BEGIN;

INSERT INTO schema (version) VALUES (6);

-- seal: the bytes appended to pdf, base64. seal_next: earliest time of the next
-- attempt, because another process is sealing or the signer refused.
ALTER TABLE letter ADD COLUMN seal TEXT;
ALTER TABLE letter ADD COLUMN sealed_at BIGINT
    CHECK ((sealed_at IS NULL) = (seal IS NULL));
ALTER TABLE letter ADD COLUMN seal_next BIGINT NOT NULL DEFAULT 0;
CREATE INDEX letter_unsealed ON letter (seal_next)
    WHERE sealed_at IS NULL AND signed_at IS NOT NULL AND voided = 0;

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('obtener',
    'cambio', 'emitido', 'vencimiento', 'liga', 'adicional',
    'adicional-listo', 'acuse'));

COMMIT;
