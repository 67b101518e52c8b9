#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# No files of a directory include each other in a circle, a .c and its .h taken
# as one file.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"
cd "$top_srcdir"

mapfile -t files < <(find mod_npie -mindepth 2 -name '*.[ch]' | sort)
inputs 'sources' "${files[@]}"
circles=$(perl -e '
    use strict; use warnings;
    my (%to, %reach, %seen);
    for my $path (@ARGV) {
        my ($room, $file) = $path =~ m{^mod_npie/(\w+)/(\w+)\.[ch]$} or die $path;
        open my $in, "<", $path or die "$path: $!";
        while (<$in>) {
            $to{"$room/$file"}{"$1/$2"} = 1
                if m{^#include "(\w+)/(\w+)\.\w+"} && $1 eq $room && $2 ne $file;
        }
    }
    for my $file (keys %to) {
        my @next = keys %{ $to{$file} };
        while (defined(my $other = pop @next)) {
            push @next, keys %{ $to{$other} // {} } if !$reach{$file}{$other}++;
        }
    }
    for my $file (sort keys %to) {
        next if $seen{$file} || !$reach{$file}{$file};
        my @circle = grep { $reach{$file}{$_} && $reach{$_}{$file} } sort keys %to;
        @seen{@circle} = (1) x @circle;
        print "@circle\n";
    }' "${files[@]}")
none 'no files include each other in a circle' "$circles"
tap_end
