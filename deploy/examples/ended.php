#!/usr/bin/env php
<?php
// SPDX-License-Identifier: ISC
// An example of a batch consumer: says which calls have ended.
//
//   hookcask drain -- ended.php               one event a run: its exact body
//   hookcask drain --batch 100 -- ended.php   records, one JSON text a line
//   hookcask cat | ended.php                  the same; remembers nothing
//
// Exit status 0 says that it is done, 75 that drain is to try later, anything
// else (an exception gives 255) that it failed.
declare(strict_types=1);

// a number of 23 digits stays what it is, as a string
const HOW = JSON_THROW_ON_ERROR | JSON_BIGINT_AS_STRING;

function ended(array $event): void
{
    if (!isset($event['data']['providerCallId'])) {
        throw new UnexpectedValueException('no call');
    }
    printf("Call ended: %s\n", $event['data']['providerCallId']);
}

if (getenv('HOOKCASK_ID') !== false) {
    if (getenv('HOOKCASK_TYPE') === 'phone_call.ended') {
        ended(json_decode(stream_get_contents(STDIN), true, 80, HOW));
    }
    exit(0);
}

$seen = [];  // an event may come twice after a crash: its id is the key
while (($line = fgets(STDIN)) !== false) {
    $record = json_decode($line, true, 80, HOW);
    if (isset($seen[$record['id']])) {
        continue;
    }
    $seen[$record['id']] = true;
    if (isset($record['data_base64'])) {
        // genuine, but not JSON: the exact bytes are there all the same
        $body = base64_decode($record['data_base64'], true);
        fprintf(STDERR, "%s: %d bytes that are not JSON\n",
            $record['id'], strlen($body));
    } elseif ($record['type'] === 'phone_call.ended') {
        ended($record['data']);
    }
}
