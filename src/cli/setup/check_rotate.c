/* SPDX-License-Identifier: ISC */
/*
 * Finds out whether logrotate would lose lines of a log.  Reads only what
 * matters for that: the block with the log, and the settings above it.
 */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "cli/setup/check.h"
#include "cli/term/input.h"

#define FILE_MAX	((size_t)1 << 20)
#define INCLUDE_MAX	4	/* levels of include */

/* The settings of a block, or of all that follow. */
struct habits {
	int	copytruncate;	/* its line, or 0 */
	bool	compress;
	bool	delay;
};

struct rotation {
	struct check	*c;
	const char	*log;
	const char	*file;		/* that is read */
	int		 line;
	int		 level;
	struct habits	 global, block;
	enum { OUTSIDE, NAMES, BLOCK, SCRIPT } state;
	bool		 matched;	/* the block has the log */
	int		 block_line;
	bool		 found;		/* one had it */
};

static void	read_name(struct rotation *, const char *name);

static void
judge_block(struct rotation *r)
{
	if (!r->matched)
		return;
	r->found = true;
	check_fact(r->c, "rotation", "%s:%d", r->file, r->block_line);
	if (r->block.copytruncate > 0)
		check_fail(r->c, "rotation", "%s:%d: copytruncate cuts the "
		    "log between two events and loses some; use nocreate and "
		    "delaycompress instead, so that the log is renamed and a "
		    "new one is started", r->file, r->block.copytruncate);
	else if (r->block.compress && !r->block.delay)
		check_warn(r->c, "rotation", "%s:%d: compress without "
		    "delaycompress compresses a file that may still be written "
		    "to; add delaycompress", r->file, r->block_line);
}

static void
take_directive(struct rotation *r, const char *word, const char *value)
{
	struct habits *h = r->state == BLOCK ? &r->block : &r->global;

	if (strcmp(word, "copytruncate") == 0)
		h->copytruncate = r->line;
	else if (strcmp(word, "nocopytruncate") == 0)
		h->copytruncate = 0;
	else if (strcmp(word, "compress") == 0)
		h->compress = true;
	else if (strcmp(word, "nocompress") == 0)
		h->compress = false;
	else if (strcmp(word, "delaycompress") == 0)
		h->delay = true;
	else if (strcmp(word, "nodelaycompress") == 0)
		h->delay = false;
	else if (strcmp(word, "include") == 0 && r->state == OUTSIDE)
		read_name(r, value);
	else if (strcmp(word, "postrotate") == 0 ||
	    strcmp(word, "prerotate") == 0 ||
	    strcmp(word, "firstaction") == 0 ||
	    strcmp(word, "lastaction") == 0 ||
	    strcmp(word, "preremove") == 0)
		r->state = SCRIPT;
}

/* Cuts off the next word, without quotes; NULL: none. */
static char *
next_word(char **rest)
{
	char *p = *rest + strspn(*rest, " \t\r"), *end;

	if (*p == '\0')
		return NULL;
	if (*p == '"' || *p == '\'') {
		end = strchr(p + 1, *p);
		p++;
	} else {
		end = p + strcspn(p, " \t\r");
	}
	if (end == NULL || *end == '\0') {
		*rest = p + strlen(p);
	} else {
		*end = '\0';
		*rest = end + 1;
	}
	return p;
}

/* The files of a block, on all lines up to the brace. */
static void
take_names(struct rotation *r, char *text)
{
	char *brace = strrchr(text, '{'), *word;

	if (r->state == OUTSIDE) {
		r->state = NAMES;
		r->matched = false;
		r->block_line = r->line;
	}
	if (brace != NULL)
		*brace = '\0';
	while ((word = next_word(&text)) != NULL)
		if (fnmatch(word, r->log, FNM_PATHNAME | FNM_PERIOD) == 0)
			r->matched = true;
	if (brace != NULL) {
		r->state = BLOCK;
		r->block = r->global;
	}
}

static void
take_line(struct rotation *r, char *text)
{
	char *word, *value;

	text += strspn(text, " \t\r");
	if (*text == '#' || *text == '\0')
		return;
	if (r->state == SCRIPT) {
		if (strncmp(text, "endscript", 9) == 0)
			r->state = BLOCK;
		return;
	}
	if (r->state == BLOCK && *text == '}') {
		judge_block(r);
		r->state = OUTSIDE;
		return;
	}
	if (r->state != BLOCK && (r->state == NAMES || *text == '/' ||
	    *text == '"' || *text == '\'' || *text == '{' ||
	    strchr(text, '{') != NULL)) {
		take_names(r, text);
		return;
	}
	word = next_word(&text);
	value = next_word(&text);
	if (word != NULL)
		take_directive(r, word, value == NULL ? "" : value);
}

static void
read_file(struct rotation *r, const char *name)
{
	struct rotation inner = *r;
	struct err err = ERR_INIT;
	struct input text;

	if (!input_read(&text, name, FILE_MAX, &err)) {
		check_fact(r->c, "rotation", "%s: cannot be read: %s", name,
		    err.text);
		return;
	}
	inner.file = name;
	inner.line = 0;
	for (char *p = text.data, *next; p != NULL; p = next) {
		next = strchr(p, '\n');
		if (next != NULL)
			*next++ = '\0';
		inner.line++;
		take_line(&inner, p);
	}
	input_wipe(&text);
	r->global = inner.global;
	r->found = inner.found;
}

/* Reads a directory's files in the order of their names, as logrotate does. */
static int
is_plain(const struct dirent *entry)
{
	const char *name = entry->d_name;

	return name[0] != '.' && strchr(name, '~') == NULL &&
	    strstr(name, ".dpkg-") == NULL && strstr(name, ".rpm") == NULL;
}

static void
read_directory(struct rotation *r, const char *name)
{
	struct dirent **entries = NULL;
	int count = scandir(name, &entries, is_plain, alphasort);

	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];

		if ((size_t)snprintf(path, sizeof(path), "%s/%s", name,
		    entries[i]->d_name) < sizeof(path))
			read_name(r, path);
		free(entries[i]);
	}
	free(entries);
}

static void
read_name(struct rotation *r, const char *name)
{
	struct stat st;

	if (r->level >= INCLUDE_MAX || stat(name, &st) != 0)
		return;
	r->level++;
	if (S_ISDIR(st.st_mode))
		read_directory(r, name);
	else if (S_ISREG(st.st_mode))
		read_file(r, name);
	r->level--;
}

void
check_rotate(struct check *c, const char *log, const char *pattern)
{
	struct rotation r;

	/* without one, some other program may rotate the log */
	if (c->logrotate == NULL || access(c->logrotate, F_OK) != 0)
		return;
	memset(&r, 0, sizeof(r));
	r.c = c;
	r.log = log;
	r.state = OUTSIDE;
	read_name(&r, c->logrotate);
	if (!r.found && strchr(pattern, '%') == NULL)
		check_warn(c, "rotation", "%s: is in no rotation of %s, and "
		    "grows until its disk is full; \"hookcask config "
		    "logrotate\" prints one", log, c->logrotate);
}
