<?php
// SPDX-License-Identifier: ISC
// What a user would write in PHP; the file's name says how careful:
//   a    no sync
//   b1   a sync before the answer, outside the lock
//   b    a sync before the answer, under the lock
//   c    once per id, in SQLite (WAL, FULL)
$body = file_get_contents('php://input');
$id = $_SERVER['HTTP_SVIX_ID'] ?? '';
$time = $_SERVER['HTTP_SVIX_TIMESTAMP'] ?? '';
$key = base64_decode(substr(getenv('BENCH_SECRET'), strlen('whsec_')));
$mac = hash_hmac('sha256', "$id.$time.$body", $key, true);
$good = false;
foreach (explode(' ', $_SERVER['HTTP_SVIX_SIGNATURE'] ?? '') as $entry)
    $good = hash_equals('v1,' . base64_encode($mac), $entry) || $good;
if (!$good || abs(time() - (int)$time) > 300) {
    http_response_code(400);
    exit;
}
$mode = basename($_SERVER['SCRIPT_NAME'], '.php');
$log = getenv('BENCH_DIR') . '/php-' . $mode;
if ($mode === 'c') {
    $db = new PDO("sqlite:$log", null, null, [PDO::ATTR_PERSISTENT => true]);
    $db->exec('PRAGMA busy_timeout = 10000');
    $db->exec('PRAGMA synchronous = FULL');
    $insert = $db->prepare('INSERT OR IGNORE INTO event VALUES(?, ?)');
    $kept = $insert->execute([$id, $body]);
} else {
    $file = fopen($log, 'a');
    flock($file, LOCK_EX);
    $kept = fwrite($file, $body . "\n") === strlen($body) + 1 &&
        fflush($file);
    if ($mode === 'b')
        $kept = $kept && fdatasync($file);
    flock($file, LOCK_UN);
    if ($mode === 'b1')
        $kept = $kept && fdatasync($file);
}
http_response_code($kept ? 200 : 500);
header('Content-Type: application/json');
echo '{"status":"success"}';
