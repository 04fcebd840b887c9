/* SPDX-License-Identifier: ISC */
/* A store in a scratch directory, for the tests of stores. */
#ifndef TESTS_STORE_SCENE_H
#define TESTS_STORE_SCENE_H

#include "store/store.h"

/* The last note of a store, or the last error of scene_put(). */
extern char scene_noted[4096];
/* Keeps it there: the note of struct store_options. */
void	scene_note(void *, const char *text);

/* A log or a spool below dir, the other NULL; the path is static. */
struct endpoint scene_endpoint(const char *dir, const char *log,
	    const char *spool);
struct store *scene_open(const struct endpoint *);
enum outcome scene_put_at(struct store *, const char *id, const char *body,
	    int64_t time);
enum outcome scene_put(struct store *, const char *id);
/* The ids of a log are these, each followed by a blank. */
void	scene_assert_ids(const char *dir, const char *name,
	    const char *expected);
/* path: 512 bytes */
void	scene_path(char *path, const char *dir, const char *name);

#endif
