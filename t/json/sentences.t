# SPDX-License-Identifier: Apache-2.0
# Sentences of NPIESentences: one that is changed, and another language by
# Accept-Language, in JSON, in pages and for their scripts.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use Test::More;
use Npie::Test;

sub title
{
    my ($program, @languages) = @_;
    my $answer = $program->exchange('/npie/nada.html', curl => [ '-H',
        'Accept: application/json', map { ('-H', "Accept-Language: $_") } @languages ]);
    return (JSON::PP::decode_json($answer->{body})->{title}, $answer);
}

my ($first, $second) = (browser(), browser(vhost => 'second'));
is((title($first))[0], 'Esa página o ese archivo no existe.', 'as built in');
is((title($first, 'en'))[0], 'There is no such page or file.', 'English is built in too');
for my $case (
    ['es-MX,es;q=0.9,en;q=0.8' => ''], ['de' => ''], ['es-419' => ''], ['en;q=0.5, es' => ''],
    ['en' => '[en] '], ['en-US,en;q=0.9,es;q=0.8' => '[en] '], ['EN-gb' => '[en] '],
    ['es;q=0, en;q=0.1' => '[en] '], ['enx' => ''], ['en;q=0' => ''], [',;q=,' => ''],
) {
    my ($language, $expected) = @$case;
    my ($title, $answer) = title($second, $language);
    is($title, $expected eq '' ? 'Esa dirección no es de aquí.'
        : 'Esa página o ese archivo no existe.' =~ s/^/$expected/r, $language);
    like($answer->{headers}, qr/^Vary:.*\bAccept-Language\b/mi, '... and says what it went by');
}

my $page = decode_utf8($second->exchange('/npie/nada.html')->{body});
like($page, qr/<h2 id="error-causa">Esa dirección no es de aquí\.</, 'a page has the changed one');
like($page, qr/<p id="error-remedio">Vuelva al inicio de la renovación\.</, 'and the others');
like($page, qr/<meta name="npie-sentences" content="\{&quot;16\.cause&quot;:&quot;Esa dirección no es de aquí\.&quot;\}">/,
    'its script gets what is changed');
unlike($first->exchange('/npie/acceso.html')->{body}, qr/npie-sentences/, 'and else nothing');
done_testing();
