-- SPDX-License-Identifier: Apache-2.0
-- A registry with a row in every state, for a registry of SQLite that is empty.
-- Employer n has renewal n, whose state is the n-th.

WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 250)
INSERT INTO employer (name, rp, rfc, username, given_name, surname, surname2,
    curp, subdelegation, entity, city, municipality, colony, street,
    outer_number, inner_number, postcode, email, phone, fax)
SELECT 'Cañas y Tornillos "' || i || '" d''Oriente', printf('A%09d7', i),
    'TCB010203Ñ&1', printf('A%09d', i), 'María José', 'Muñoz', '',
    'MUXM800101MGTXXR09', 'León', 11, 'León', 'León', 'Centro',
    'Calle 5 de Mayo', '12', '', '37000', 'a@b.example', '4771234567', ''
FROM n;

INSERT INTO certificate (employer, generation, additional, holder,
    holder_email, serial, spki, der, not_before, not_after, status, ended,
    reason, unused, told)
SELECT id, 1, 0, '', '', printf('30%04X', id), printf('%064x', id), 'MAN4',
    1780000000, 1790000000, CASE id % 3 WHEN 0 THEN 'revoked' WHEN 1 THEN
    'superseded' ELSE 'active' END, iif(id % 3 = 2, NULL, 1785000000),
    iif(id % 3 = 0, 'keyCompromise', ''), 0, iif(id % 3 = 2, NULL, 1785000001)
FROM employer;
INSERT INTO certificate (employer, generation, additional, holder,
    holder_email, serial, spki, der, not_before, not_after, status, reason,
    terms_signed)
SELECT id, 2, 0, '', '', printf('31%04X', id), printf('%064x', 1000 + id),
    'MAN4', 1790000000, 1850000000, 'active', '', iif(id = 6, 1790000100, NULL)
FROM employer WHERE id IN (5, 6);
INSERT INTO certificate (employer, generation, additional, holder,
    holder_email, serial, spki, der, not_before, not_after, status, reason)
VALUES (6, 2, 1, 'Ana Ñúñez', 'ana@b.example', '32', printf('%064x', 2000),
    'MAN4', 1790000000, 1850000000, 'active', '');
INSERT INTO seen_key (spki, noted)
SELECT spki, not_before FROM certificate UNION
SELECT printf('%064x', 3000 + id), 1790000000 FROM employer;

CREATE TEMP TABLE state (i INTEGER, name TEXT, l1 INTEGER, l2 INTEGER);
INSERT INTO state VALUES (1, 'started', NULL, NULL), (2, 'keyed', 2, NULL),
    (3, 'signed', 3, NULL), (4, 'confirmed', 4, NULL), (5, 'issued', 5, 15),
    (6, 'completed', 6, 16), (7, 'cancelled', 7, NULL),
    (8, 'lapsed', NULL, NULL);
INSERT INTO renewal (employer, old_certificate, new_certificate, state, email,
    phone, fax, csr, new_spki, key_name, key_sha256, letter1, letter2, created,
    changed)
SELECT i, i, CASE i WHEN 5 THEN 251 WHEN 6 THEN 252 END, name,
    'nuevo@b.example', '', '', iif(i IN (1, 8), '', 'MAN4'),
    iif(i IN (1, 8), '', printf('%064x', 1000 + i)), 'llave',
    '', l1, l2, 1790000000 + i, 1790000100 + i FROM state;
-- Signed and not, sealed and not, voided before and after.
INSERT INTO letter (folio, renewal, kind, created, pdf, sha256, signed_at,
    voided, seal, sealed_at, seal_next)
SELECT folio, renewal, kind, 1790000000, iif(signed IS NULL AND voided, 'AA==',
    iif(folio > 5, x'00255044462d312e3400ff', -- the others from before schema 9
    replace(hex(zeroblob(60000)), '00', 'JVBERi0x'))), printf('%064x', folio),
    signed, voided, seal, sealed, 0
