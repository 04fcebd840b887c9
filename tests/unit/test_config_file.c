/* SPDX-License-Identifier: ISC */
/* The configuration from a text: values, refusals, who serves a path. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_file.h"
#include "unit.h"

#define HEAD	"endpoint \"a\" {\n"
#define REST	"secret-file = \"/s\"\nlog = \"/l\"\n"
#define WHOLE	HEAD REST "}\n"

static struct config config;
static struct err err;

static bool
parse(const char *text)
{
	config_wipe(&config);
	err = (struct err)ERR_INIT;
	return config_parse(&config, "c", text, strlen(text), &err);
}

static void
ck_good(const char *text)
{
	ck_assert_msg(parse(text), "%s in: %s", err.text, text);
}

static void
ck_refused(const char *text, const char *says)
{
	static const struct config nothing;

	ck_assert_msg(!parse(text), "accepted: %s", text);
	ck_assert_int_eq(err.kind, OUTCOME_BAD_CONFIG);
	ck_assert_msg(strncmp(err.text, says, strlen(says)) == 0,
	    "\"%s\" does not begin with \"%s\"; text: %s", err.text, says,
	    text);
	/* what to do */
	ck_assert_ptr_nonnull(strchr(err.text, ';'));
	ck_assert_mem_eq(&config, &nothing, sizeof(config));
}

START_TEST(test_values)
{
	const struct endpoint *e;

	ck_good("/* all of it */ max-body  = 1048576\r\n"
	    "threads = 4 lock-timeout = 2\nbody-timeout = \"3\"\n"
	    "diag = '/var/log/diag'\nsandbox = off\n"
	    "endpoint \"levers\" {\n"
	    "  path = \"/webhooks/levers\"       # exact\n"
	    "  secret-file = \"/etc/hookcask/levers.secret\" // here\n"
	    "  log = \"/var/lib/hookcask/levers-%Y%m%d-%H%%.jsonl\"\n"
	    "  mode = 0640\n  tolerance = 0\n  dedup-window = \"2880m\"\n"
	    "  accept-types = { \"phone_call.*\", plain }\n"
	    "  ignore-types = \"a\\\\*\"\n  allow-docroot = yes\n}\n"
	    "endpoint b { secret-file = '/s' spool = '/p q\"' }");
	ck_assert_uint_eq(config.max_body, 1048576);
	ck_assert_uint_eq(config.threads, 4);
	ck_assert_uint_eq(config.lock_timeout, 2);
	ck_assert_uint_eq(config.body_timeout, 3);
	ck_assert_str_eq(config.diag, "/var/log/diag");
	ck_assert_int_eq(config.sandbox, SANDBOX_OFF);
	ck_assert_str_eq(config.source, "c");
	ck_assert_uint_eq(config.endpoint_count, 2);
	e = &config.endpoints[0];
	ck_assert_str_eq(e->name, "levers");
	ck_assert_str_eq(e->path, "/webhooks/levers");
	ck_assert_str_eq(e->secret_file, "/etc/hookcask/levers.secret");
	ck_assert_ptr_null(e->secrets);
	ck_assert_str_eq(e->log,
	    "/var/lib/hookcask/levers-%Y%m%d-%H%%.jsonl");
	ck_assert_ptr_null(e->spool);
	ck_assert_uint_eq(e->mode, 0640);
	ck_assert_int_eq(e->tolerance, 0);
	ck_assert_int_eq(e->dedup_window, 172800);
	ck_assert_str_eq(e->accept_types[0], "phone_call.*");
	ck_assert_str_eq(e->accept_types[1], "plain");
	ck_assert_ptr_null(e->accept_types[2]);
	ck_assert_str_eq(e->ignore_types[0], "a\\*");
	ck_assert(e->allow_docroot);
	ck_assert_str_eq(e->where, "c:6");
	e = &config.endpoints[1];
	ck_assert_str_eq(e->spool, "/p q\"");
	ck_assert_str_eq(e->where, "c:17");
	config_wipe(&config);
}
END_TEST

