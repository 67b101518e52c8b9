# SPDX-License-Identifier: Apache-2.0
# What is wrong with the manual's pages, a line each: manual.pl INDEX PAGE...
use strict;
use warnings;
use JSON::PP;

my ($index, @pages) = @ARGV;
my (%text, %ids, $nav, @rows);
for my $page (@pages) {
    open my $in, '<:raw', $page or die "$page: $!\n";
    local $/;
    (my $name = $page) =~ s{.*/}{};
    $text{$name} = <$in>;
    my @all = $text{$name} =~ /\sid="([^"]*)"/g;
    $ids{$name}{$_}++ and print "$name: two of id $_\n" for @all;
}

# The same navigation on every page, all pages in it, this one marked.
for my $name (sort keys %text) {
    my ($links) = $text{$name} =~ m{<nav aria-label="Manual">\n(.*?)\n?</nav>}s or print "$name: no navigation\n";
    my @marked = $links =~ /href="([^"]*)" aria-current="page"/g;
    print "$name: it is not marked in the navigation\n" if "@marked" ne $name;
    $links =~ s/ aria-current="page"//;
    $nav //= $links;
    print "$name: another navigation than the first page\n" if $links ne $nav;
    index($nav, "\"$name\"") >= 0 or print "$name: in no navigation\n";
    for my $script ('search-index.js', 'search.js') {
        index($text{$name}, "<script src=\"$script\" defer></script>") >= 0 or print "$name: without $script\n";
    }
    # Content-Security-Policy: default-src 'self'.
    print "$name: a script, a style or a handler inside the page\n"
        if $text{$name} =~ /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/;
    print "$name: a heading without anchor and link: $1\n"
        while $text{$name} =~ m{<h[23](?! id="([^"]+)">(?:(?!</h).)*<a class="permalink" href="\#\1")[^>]*>(.{0,40})}g;
    # A block that is wider than the screen is scrolled by the keyboard, too.
    print "$name: a block that no key reaches\n" while $text{$name} =~ /<pre>/g;
    # At 390 px the headings of a wide table are in its cells, but for the first
    # of a row, which is its title.
    while ($text{$name} =~ m{<table class="wide">(.*?)</table>}gs) {
        my $table = $1;
        print "$name: a cell without its heading: $1\n" while $table =~ m{</t[dh]>\s*<td>(.{0,40})}g;
    }
    while ($text{$name} =~ /<a [^>]*href="([^":]*)"/g) {
        my ($page, $anchor) = split /#/, $1, 2;
        $page = $name if $page eq '';
        next if $page !~ /\.html$/;
        print "$name: a link to nowhere: $1\n"
            if !exists $text{$page} || defined $anchor && !$ids{$page}{$anchor};
    }
}

# httpd's form of a directive.
my (@listed, @described);
@listed = $text{'directives.html'} =~ m{<li><a href="#(?:authtype|npie[a-z]+)">([^<]+)}g;
while ($text{'directives.html'} =~ m{<h2 id="(?:authtype|npie[a-z]+)">(\w[\w ]*\w) (.*?)(?=<h2|</main>)}gs) {
    my ($name, $all) = ($1, $2);
    push @described, $name;
    my @facts = $all =~ m{<tr><th scope="row">(\w+)</th><td>}g;
    my $form = $name eq 'AuthType NPIE' ? 'Description Syntax Context Status Module'
        : 'Description Syntax Default Context Status Module';
    print "$name: its facts are not $form: @facts\n" if "@facts" ne $form;
    print "$name: its Context is none of httpd's\n"
        if $all !~ m{<th scope="row">Context</th><td>(?:(?:server config|virtual host|directory|\.htaccess)(?:, )?)+</td>};
}
print "the directives are not in order: $_\n" for grep { defined } map {
    lc $listed[$_ - 1] gt lc $listed[$_] ? $listed[$_] : undef } 1 .. $#listed;
print "the list of directives is not what is described\n" if "@listed" ne "@described";
print "no directives\n" if @described < 30;

# Every section is to be found.
open my $in, '<:raw', $index or die "$index: $!\n";
my $script = do { local $/; <$in> };
$script =~ s/^.*?window\.npieManual = //s;
$script =~ s/;\s*$//;
my %found;
$found{"$_->[0]#$_->[1]"} = $_ for @{JSON::PP->new->utf8->decode($script)};
for my $name (sort keys %text) {
    for my $id ($text{$name} =~ /<(?:h[23]|tr) id="([^"]+)"/g) {
        my $row = $found{"$name#$id"};
        print "search-index.js: without $name#$id\n" if !defined $row || $row->[3] eq '';
    }
    exists $found{"$name#"} or print "search-index.js: without $name\n";
}
for my $row (values %found) {
    print "search-index.js: markup in $row->[0]#$row->[1]\n" if $row->[3] =~ /&(?:lt|amp|quot);|<\/?(?:td|p|code|tr|li)\b/;
}
