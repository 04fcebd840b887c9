/* SPDX-License-Identifier: ISC */
/*
 * The table of what a status means in which case, and which line of which
 * server's configuration fixes it.  Likely causes precede possible ones: the
 * first row that fits counts.
 */
#include <config.h>

#include <stddef.h>

#include "cli/setup/probe.h"

/* -- remedies -- */

static const char *const fix_handler[PROBE_SERVERS] = {
	"ScriptAlias \"@\" \"/usr/lib/hookcask/hookcask.fcgi\" "
	    "(deploy/apache/hookcask-fcgid.conf)",
	"fastcgi.server += ( \"@\" => (( \"check-local\" => \"disable\", ... "
	    "))) (deploy/lighttpd/hookcask-spawn.conf)",
	"location = @ { include fastcgi_params; fastcgi_pass unix:...; } "
	    "(deploy/nginx/hookcask.conf)",
	"route this URL to hookcask.fcgi, in the server that answers it"
};
static const char *const fix_program[PROBE_SERVERS] = {
	"the reason is in Apache's ErrorLog; with FcgidWrapper or ScriptAlias "
	    "check the program's path and mode, with proxy_fcgi its "
	    "socket",
	"the reason is in server.errorlog; check \"bin-path\" and who may "
	    "write to the directory of \"socket\"",
	"the reason is in error_log; fastcgi_pass must name the socket on "
	    "which hookcask.fcgi listens, and nginx may use it",
	"the reason is in the log of the server that answers"
};
static const char *const fix_fcgid[PROBE_SERVERS] = {
	"FcgidMaxRequestLen 2162688 (in the server's configuration; where "
	    "only .htaccess is yours, plain CGI: deploy/apache/cgi.htaccess)",
	"server.max-request-size = 2112",
	"client_max_body_size 2112k;",
	"raise the limit for request bodies to 2112 KiB (mod_fcgid: "
	    "FcgidMaxRequestLen 2162688)"
};
static const char *const fix_limit[PROBE_SERVERS] = {
	"LimitRequestBody 2162688",
	"server.max-request-size = 2112",
	"client_max_body_size 2112k;",
	"raise the limit for request bodies to 2112 KiB"
};
static const char *const fix_max_body[PROBE_SERVERS] = {
	"max-body = 2097152 in hookcask.conf",
	"max-body = 2097152 in hookcask.conf",
	"max-body = 2097152 in hookcask.conf",
	"max-body = 2097152 in hookcask.conf"
};
static const char *const fix_chunked[PROBE_SERVERS] = {
	"SetEnv proxy-sendcl 1 (with proxy_fcgi)",
	"server.stream-request-body = 0",
	"fastcgi_request_buffering on;",
	"let the server in front buffer whole requests"
};
static const char *const fix_firewall[PROBE_SERVERS] = {
	"<Location \"@\"> SecRuleEngine Off </Location>, and \"Require all "
	    "granted\" where access is denied",
	"no url.access-deny for $HTTP[\"url\"] == \"@\"",
	"location = @ { modsecurity off; allow all; ... }",
	"exempt this path from the firewall's rules (Cloudflare: a custom "
	    "rule with the action Skip)"
};
static const char *const fix_password[PROBE_SERVERS] = {
	"<Location \"@\"> AuthType None; Require all granted </Location>",
	"no auth.require for \"@\"",
	"location = @ { auth_basic off; ... }",
	"exempt this path from the login"
};
static const char *const fix_rate[PROBE_SERVERS] = {
	"no mod_evasive or mod_qos for \"@\"",
	"no evasive.max-conns-per-ip for $HTTP[\"url\"] == \"@\"",
	"no limit_req and limit_conn in location = @",
	"exempt this path from the limit of requests"
};
static const char *const fix_headers[PROBE_SERVERS] = {
	"no RequestHeader unset svix-id, svix-timestamp, svix-signature",
	"pass svix-id, svix-timestamp and svix-signature on",
	"proxy_pass_request_headers on; fastcgi_pass_request_headers on;",
	"pass svix-id, svix-timestamp and svix-signature on"
};
static const char *const fix_secret[PROBE_SERVERS] = {
	[SERVER_OTHER] = "compare \"hookcask keygen --fingerprint FILE\" here "
	    "with the fingerprints of \"hookcask check\" there, and the two "
	    "clocks"
};
static const char *const fix_path[PROBE_SERVERS] = {
	[SERVER_OTHER] = "path = \"@\" in the endpoint of hookcask.conf, or "
	    "give the sender the path that is there"
};
static const char *const fix_store[PROBE_SERVERS] = {
	[SERVER_OTHER] = "run \"hookcask check\" there; the reason is in the "
	    "web server's error log and in diag"
};
const char *const probe_fix_redirect[PROBE_SERVERS] = {
	("no Redirect or RewriteRule for \"@\"; DirectorySlash Off if a "
	    "directory has this name"),
	"no url.redirect for $HTTP[\"url\"] == \"@\"",
	"location = @ { ... }, exact: without a return or rewrite",
	"no redirect for this path"
};
const char *const probe_fix_certificate[PROBE_SERVERS] = {
	"SSLCertificateFile with the whole chain (fullchain.pem)",
	"ssl.pemfile with the whole chain (fullchain.pem)",
	"ssl_certificate with the whole chain (fullchain.pem);",
	("install the certificate with its whole chain (fullchain.pem), for "
	    "this very host name")
};
const char *const probe_fix_cut[PROBE_SERVERS] = {
	"LimitRequestBody, FcgidMaxRequestLen, RequestReadTimeout",
	"server.max-request-size, server.max-read-idle",
	"client_max_body_size, client_body_timeout",
	"check the limits for size and time of a body"
};