START_TEST(test_defaults)
{
	const struct endpoint *e;

	ck_good(WHOLE);
	ck_assert_uint_eq(config.max_body, 2097152);
	ck_assert_uint_eq(config.threads, 8);
	ck_assert_uint_eq(config.lock_timeout, 5);
	ck_assert_uint_eq(config.body_timeout, 8);
	ck_assert_ptr_null(config.diag);
	ck_assert_int_eq(config.sandbox, SANDBOX_AUTO);
	e = &config.endpoints[0];
	ck_assert_ptr_null(e->path);
	ck_assert_uint_eq(e->mode, 0600);
	ck_assert_int_eq(e->tolerance, 300);
	ck_assert_int_eq(e->dedup_window, 604800);
	ck_assert_ptr_null(e->accept_types);
	ck_assert_ptr_null(e->ignore_types);
	ck_assert(!e->allow_docroot);
	config_wipe(&config);
}
END_TEST

START_TEST(test_bad_values)
{
	static const struct {
		const char	*line;
		bool		 of_endpoint;
		const char	*says;
	} rows[] = {
		{ "max-body = 0", false, "max-body: out of range" },
		{ "max-body = 16777217", false, "max-body: out of range" },
		{ "max-body = 2M", false, "max-body: not a plain" },
		{ "max-body = -1", false, "max-body: not a plain" },
		{ "max-body = \"\"", false, "max-body: it is empty" },
		{ "max-body = 99999999999999999999", false, "max-body: not" },
		{ "threads = 0", false, "threads: out of range" },
		{ "threads = 65", false, "threads: out of range" },
		{ "lock-timeout = 11", false, "lock-timeout: out of range" },
		{ "lock-timeout = 0", false, "lock-timeout: out of range" },
		{ "body-timeout = 61", false, "body-timeout: out of range" },
		{ "body-timeout = 1.5", false, "body-timeout: not a plain" },
		{ "sandbox = yes", false, "sandbox: not one of" },
		{ "diag = \"diag\"", false, "diag: not an absolute path" },
		{ "diag = \"~/d\"", false, "diag: not an absolute path" },
		{ "tolerance = 86401", true, "tolerance: out of range" },
		{ "tolerance = 5m", true, "tolerance: not a plain" },
		{ "mode = 0644", true, "mode: not one of" },
		{ "mode = 640", true, "mode: not one of" },
		{ "mode = 384", true, "mode: not one of" },
		{ "dedup-window = 7", true, "dedup-window: not a span" },
		{ "dedup-window = d", true, "dedup-window: not a span" },
		{ "dedup-window = 7w", true, "dedup-window: not a span" },
		{ "dedup-window = 1d12h", true, "dedup-window: not a span" },
		{ "dedup-window = 47h", true, "dedup-window: out of range" },
		{ "dedup-window = 367d", true, "dedup-window: out of range" },
		{ "dedup-window = 99999999999999d", true, "dedup-window: " },
		{ "allow-docroot = 1", true, "allow-docroot: neither" },
		{ "path = \"hook\"", true, "path: it does not begin" },
		{ "path = \"/h?x=1\"", true, "path: it holds a query" },
		{ "accept-types = \"a b\"", true, "accept-types: not a" },
		{ "accept-types = { \"\" }", true, "accept-types: not a" }
	};
	char text[400], says[100];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(text, sizeof(text), rows[i].of_endpoint ?
		    HEAD "%s\n" REST "}\n" : "\n%s\n" WHOLE, rows[i].line);
		snprintf(says, sizeof(says), "c:2: %s", rows[i].says);
		ck_refused(text, says);
	}
	ck_good(HEAD "dedup-window = 366d\ntolerance = 86400\n" REST "}");
	ck_good(HEAD "dedup-window = 172800s\n" REST "}");
	config_wipe(&config);
}
END_TEST

