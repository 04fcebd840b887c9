/* SPDX-License-Identifier: ISC */
/*
 * Checks whether a web server would show a store or a secret to everybody.
 * The roots are those that the servers' configurations name, read line by
 * line, and the usual ones.
 */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "cli/host/web_root.h"
#include "cli/setup/check.h"
#include "cli/term/input.h"

#define FILE_MAX	((size_t)1 << 20)
#define DEPTH_MAX	4

struct search {
	struct check	*c;
	const char	*what;		/* "store", "secret" */
	const char	*path;		/* real */
	bool		 allowed;	/* allow-docroot */
	bool		 done;		/* it has been found below a root */
	int		 depth;
};

/* A root that a configuration names. */
static void
try_root(struct search *s, const char *root, const char *file, int line)
{
	char *real;

	if (root[0] != '/' || s->done)
		return;
	real = realpath(root, NULL);
	if (real != NULL && path_is_below(s->path, real)) {
		s->done = true;
		if (s->allowed)
			check_fact(s->c, "web-root", "%s is below %s, as "
			    "allow-docroot allows", s->path, root);
		else
			check_fail(s->c, "web-root", "the %s %s is below "
			    "%s, which %s:%d shows to everybody; move it",
			    s->what, s->path, root, file, line);
	}
	free(real);
}

static bool
is_root_word(const char *word)
{
	return strcasecmp(word, "DocumentRoot") == 0 ||
	    strcasecmp(word, "alias") == 0 || strcmp(word, "root") == 0 ||
	    strcmp(word, "server.document-root") == 0;
}

/* The last word after one of those, up to the end of its statement. */
static void
read_line(struct search *s, char *text, const char *file, int line)
{
	static const char blanks[] = " \t\r=\"'(";
	char *p = text + strspn(text, blanks);
	char *value = NULL;
	bool inside = false;

	while (*p != '\0' && *p != '#') {
		size_t len = strcspn(p, " \t\r=\"'();{}");
		char end = p[len];

		p[len] = '\0';
		if (inside && len > 0)
			value = p;
		if (is_root_word(p))
			inside = true;
		if ((end == ';' || end == '}' || end == '\0') &&
		    value != NULL) {
			try_root(s, value, file, line);
			value = NULL;
			inside = false;
		}
		if (end == '\0')
			return;
		p += len + 1;
		p += strspn(p, blanks);
	}
	if (value != NULL)
		try_root(s, value, file, line);
}

static void
read_file(struct search *s, const char *name)
{
	struct err err = ERR_INIT;
	struct input text;
	int line = 0;

	if (!input_read(&text, name, FILE_MAX, &err))
		return;
	for (char *p = text.data, *next; p != NULL && !s->done; p = next) {
		next = strchr(p, '\n');
		if (next != NULL)
			*next++ = '\0';
		read_line(s, p, name, ++line);
	}
	input_wipe(&text);
}

/* Skips what is only there to be enabled. */
static int
is_used(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t len = strlen(name);

	return name[0] != '.' && (len < 10 ||
	    strcmp(name + len - 10, "-available") != 0);
}

static void
read_tree(struct search *s, const char *name)
{
	struct dirent **entries = NULL;
	struct stat st;
	int count;

	if (s->depth >= DEPTH_MAX || s->done || stat(name, &st) != 0)
		return;
	if (S_ISREG(st.st_mode))
		read_file(s, name);
	if (!S_ISDIR(st.st_mode))
		return;
	count = scandir(name, &entries, is_used, alphasort);
	s->depth++;
	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];

		if ((size_t)snprintf(path, sizeof(path), "%s/%s", name,
		    entries[i]->d_name) < sizeof(path))
			read_tree(s, path);
		free(entries[i]);
	}
	free(entries);
	s->depth--;
}

/* A root by its name: no configuration says so. */
static void
try_usual(struct search *s)
{
	const char *found = web_root_usual(s->path);

	if (found != NULL && !s->allowed)
		check_warn(s->c, "web-root", "the %s %s is below %s, which "
		    "web servers usually show to everybody; move it", s->what,
		    s->path, found);
}

static void
search(struct check *c, const char *what, const char *path, bool allowed)
{
	static const char *const usual[] = {
		"/etc/apache2", "/etc/httpd", "/etc/lighttpd", "/etc/nginx",
		"/usr/local/etc/apache24", "/usr/local/etc/lighttpd",
		"/usr/local/etc/nginx"
	};
	char *real = realpath(path, NULL);
	struct search s = { c, what, real, allowed, false, 0 };

	if (real == NULL)
		return;
	if (c->web != NULL)
		read_tree(&s, c->web);
	else
		for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
			read_tree(&s, usual[i]);
	if (!s.done)
		try_usual(&s);
	free(real);
}

void
check_web(struct check *c)
{
	const struct endpoint *e = c->endpoint;
	char dir[PATH_MAX];
	size_t len;
	const char *store = endpoint_store(e, &len);

	snprintf(dir, sizeof(dir), "%.*s/", (int)len, store);
	/* for a log, with all that is beside it */
	search(c, e->spool != NULL ? "spool" : "log's directory", dir,
	    e->allow_docroot);
	if (e->secret_file != NULL)
		search(c, "secret", e->secret_file, false);
}
