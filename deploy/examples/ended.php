#!/usr/bin/env php
<?php
// SPDX-License-Identifier: ISC
// An example of a batch consumer: records on standard input, one JSON text a
// line, as hookcask writes them.  Says which calls have ended.
//
//   hookcask cat LOG | ended.php        or        ended.php <LOG
declare(strict_types=1);

$seen = [];  // a record may come twice after power loss: its id is the key
while (($line = fgets(STDIN)) !== false) {
    $record = json_decode($line, true, 80, JSON_THROW_ON_ERROR);
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
        $event = $record['data'];
        printf("Call ended: %s\n", $event['data']['providerCallId']);
    }
}
