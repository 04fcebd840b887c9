#!/usr/bin/env perl
# SPDX-License-Identifier: ISC
# An example of a batch consumer: records on standard input, one JSON text a
# line, as hookcask writes them.  Says which calls have ended.
#
#   hookcask cat LOG | ended.pl        or        ended.pl <LOG
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;

binmode STDOUT, ':encoding(UTF-8)';
$| = 1;
my $json = JSON::PP->new->utf8;
my %seen;    # a record may come twice after power loss: its id is the key
while (my $line = <STDIN>) {
    my $record = $json->decode($line);
    next if $seen{$record->{id}}++;
    if (exists $record->{data_base64}) {
        # genuine, but not JSON: the exact bytes are there all the same
        my $body = decode_base64($record->{data_base64});
        printf STDERR "%s: %d bytes that are not JSON\n",
            $record->{id}, length $body;
    } elsif ($record->{type} eq 'phone_call.ended') {
        my $event = $record->{data};
        print "Call ended: $event->{data}{providerCallId}\n";
    }
}
