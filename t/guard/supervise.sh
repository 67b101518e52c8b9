#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a check starts ends with it: told to stop, its daemons go too; one that
# a command leaves behind is told and fails it.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"

work=$(mktemp -d /tmp/npie-supervise-XXXXXX)
trap 'rm -rf "$work"' EXIT
supervise=$top_srcdir/t/lib/supervise
backend=$top_srcdir/t/lib/backend.sh

# alive: which of the servers in $work are there.
alive() {
    local file
    for file in "$work"/redis.pid "$work"/pgsql/data/postmaster.pid; do
        if [ -e "$file" ] && kill -0 "$(head -n 1 "$file")" 2>/dev/null; then
            echo "$file: $(head -n 1 "$file")"
        fi
    done
}
status_of() { # WANTED COMMAND...: nothing when it ends with this status
    local wanted=$1 status=0
    shift
    "$@" >"$work/said" 2>&1 || status=$?
    [ $status = "$wanted" ] || echo "status $status"
}

none 'the status is the command'\''s' "$(status_of 3 "$supervise" sh -c 'exit 3')"
none 'also by a signal' "$(status_of 137 "$supervise" sh -c 'kill -9 $$')"
none 'a process that is left fails a command' \
    "$(status_of 1 "$supervise" sh -c 'setsid sleep 321 >/dev/null & exit 0')"
none 'it is named' "$(grep -qE '^failed: left running: (setsid|sleep) \([0-9]+\)$' "$work/said" || cat "$work/said")"

"$supervise" sh -c "'$backend' redis-start '$work' && '$backend' pgsql-start '$work' &&
    touch '$work/up'; trap '' TERM; while :; do sleep 1; done" >"$work/said" 2>&1 &
for _ in $(seq 600); do
    [ ! -e "$work/up" ] || break
    sleep 0.1
done
none 'two daemons run' "$([ "$(alive | wc -l)" = 2 ] || cat "$work/said")"
pids=$(alive | sed 's/.*: //')
kill "$!"
status=0
wait "$!" || status=$?
none 'told to stop, it says so by its status' "$([ $status = 143 ] || echo "status $status")"
none 'they are gone' "$(for pid in $pids; do ! kill -0 "$pid" 2>/dev/null || echo "$pid"; done)"
tap_end
