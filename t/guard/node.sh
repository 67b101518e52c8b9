#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the browser's tests run on is content with the node of Debian 12.
. "$top_srcdir/t/guard/tap.sh"

lock=$top_srcdir/t/browser/package-lock.json
inputs 'the lock of the tests' "$lock"
export DEBIAN_NODE=18
newer=$(perl -MJSON::PP -0777 -ne '
    my ($debian, $packages) = ($ENV{DEBIAN_NODE}, decode_json($_)->{packages});
    die "no packages\n" if keys %$packages < 2;
    for my $name (sort keys %$packages) {
        my $engines = $packages->{$name}{engines};
        my $wanted = ref $engines eq "HASH" ? $engines->{node} // "*" : "*";
        my @majors = map { /(?:>=|\^|~|^)\s*v?(\d+)/ ? $1 : 0 } split /\|\|/, $wanted;
        print "$name wants node $wanted\n" if !grep { $_ <= $debian } @majors;
    }' "$lock")
none "no package of the tests wants a node above $DEBIAN_NODE" "$newer"
tap_end