START_TEST(test_log_names)
{
	static const char *const bad[] = { "/", "/var/log/", "/a/.", "/a/..",
	    "/a/%Y/x", "/a/x%", "/a/x%s", "/a/x%%%", "/a/%j", "x.jsonl" };
	static const char *const good[] = { "/x", "/%Y-%m-%dT%H", "/a/x%%",
	    "/a.b/..x" };
	char text[200];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), HEAD "secret-file = \"/s\"\n"
		    "log = \"%s\"\n}\n", bad[i]);
		ck_refused(text, "c:3: log: not ");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		snprintf(text, sizeof(text), HEAD "secret-file = \"/s\"\n"
		    "log = \"%s\"\n}\n", good[i]);
		ck_good(text);
	}
	config_wipe(&config);
}
END_TEST

START_TEST(test_incomplete)
{
	ck_refused(HEAD "log = \"/l\"\n}\n", "c:1: no secret");
	ck_refused("\n" HEAD "secret-file = \"/s\"\n}\n", "c:2: no store");
	ck_refused(HEAD REST "spool = \"/p\"\n}\n", "c:1: two stores");
	ck_refused("endpoint \"A\" {\n" REST "}", "c:1: not a name");
	ck_refused("endpoint \"\" {\n" REST "}", "c:1: not a name");
	ck_refused("endpoint \".a\" {\n" REST "}", "c:1: not a name");
	ck_refused("endpoint \"../a\" {\n" REST "}", "c:1: not a name");
	ck_refused("endpoint \"a23456789012345678901234567890123\" {\n" REST
	    "}", "c:1: not a name");
	ck_good("endpoint \"a2345678901234567890123456789._-\" {\n" REST "}");
	config_wipe(&config);
}
END_TEST

START_TEST(test_clashes)
{
#define TWO(first, second)						\
	"endpoint \"a\" {\nsecret-file = \"/s\"\n" first "\n}\n"	\
	"endpoint \"b\" {\nsecret-file = \"/s\"\n" second "\n}\n"
	ck_refused(TWO("path = \"/p\" log = \"/l\"",
	    "path = \"/p\" log = \"/m\""), "c:5: endpoint \"b\" has the path");
	ck_refused(TWO("log = \"/l\"", "log = \"/m\""),
	    "c:5: endpoint \"b\" has no path");
	ck_refused(TWO("path = \"/p\" log = \"/d/l\"",
	    "path = \"/q\" log = \"/d/l\""), "c:5: endpoint \"b\" has the st");
	ck_refused(TWO("path = \"/p\" log = \"/d/l\"",
	    "path = \"/q\" log = \"//d/.//l\""), "c:5: endpoint \"b\" has the "
	    "store");
	ck_refused(TWO("path = \"/p\" spool = \"/d/l\"",
	    "path = \"/q\" spool = \"/d/l/\""), "c:5: endpoint \"b\" has the "
	    "store");
	ck_refused(TWO("path = \"/p\" spool = \"/d/l\"",
	    "path = \"/q\" log = \"/d/l\""), "c:5: endpoint \"b\" has the "
	    "store");
	ck_refused(WHOLE "\n" HEAD "secret-file = \"/s\"\nlog = \"/m\"\n}",
	    "c:6: an endpoint of this name already begins in line 1");
	ck_refused("diag = \"/l\"\n" WHOLE, "c: diag names a file");
	ck_refused("diag = \"/./s\"\n" WHOLE, "c: diag names a file");
	ck_refused("diag = \"/.hookcask-e/index.db\"\n" WHOLE,
	    "c: diag is in");
	/* one without a path takes the rest; the secret may be shared */
	ck_good(TWO("path = \"/p\" log = \"/d/l\"", "log = \"/d/.l\""));
	config_wipe(&config);
}
END_TEST

/* A secret in the wrong place must not reach the operator's log. */
START_TEST(test_no_secret_shown)
{
	static const char *const texts[] = {
		HEAD "secret-file = \"whsec_hunter2hunter2\"\nlog = \"/l\"\n}",
		HEAD "secret-file = whsec_hunter2hunter2\nlog = \"/l\"\n}",
		HEAD "secret-file = \"hunter2\"\nlog = \"/l\"\n}",
		HEAD REST "accept-types = \"hunter 2hunter2\"\n}",
		"endpoint \"hunter2 hunter2\" {\n" REST "}",
		"endpoint \"HUNTERhunter2\" {\n" REST "}",
		"threads = hunter2\n" WHOLE, "threads = \"hunter2", "{hunter2",
		HEAD "secret-file = \"/s\" \"hunter2\"\n}",
		"\"whsec_hunter2\"\n" WHOLE, "whsec_hunter2\n" WHOLE,
		WHOLE "\nwhsec_hunter2 =",
		HEAD "whsec_hunter2 = 1\n}"
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		ck_assert(!parse(texts[i]));
		ck_assert_msg(strstr(err.text, "hunter2") == NULL, "%s",
		    err.text);
	}
	ck_refused(HEAD "secret-file = \"whsec_aGVsbG8=\"\n}",
	    "c:2: secret-file: this looks like a secret");
}
END_TEST

