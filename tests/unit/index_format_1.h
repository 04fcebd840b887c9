/* SPDX-License-Identifier: ISC */
/* Turns an index into one of format 1, as older versions made it. */
#ifndef INDEX_FORMAT_1_H
#define INDEX_FORMAT_1_H

static const char index_format_1[] = "BEGIN IMMEDIATE;"
    "CREATE INDEX event_time ON event(time);"
    "CREATE TABLE mark(one INTEGER PRIMARY KEY CHECK(one = 1), file TEXT,"
    " inode INTEGER, number INTEGER, offset INTEGER, last_len INTEGER,"
    " last_hash BLOB, newest INTEGER, named INTEGER, foreign_tail INTEGER);"
    "INSERT INTO mark SELECT 1, file, inode, number, offset, last_len,"
    " last_hash, newest, named, flags FROM state WHERE file NOT NULL;"
    "CREATE TABLE store(one INTEGER PRIMARY KEY CHECK(one = 1),"
    " endpoint TEXT NOT NULL, path TEXT NOT NULL);"
    "INSERT INTO store SELECT 1, endpoint, path FROM state;"
    "DROP TABLE state; PRAGMA user_version = 1; COMMIT";

#endif
