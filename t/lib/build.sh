# SPDX-License-Identifier: Apache-2.0
# Building out of the source tree; sourced by bash after say.sh.

# build_in DIR LOG OPTIONS...: configures (once) and builds. One at a time in
# one folder; what make leaves running must not keep the lock.
build_in() {
    local dir=$1 log=$2
    shift 2
    mkdir -p "$dir"
    (
        flock 9
        if [ ! -f "$dir/config.status" ]; then
            (cd "$dir" && quietly "$log" "$NPIE_TOP/configure" "$@") || exit
        fi
        quietly "$log" make -C "$dir" -j"$(nproc)" 9>&-
    ) 9>"$dir/.build.lock"
}
