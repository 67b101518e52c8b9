#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every test, stage by stage, as an ordinary user; ends with one line
# "N passed, N failed, N skipped".
set -euo pipefail
cd "$NPIE_TOP"
. t/lib/say.sh

STAGES="unit httpd browser sanitize lint"
stages=${*:-$STAGES}
for stage in $stages; do
    case " $STAGES " in
        *" $stage "*) ;;
        *) die "there is no stage '$stage'" "the stages: $STAGES" ;;
    esac
done

# Root sees files that nobody else may, and Apache::Test runs nothing for it:
# a copy of the tree, and everything in it as nobody.
if [ "$(id -u)" -eq 0 ]; then
    place=$(mktemp -d /tmp/npie-check.XXXXXX)
    trap 'kill %1 2>/dev/null; wait' INT TERM
    say "running as nobody in $place"
    mkdir "$place/src" "$place/home"
    tar -cf - --exclude=./.git --exclude=./build --exclude='./build-[!a]*' \
        --exclude=./demo-out . | tar -xf - -C "$place/src" --no-same-owner
    chown -R nobody:nogroup "$place"
    chmod 755 "$place"
    status=0
    setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all \
        env -u SUDO_USER HOME="$place/home" NPIE_TOP="$place/src" \
        "$place/src/t/lib/check.sh" $stages &
    wait $! || status=$?
    if [ $status -eq 0 ]; then
        rm -rf "$place"
    else
        say "logs: $place/src/build-check/results"
    fi
    exit $status
fi

. t/lib/build.sh
. t/lib/stages.sh
results=$NPIE_TOP/build-check/results
rm -rf "$results"
mkdir -p "$results"
passed=0 failed=0 skipped=0
for stage in $stages; do
    say "$stage"
    began=$SECONDS
    stage_run "$stage"
    say "$stage: $stage_passed passed, $stage_failed failed, $stage_skipped skipped, $((SECONDS - began)) s"
    passed=$((passed + stage_passed))
    failed=$((failed + stage_failed))
    skipped=$((skipped + stage_skipped))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
