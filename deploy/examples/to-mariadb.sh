#!/bin/sh
# SPDX-License-Identifier: ISC
# An example: hands events over to MariaDB or MySQL, each once, in one
# transaction a batch.  Another body under a known key is not kept.
#
#   CREATE TABLE hookcask_event (seq bigint AUTO_INCREMENT UNIQUE,
#       endpoint varchar(64) CHARACTER SET ascii COLLATE ascii_bin,
#       id varchar(256) CHARACTER SET ascii COLLATE ascii_bin,
#       type varchar(255) CHARACTER SET utf8mb4, received datetime(6),
#       record longtext CHARACTER SET utf8mb4, PRIMARY KEY (endpoint, id));
#   hookcask drain --batch 1000 -- to-mariadb.sh FILE DATABASE
#
# FILE (mode 600) has [client] with host, user, password, ssl-verify-server-cert.
[ -z "${HOOKCASK_ID-}" ] || { echo "use drain --batch" >&2; exit 75; }
sql=$(jq -rR '. as $line | fromjson
    | [.source, .id, .type, .received[:-1], $line]
    | map("FROM_BASE64(\u0027\(@base64)\u0027)") | join(",")
    | "INSERT INTO hookcask_event (endpoint, id, type, received, record)
       VALUES (\(.)) ON DUPLICATE KEY UPDATE id = id;"') || exit 75
printf 'SET sql_mode = "STRICT_ALL_TABLES"; START TRANSACTION;\n%s\nCOMMIT;\n' \
    "$sql" | mariadb --defaults-file="$1" "$2" || exit 75
