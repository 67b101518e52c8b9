#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every test, stage by stage, as an ordinary user; ends with one line
# "N passed, N failed, N skipped". After the stage unit, which builds, the
# stages go in two lanes side by side: both wait more than they work.
set -euo pipefail
cd "$NPIE_TOP"
. t/lib/say.sh

LANE1="httpd sanitize"
LANE2="browser valgrind lint"
STAGES="unit $LANE1 $LANE2"
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

# lane STAGES...: those of them that were asked for, one after another.
lane() {
    local stage
    for stage in "$@"; do
        case " $stages " in
            *" $stage "*) stage_run "$stage" ;;
        esac
    done
}

lane unit
lane $LANE1 &
lane $LANE2
wait
counts_sum $stages