/* Any prefix of a good file is refused or good, and nothing worse. */
START_TEST(test_prefixes)
{
	static const char text[] = "threads = 4 # x\n/* y */ " HEAD REST
	    "accept-types = { \"a\", 'b' } // z\n}\n";

	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = malloc(n + 1);
		bool ok;

		/* its own block, so that a sanitizer sees its end */
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text, n);
		err = (struct err)ERR_INIT;
		ok = config_parse(&config, "c", copy, n, &err);
		ck_assert_int_eq(ok, n >= sizeof(text) - 2);
		config_wipe(&config);
		free(copy);
	}
}
END_TEST

START_TEST(test_match)
{
	ck_good("endpoint \"a\" { path = \"/a\" secret-file = \"/s\" "
	    "log = \"/l/a\" }\n"
	    "endpoint \"b\" { path = \"/b\" secret-file = \"/s\" "
	    "log = \"/l/b\" }\n");
	ck_assert_str_eq(config_match(&config, "/b")->name, "b");
	ck_assert_ptr_null(config_match(&config, "/b/"));
	ck_assert_ptr_null(config_match(&config, "/B"));
	ck_assert_ptr_null(config_match(&config, ""));
	ck_assert_str_eq(config_find(&config, "a")->path, "/a");
	ck_assert_ptr_null(config_find(&config, "c"));
	ck_good("endpoint \"rest\" { secret-file = \"/s\" log = \"/l/r\" }\n"
	    "endpoint \"b\" { path = \"/b\" secret-file = \"/s\" "
	    "log = \"/l/b\" }\n");
	ck_assert_str_eq(config_match(&config, "/b")->name, "b");
	ck_assert_str_eq(config_match(&config, "/else")->name, "rest");
	config_wipe(&config);
}
END_TEST

START_TEST(test_wants)
{
	const struct endpoint *e;

	ck_good(WHOLE);
	ck_assert(endpoint_wants(&config.endpoints[0], "anything"));
	ck_good(HEAD REST "accept-types = { \"phone_call.*\", \"x\" }\n"
	    "ignore-types = { \"*.test\" }\n}");
	e = &config.endpoints[0];
	ck_assert(endpoint_wants(e, "phone_call.ended"));
	ck_assert(endpoint_wants(e, "phone_call.a/b.c"));
	ck_assert(endpoint_wants(e, "x"));
	ck_assert(!endpoint_wants(e, "xx"));
	ck_assert(!endpoint_wants(e, "phone_call"));
	ck_assert(!endpoint_wants(e, "svix.webhook"));
	/* ignore wins */
	ck_assert(!endpoint_wants(e, "phone_call.test"));
	ck_good(HEAD REST "ignore-types = \"a*\"\n}");
	ck_assert(!endpoint_wants(&config.endpoints[0], "abc"));
	ck_assert(endpoint_wants(&config.endpoints[0], "b"));
	ck_good(HEAD REST "type-key = { \"event_type\", kind }\n}");
	ck_assert_str_eq(config.endpoints[0].type_keys[0], "event_type");
	ck_assert_str_eq(config.endpoints[0].type_keys[1], "kind");
	ck_assert_ptr_null(config.endpoints[0].type_keys[2]);
	config_wipe(&config);
}
END_TEST

UNIT_MAIN("config_file", test_values, test_defaults, test_bad_values,
    test_log_names, test_incomplete, test_clashes, test_no_secret_shown,
    test_prefixes, test_match, test_wants)