FROM (WITH l(folio, renewal, kind, signed, voided, seal, sealed) AS (VALUES
    (2, 2, 1, NULL, 0, NULL, NULL), (3, 3, 1, 1790000050, 0, NULL, NULL),
    (4, 4, 1, 1790000050, 0, NULL, NULL), (5, 5, 1, 1790000050, 0, NULL, NULL),
    (6, 6, 1, 1790000050, 0, 'MAN4', 1790000090),
    (7, 7, 1, NULL, 1, NULL, NULL), (8, 7, 1, 1790000050, 1, NULL, NULL),
    (15, 5, 2, NULL, 0, NULL, NULL), (16, 6, 2, 1790000080, 0, NULL, NULL))
    SELECT * FROM l);
UPDATE counter SET value = 17 WHERE name = 'folio';

INSERT INTO addition (employer, principal, certificate, replaces, holder,
    holder_email, purpose, state, csr, spki, key_sha256, folio, pdf, created,
    keyed, signed_at, changed)
VALUES
    (6, 252, NULL, NULL, 'Eva', 'eva@b.example', 'Nómina', 'requested', '', '',
        '', NULL, '', 1790000200, NULL, NULL, 1790000200),
    (6, 252, NULL, NULL, 'Eva', 'eva@b.example', 'Nómina', 'keyed', 'MAN4',
        printf('%064x', 3001), '', 9, 'MAN4', 1790000200, 1790000201, NULL,
        1790000201),
    (6, 252, NULL, NULL, 'Eva', 'eva@b.example', 'Nómina', 'authorised',
        'MAN4', printf('%064x', 3002), '', 10, 'MAN4', 1790000200, 1790000201,
        1790000202, 1790000202),
    (6, 252, 253, NULL, 'Ana Ñúñez', 'ana@b.example', 'Nómina', 'issued',
        'MAN4', printf('%064x', 2000), '', 11, 'MAN4', 1790000200, 1790000201,
        1790000202, 1790000203),
    (6, 252, NULL, NULL, 'Eva', 'eva@b.example', 'Nómina', 'withdrawn', '', '',
        '', NULL, '', 1790000200, NULL, NULL, 1790000204);

-- Waiting, leased, tried and failed, sent, given up, a reminder, of a colleague.
INSERT INTO outbox (kind, employer, renewal, certificate, days, address,
    queued, attempts, next_try, lease_until, sent, gave_up, reason,
    server_said, addition)
VALUES
    ('obtener', 2, 2, NULL, NULL, 'a@b.example', 1790000000, 0, 1790000000, 0,
        NULL, NULL, '', '', NULL),
    ('obtener', 3, 3, NULL, NULL, 'a@b.example', 1790000000, 1, 1790000000,
        1790000060, NULL, NULL, '', '', NULL),
    ('cambio', 3, 3, NULL, NULL, 'a@b.example', 1790000000, 2, 1790000900, 0,
        NULL, NULL, 'later', '450 4.2.1 más tarde', NULL),
    ('emitido', 6, 6, 252, NULL, 'a@b.example', 1790000000, 1, 1790000000, 0,
        1790000010, NULL, '', '250 ok', NULL),
    ('acuse', 6, 6, NULL, NULL, 'a@b.example', 1790000000, 1, 1790000000, 0,
        NULL, 1790000020, 'refused', '550 no', NULL),
    ('vencimiento', 20, NULL, 20, 30, 'a@b.example', 1790000000, 0, 1790000000,
        0, NULL, NULL, '', '', NULL),
    ('adicional', 6, NULL, NULL, NULL, 'eva@b.example', 1790000200, 1,
        1790000200, 0, 1790000201, NULL, '', '250 ok', 1);
INSERT INTO link (hash, purpose, renewal, outbox, created, expires, used,
    superseded)
VALUES
    (printf('%064x', 1), 'continue', 3, 2, 1790000000, 1790090000, NULL, NULL),
    (printf('%064x', 2), 'continue', 4, 2, 1790000000, 1790090000, 1790000002,
        NULL),
    (printf('%064x', 3), 'stop', 3, 3, 1790000000, 1790090000, NULL,
        1790000003);
INSERT INTO addition_link (hash, purpose, addition, outbox, created, expires)
VALUES (printf('%064x', 4), 'key', 1, 7, 1790000200, 1790090000),
    (printf('%064x', 5), 'obtain', 4, 7, 1790000200, 1790090000);
