# Writes lua/whatsapp/util/unicode.lua from the Unicode data that perl has: `make unicode`. A letter names the class of a code
# point, as UAX 29 has it; K and C are for its rule GB9c, and for the scripts that the rule leaves out.
use strict;
use warnings;
use Unicode::UCD;

my @classes = (
  [K => 'a virama or another sign that joins two consonants', qr/\p{InSC=Virama}|\p{InSC=Invisible_Stacker}/],
  [Z => 'zero width joiner', qr/\p{GCB=ZWJ}/],
  [E => 'Extend', qr/\p{GCB=Extend}/],
  [S => 'SpacingMark', qr/\p{GCB=SpacingMark}/],
  [P => 'Prepend', qr/\p{GCB=Prepend}/],
  [N => 'Control, CR and LF', qr/\p{GCB=Control}|\p{GCB=CR}|\p{GCB=LF}/],
  [R => 'Regional_Indicator', qr/\p{GCB=RI}/],
  [L => 'Hangul L', qr/\p{GCB=L}/],
  [V => 'Hangul V', qr/\p{GCB=V}/],
  [T => 'Hangul T', qr/\p{GCB=T}/],
  [X => 'Extended_Pictographic', qr/\p{ExtPict}/],
  [C => 'consonants of the scripts that have a K', qr/\p{InSC=Consonant}/],
);

my %ranges;
my $last = '';
for my $code (0x80 .. 0x10FFFF) { # ASCII needs no table
  my $class = '';
  if ($code < 0xD800 || $code > 0xDFFF) {
    for my $row (@classes) {
      if (chr($code) =~ $row->[2]) { $class = $row->[0]; last }
    }
  }
  if ($class ne '') {
    if ($class eq $last) { $ranges{$class}[-1][1] = $code } else { push @{ $ranges{$class} }, [$code, $code] }
  }
  $last = $class;
}

print "-- Classes of code points beyond ASCII, as ranges in hexadecimal. `make unicode` wrote this file from Unicode ",
  Unicode::UCD::UnicodeVersion(), ".\n-- Data only. util/clusters loads this file when a text first needs the classes. Do not edit it: `make unicode` overwrites it.\n\nreturn {\n";
for my $row (@classes) {
  my ($name, $words) = @$row;
  my ($text, $line) = ('', '');
  for my $range (@{ $ranges{$name} }) {
    my $item = $range->[0] == $range->[1] ? sprintf('%X', $range->[0]) : sprintf('%X-%X', @$range);
    if (length($line) + length($item) > 110) { $text .= "    .. \"$line \"\n"; $line = '' }
    $line .= $line eq '' ? $item : " $item";
  }
  $text .= "    .. \"$line\"";
  $text =~ s/^    \.\. //;
  $text =~ s/\n {4}\.\. /\n    .. /g;
  print "  $name = -- $words\n    $text,\n";
}
print "}\n";
