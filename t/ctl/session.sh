#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npiectl session secret, and when npiectl needs what it makes.
# shellcheck source=t/ctl/lib.sh
. "$(dirname "$0")/lib.sh" || exit 99

secret=$work/session.secret
# line N: the secret in that line.
line() { grep -vE '^(#|$)' "$secret" | sed -n "$1p"; }
on sqlite
ctl registry init
ok 'a secret is made' ends 0 session secret -j "$secret"
ok 'one' json '$j->{secrets} == 1'
ok 'for the owner alone' test "$(stat -c %a "$secret")" = 600
ok 'of 64 hex digits' grep -qxE '[0-9a-f]{64}' "$secret"
first=$(line 1)
ok 'changed' ends 0 session secret "$secret"
ok 'people are told what to do' said 'Copy it to every machine'
ok 'a new one is first' test "$(line 1)" != "$first"
ok 'the one before it second' test "$(line 2)" = "$first"
second=$(line 1)
ok 'changed again' ends 0 session secret -j "$secret"
ok 'two are kept' test "$(line 2):$(line 3)" = "$second:"
ok 'still for the owner alone' test "$(stat -c %a "$secret")" = 600
echo 'no secret' > "$work/other"
chmod 600 "$work/other"
ok 'another file is left alone' ends 1 session secret "$work/other"
ok 'as it was' test "$(cat "$work/other")" = 'no secret'
ok 'no folder, no file' ends 1 session secret "$work/none/secret"

# status asks Redis, and so needs what httpd has.
redis_is() { json "grep { \$_->{part} eq 'redis' && \$_->{detail} =~ /$1/ } @\$j"; }
printf 'Redis 127.0.0.1:1 timeout=1s\n' >> "$conf"
ok 'Redis by TCP' ends 3 status -j
ok 'without SessionSecret: its name is told' redis_is 'name the file of NPIESessionSecret as SessionSecret'
printf 'SessionSecret %s\n' "$work/nowhere" >> "$conf"
ok 'a file that is not there' ends 3 status -j
ok 'is told with the remedy' redis_is 'nowhere: .*npiectl session secret'
ok 'and the file can be made' ends 0 session secret "$work/nowhere"
ok 'then' ends 3 status -j
ok 'Redis itself is missed' redis_is 'connect'
tap_end
