/* SPDX-License-Identifier: ISC */
/* Stores and secrets below a document root, by name and through links. */
#include <config.h>

#include <sys/stat.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "responder/docroot.h"
#include "scratch.h"
#include "unit.h"

static struct docroot docroot;
static struct endpoint endpoint;
static char path[1024];

static void
store(const char *log, const char *spool)
{
	static char text[1024];

	memset(&endpoint, 0, sizeof(endpoint));
	snprintf(text, sizeof(text), "%s", log != NULL ? log : spool);
	endpoint.log = log != NULL ? text : NULL;
	endpoint.spool = spool != NULL ? text : NULL;
	ck_assert(docroot_init(&docroot, &endpoint));
}

static bool
holds(const char *root)
{
	bool first = docroot_holds(&docroot, root);

	/* the remembered answer is the same */
	ck_assert(docroot_holds(&docroot, root) == first);
	return first;
}

START_TEST(test_names)
{
	store("/srv/www/logs/x.jsonl", NULL);
	ck_assert(holds("/srv/www"));
	ck_assert(holds("/srv/www/"));
	ck_assert(holds("/srv/www/logs"));
	ck_assert(holds("/srv/www/logs//"));
	ck_assert(holds("/"));
	ck_assert(!holds("/srv/ww"));
	ck_assert(!holds("/srv/www/log"));
	ck_assert(!holds("/srv/www/logs/x.jsonl"));
	ck_assert(!holds("/srv/www/logs/x"));
	ck_assert(!holds(""));
	ck_assert(!holds("srv"));
	docroot_wipe(&docroot);
	store("/x.jsonl", NULL);
	ck_assert(holds("/"));
	ck_assert(!holds("/srv"));
	docroot_wipe(&docroot);
	/* what is public is the spool itself */
	store(NULL, "/srv/spool");
	ck_assert(holds("/srv/spool"));
	ck_assert(!holds("/srv/spool/new"));
	docroot_wipe(&docroot);
	docroot_wipe(&docroot);
}
END_TEST

START_TEST(test_secret)
{
	char secret[] = "/srv/www/x.secret";

	memset(&endpoint, 0, sizeof(endpoint));
	endpoint.log = strcpy(path, "/var/lib/x.jsonl");
	endpoint.secret_file = secret;
	ck_assert(docroot_init(&docroot, &endpoint));
	ck_assert(holds("/srv/www"));
	ck_assert(holds("/var/lib"));
	ck_assert(!holds("/srv/www/x.secret"));
	ck_assert(!holds("/home"));
	docroot_wipe(&docroot);
}
END_TEST

START_TEST(test_symbolic_links)
{
	const char *dir = scratch_dir();
	char root[512], link[512];

	snprintf(root, sizeof(root), "%s/real", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	ck_assert_int_eq(mkdir(root, 0700), 0);
	ck_assert_int_eq(symlink(root, link), 0);
	snprintf(path, sizeof(path), "%s/x.jsonl", root);
	store(path, NULL);
	ck_assert(holds(link));
	docroot_wipe(&docroot);
	snprintf(path, sizeof(path), "%s/x.jsonl", link);
	store(path, NULL);
	ck_assert(holds(root));
	ck_assert(!holds("/nonexistent"));
	docroot_wipe(&docroot);
}
END_TEST

/* A stranger's server may say what it likes. */
START_TEST(test_long)
{
	static char root[3 * PATH_MAX];

	memset(root, '/', sizeof(root) - 1);
	store("/srv/x.jsonl", NULL);
	ck_assert(holds(root));
	memset(root + 1, 'x', sizeof(root) - 2);
	ck_assert(!holds(root));
	docroot_wipe(&docroot);
}
END_TEST

UNIT_MAIN("docroot", test_names, test_secret, test_symbolic_links,
    test_long)
