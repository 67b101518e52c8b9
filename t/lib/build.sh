# SPDX-License-Identifier: Apache-2.0
# Building out of the source tree; sourced by bash after say.sh.

# build_locked DIR COMMAND...: one at a time in one folder; what make leaves
# running must not keep the lock.
build_locked() {
    local dir=$1
    shift
    mkdir -p "$dir"
    (
        flock 9
        "$@" 9>&-
    ) 9>"$dir/.build.lock"
}

# build_in DIR LOG OPTIONS...: configures (once) and builds.
build_in() {
    build_locked "$1" configure_and_make "$@"
}

configure_and_make() {
    local dir=$1 log=$2
    shift 2
    if [ ! -f "$dir/config.status" ]; then
        # libtool is a script that runs for every file, and takes twice as long in bash.
        (cd "$dir" && CONFIG_SHELL=/bin/sh quietly "$log" /bin/sh "$NPIE_TOP/configure" "$@") || return
    fi
    quietly "$log" make -C "$dir" -j"$(nproc)"
}