/* -- meanings -- */

enum who { ANYBODY, HOOKCASK, OTHERS };

struct row {
	unsigned		 cases;
	int			 from, to;	/* status */
	enum who		 who;
	enum probe_verdict	 verdict;
	const char		*meaning;
	const char *const	*fix;
};

#define ANY_CASE	0xFFFFU

static const struct row rows[] = {
	/* a page or a cache that accepts everything */
	{ PROBE_TAMPERED, 200, 299, ANYBODY, PROBE_FAULT,
	    "a body that was changed after signing is accepted: whatever "
	    "answers here verifies nothing (Caddy answers 200 to a path that "
	    "no route takes)", fix_handler },
	{ PROBE_STALE, 200, 299, ANYBODY, PROBE_FAULT,
	    "a message that was signed two days ago is accepted: a captured "
	    "one can be sent again", fix_handler },
	{ PROBE_UNSIGNED, 200, 299, ANYBODY, PROBE_FAULT,
	    "a request without a signature is accepted: a static page, a "
	    "catch-all or a cache answers here, not hookcask",
	    fix_handler },
	{ PROBE_GET, 200, 299, ANYBODY, PROBE_WARNING,
	    "something other than hookcask answers GET (hookcask says 405); "
	    "does POST go to this URL?", fix_handler },
	{ PROBE_TAKEN, 200, 299, HOOKCASK, PROBE_GOOD, "", NULL },
	{ PROBE_GENUINE, 200, 299, OTHERS, PROBE_WARNING,
	    "accepted, but these are not hookcask's words: another program "
	    "or a page answers at this URL", fix_handler },
	{ PROBE_TAKEN, 200, 299, OTHERS, PROBE_GOOD, "", NULL },
	{ PROBE_REFUSED, 400, 499, ANYBODY, PROBE_GOOD, "", NULL },
	{ PROBE_GET, 400, 499, ANYBODY, PROBE_GOOD, "", NULL },

	/* hookcask's own refusals of genuine events */
	{ PROBE_GENUINE | PROBE_AGAIN, 401, 401, HOOKCASK, PROBE_FAULT,
	    "hookcask refuses the signature: its secret is not the one that "
	    "signed here, or a clock is wrong", fix_secret },
	{ PROBE_LARGE, 400, 401, HOOKCASK, PROBE_FAULT,
	    "hookcask got another body than was sent: a limit of the web "
	    "server cut it (mod_fcgid passes on an empty one if "
	    "LimitRequestBody is exceeded)", fix_limit },
	{ PROBE_CHUNKED, 400, 401, HOOKCASK, PROBE_FAULT,
	    "hookcask got another body than was sent: the web server does "
	    "not pass on all of a chunked one", fix_chunked },
	{ PROBE_TEXT, 400, 401, HOOKCASK, PROBE_FAULT,
	    "hookcask got another body than was sent: something on the way "
	    "rewrites text", fix_firewall },
	{ PROBE_GENUINE | PROBE_AGAIN, 400, 400, HOOKCASK, PROBE_FAULT,
	    "hookcask did not get the three svix- headers once each: "
	    "something on the way drops or doubles them", fix_headers },
	{ ANY_CASE, 404, 404, HOOKCASK, PROBE_FAULT,
	    "hookcask answers, but no endpoint has this path", fix_path },
	{ PROBE_TAKEN, 405, 405, HOOKCASK, PROBE_FAULT,
	    "POST reached hookcask as another method: something on the way "
	    "follows a redirect", probe_fix_redirect },
	{ PROBE_TAKEN, 413, 413, HOOKCASK, PROBE_FAULT,
	    "larger than max-body of hookcask itself", fix_max_body },
	{ ANY_CASE, 503, 503, HOOKCASK, PROBE_FAULT,
	    "hookcask runs, but its configuration or its store is at fault",
	    fix_store },

	/* programs in front of it */
	{ ANY_CASE, 401, 401, OTHERS, PROBE_FAULT,
	    "a login or another program refuses it, not hookcask: senders "
	    "know no password", fix_password },
	{ PROBE_TEXT, 403, 403, OTHERS, PROBE_FAULT,
	    "a firewall dislikes ordinary text (here: quotes, a script tag, "
	    "words of SQL, a path): events with such text are lost",
	    fix_firewall },
	{ PROBE_TEXT, 406, 406, OTHERS, PROBE_FAULT,
	    "a firewall (it looks like ModSecurity) dislikes ordinary text "
	    "(here: quotes, a script tag, words of SQL, a path): events with "
	    "such text are lost", fix_firewall },
	{ ANY_CASE, 403, 403, OTHERS, PROBE_FAULT,
	    "a firewall or an access rule refuses it before it gets to "
	    "hookcask",
	    fix_firewall },
	{ ANY_CASE, 406, 406, OTHERS, PROBE_FAULT,
	    "a firewall (it looks like ModSecurity) refuses it before it gets "
	    "to hookcask", fix_firewall },
	{ ANY_CASE, 404, 404, OTHERS, PROBE_FAULT,
	    "the web server has nothing at this URL", fix_handler },
	{ ANY_CASE, 405, 405, OTHERS, PROBE_FAULT,
	    "a file or another program is at this URL, which takes no POST",
	    fix_handler },
	{ PROBE_CHUNKED, 411, 411, OTHERS, PROBE_FAULT,
	    "the server takes no body without a length", fix_chunked },
	{ PROBE_CHUNKED, 400, 400, OTHERS, PROBE_FAULT,
	    "the server takes no chunked body", fix_chunked },
	{ PROBE_LARGE, 413, 413, OTHERS, PROBE_FAULT,
	    "over the web server's limit for bodies", fix_limit },
	{ ANY_CASE, 429, 429, OTHERS, PROBE_FAULT,
	    "a request limit: senders send in bursts", fix_rate },
	{ PROBE_LARGE, 500, 500, OTHERS, PROBE_FAULT,
	    "mod_fcgid answers 500 over FcgidMaxRequestLen, which is 131072 "
	    "bytes unless it is set", fix_fcgid },
	{ ANY_CASE, 500, 500, OTHERS, PROBE_FAULT,
	    "the web server could not run hookcask", fix_program },
	{ ANY_CASE, 502, 504, OTHERS, PROBE_FAULT,
	    "the web server does not reach hookcask: it is not started, or "
	    "listens on another socket", fix_program },
	{ ANY_CASE, 100, 999, ANYBODY, PROBE_FAULT,
	    "senders do not take this answer for success", fix_handler }
};

bool
probe_look_up(struct probe_finding *f, enum probe_case which, long status)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];

		if ((row->cases & which) == 0 || status < row->from ||
		    status > row->to || (row->who == HOOKCASK && !f->ours) ||
		    (row->who == OTHERS && f->ours))
			continue;
		f->verdict = row->verdict;
		f->meaning = row->meaning;
		f->fix = row->fix;
		return true;
	}
	return false;
}
