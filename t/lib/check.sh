#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every test, stage by stage, as an ordinary user; says each minute how far it
# is and ends with one line "N passed, N failed, N skipped". One stage more
# than there are processors runs at once: they wait more than they work.
# Started by t/lib/supervise, which ends what a stage leaves running.
set -euo pipefail
cd "$NPIE_TOP"
. t/lib/say.sh

# The longest first: what begins last is to end soon.
STAGES="httpd browser sanitize unit valgrind lint"
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
    say "running as nobody in $place"
    mkdir "$place/src" "$place/home"
    tar -cf - --exclude=./.git --exclude=./build --exclude='./build-[!a]*' \
        --exclude=./demo-out . | tar -xf - -C "$place/src" --no-same-owner
    chown -R nobody:nogroup "$place"
    chmod 755 "$place"
    status=0
    setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all \
        env -u SUDO_USER HOME="$place/home" NPIE_TOP="$place/src" \
        "$place/src/t/lib/check.sh" $stages || status=$?
    if [ $status -eq 0 ]; then
        rm -rf "$place"
    else
        say "logs: $place/src/build-check/results"
    fi
    exit $status
fi

. t/lib/build.sh
. t/lib/stages.sh
. t/lib/progress.sh
export results=$NPIE_TOP/build-check/results
rm -rf "$results"
mkdir -p "$results"

progress_tell &
teller=$!
running=0
for stage in $STAGES; do
    case " $stages " in *" $stage "*) ;; *) continue ;; esac
    if [ $running -gt "$(nproc)" ]; then
        wait -n || true
        running=$((running - 1))
    fi
    stage_run "$stage" &
    running=$((running + 1))
done
while [ $running -gt 0 ]; do
    wait -n || true
    running=$((running - 1))
done
kill $teller
wait $teller || true
counts_sum $stages
