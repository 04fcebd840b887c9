/* SPDX-License-Identifier: ISC */
/*
 * Fuzzing: one driver a parser.  A driver takes any bytes and aborts when
 * something that has to hold does not.  The engines are libFuzzer and AFL++
 * (engine.c) and a small deterministic one for make check (replay.c).
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "hookcask.h"

struct vector;

struct fuzz_driver {
	const char	*name;		/* dict/NAME.dict, found/NAME/ */
	void		(*run)(const uint8_t *data, size_t len);
	/*
	 * Writes an input made of a vector and returns its length; 0: this
	 * one says nothing to the driver.  NULL: it has seeds() instead.
	 */
	size_t		(*seed)(const struct vector *, uint8_t *, size_t size);
	/* The nth seed of its own; 0: no more.  NULL: none. */
	size_t		(*own)(size_t n, uint8_t *, size_t size);
	unsigned	 rounds;	/* mutations in make check */
};

extern const struct fuzz_driver *const fuzz_drivers[];	/* NULL at the end */

extern const struct fuzz_driver fuzz_archive, fuzz_body, fuzz_config,
    fuzz_environment, fuzz_fastcgi, fuzz_journal, fuzz_json, fuzz_keyset,
    fuzz_lines, fuzz_reading, fuzz_record, fuzz_request, fuzz_secret,
    fuzz_settle, fuzz_signature, fuzz_stats, fuzz_timestamp, fuzz_verify;

#define FUZZ_SEED_MAX	((size_t)4 << 20)

/* Says what does not hold, and aborts: an engine keeps the input then. */
#define FUZZ_HOLDS(condition)						\
	((condition) ? (void)0 :					\
	    fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void	fuzz_fail(const char *file, int line, const char *what);

/* -- what several drivers need (fuzz.c) -- */
/* A copy of its own size, so that reading past its end shows; free(3). */
void	*fuzz_copy(const void *, size_t len);
/* Cuts off the text up to the next byte c, and that byte. */
struct hookcask_span fuzz_cut(struct hookcask_span *rest, char c);
/* Appends to a seed under construction; what does not fit is left out. */
void	fuzz_put(uint8_t *buf, size_t size, size_t *len,
	    struct hookcask_span);
void	fuzz_put_text(uint8_t *buf, size_t size, size_t *len, const char *);
/* A text that is the nth of a list ended by NULL, as own() does. */
size_t	fuzz_own(const char *const *texts, size_t n, uint8_t *, size_t size);
/* A fresh directory for the process, removed when it ends. */
const char *fuzz_dir(void);
/* A directory below it for a store, whose log others' files are not of. */
void	fuzz_home(char path[512], const char *name);
/* One file in it, with these bytes; *path is static. */
const char *fuzz_file(const char *name, const void *, size_t len);
/* Sends standard error nowhere, and back again. */
void	fuzz_hush(void);
void	fuzz_speak(void);

#endif
