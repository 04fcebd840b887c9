#!/usr/bin/env perl
# SPDX-License-Identifier: ISC
# An example of a batch consumer: says which calls have ended.
#
#   hookcask drain -- ended.pl               one event a run: its exact body
#   hookcask drain --batch 100 -- ended.pl   records, one JSON text a line
#   hookcask cat | ended.pl                  likewise; remembers nothing
#
# Exit status 0 means done, 75 that drain should try later, anything else (die
# gives 255 or less) that it failed.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;

binmode STDOUT, ':encoding(UTF-8)';
$| = 1;
# a number of 23 digits stays what it is
my $json = JSON::PP->new->utf8->allow_nonref->allow_bignum;

sub ended {
    my ($event) = @_;
    my $call = $event->{data}{providerCallId} // die "no call\n";
    print "Call ended: $call\n";
}

if (defined $ENV{HOOKCASK_ID}) {
    if ($ENV{HOOKCASK_TYPE} eq 'phone_call.ended') {
        local $/;
        ended($json->decode(<STDIN>));
    }
    exit 0;
}

my %seen;    # after a crash an event may arrive twice: its id is the key
while (my $line = <STDIN>) {
    my $record = $json->decode($line);
    next if $seen{$record->{id}}++;
    if (exists $record->{data_base64}) {
        # genuine, but not JSON: the exact bytes are there all the same
        my $body = decode_base64($record->{data_base64});
        printf STDERR "%s: %d bytes that are not JSON\n",
            $record->{id}, length $body;
    } elsif ($record->{type} eq 'phone_call.ended') {
        ended($record->{data});
    }
}
