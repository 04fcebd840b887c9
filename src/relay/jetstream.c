/* SPDX-License-Identifier: ISC */
/*
 * Connects to NATS once.  A lost connection ends the program; the next one asks
 * the stream what has arrived.  Over a network, TLS that verifies the server is
 * required, and a password is never an argument.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "relay/jetstream.h"
#include "relay/loopback.h"

#define CONNECT_MS	5000
#define PENDING_MAX	(1 << 20)	/* drain hands over fewer */
#define SERVERS_MAX	16

struct servers {
	char	*text;			/* a copy of the URL, cut up */
	char	 each[SERVERS_MAX][300];
	int	 count;
	bool	 secure;
};

bool
jetstream_fail(struct err *err, const char *what, natsStatus s)
{
	const char *more = nats_GetLastError(NULL);

	return err_set(err, OUTCOME_TRY_AGAIN, "%s: %s%s%s", what,
	    natsStatus_GetText(s), more == NULL || more[0] == '\0' ? "" :
	    ", ", more == NULL ? "" : more);
}

void
jetstream_subject(const struct jetstream *j, char to[JETSTREAM_SUBJECT_MAX],
    const char *kind, const char *type)
{
	snprintf(to, JETSTREAM_SUBJECT_MAX, "%s%s.%s.%s", j->stream, kind,
	    j->endpoint, type);
}

/* "[::1]:4222" without its port. */
static bool
is_local(const char *server)
{
	size_t len = strcspn(server, server[0] == '[' ? "]" : ":");
	char host[256];

	snprintf(host, sizeof(host), "%.*s", (int)(len + (server[0] == '[')),
	    server);
	return loopback_is(host);
}

static bool
read_url(struct servers *servers, char stream[64], const char *url,
    struct err *err)
{
	char *each, *rest, *slash;
	size_t scheme = strncmp(url, "nats://", 7) == 0 ? 7 :
	    strncmp(url, "tls://", 6) == 0 ? 6 : 0;

	slash = scheme == 0 ? NULL : strchr(servers->text + scheme, '/');
	if (slash == NULL || slash == servers->text + scheme ||
	    slash[1] == '\0' || strlen(slash + 1) > 50 ||
	    slash[1 + strspn(slash + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_-")] != '\0')
		return err_set(err, OUTCOME_USAGE, "%s: not "
		    "nats://HOST[:PORT][,HOST...]/STREAM; a stream's name is "
		    "of A-Z, a-z, 0-9, _ and -, up to 50", url);
	strcpy(stream, slash + 1);
	*slash = '\0';
	servers->secure = url[0] == 't';
	for (rest = servers->text + scheme;
	    (each = strsep(&rest, ",")) != NULL;) {
		if (servers->count == SERVERS_MAX || strlen(each) > 255)
			return err_set(err, OUTCOME_USAGE, "too many servers, "
			    "or too long a name");
		servers->secure = servers->secure || !is_local(each);
		snprintf(servers->each[servers->count++],
		    sizeof(servers->each[0]), "nats://%s", each);
	}
	return true;
}

/* "USER:PASSWORD" on the first line. */
static natsStatus
take_password(natsOptions *options, const char *path, struct err *err)
{
	char text[512] = "", *colon;
	FILE *file = fopen(path, "r");
	natsStatus s = NATS_ERR;

	if (file == NULL || fgets(text, sizeof(text), file) == NULL ||
	    (colon = strchr(text, ':')) == NULL) {
		err_set(err, OUTCOME_USAGE, "%s: %s", path, file == NULL ?
		    strerror(errno) : "no line USER:PASSWORD");
	} else {
		text[strcspn(text, "\r\n")] = '\0';
		*colon = '\0';
		s = natsOptions_SetUserInfo(options, text, colon + 1);
	}
	if (file != NULL)
		fclose(file);
	wipe(text, sizeof(text));
	return s;
}

static natsStatus
set_options(natsOptions *o, const struct servers *servers,
    const struct jetstream_where *where, struct err *err)
{
	const char *each[SERVERS_MAX];
	natsStatus s;

	for (int i = 0; i < servers->count; i++)
		each[i] = servers->each[i];
	s = natsOptions_SetServers(o, each, servers->count);
	if (s == NATS_OK)
		s = natsOptions_SetTimeout(o, CONNECT_MS);
	if (s == NATS_OK)
		s = natsOptions_SetAllowReconnect(o, false);
	if (s == NATS_OK)
		s = natsOptions_SetName(o, "hookcask");
	if (s == NATS_OK && servers->secure)
		s = natsOptions_SetSecure(o, true);
	if (s == NATS_OK && where->ca != NULL)
		s = natsOptions_LoadCATrustedCertificates(o, where->ca);
	if (s == NATS_OK && where->cert != NULL)
		s = natsOptions_LoadCertificatesChain(o, where->cert,
		    where->key);
	if (s == NATS_OK && where->creds != NULL)
		s = natsOptions_SetUserCredentialsFromFiles(o, where->creds,
		    NULL);
	if (s == NATS_OK && where->password != NULL)
		s = take_password(o, where->password, err);
	return s;
}

static bool
connect_all(struct jetstream *j, const struct servers *servers,
    const struct jetstream_where *where, jsPubAckHandler acked,
    struct err *err)
{
	natsOptions *options = NULL;
	natsStatus s = natsOptions_Create(&options);
	jsOptions js;

	if (s == NATS_OK)
		s = set_options(options, servers, where, err);
	if (s == NATS_OK)
		s = natsConnection_Connect(&j->conn, options);
	natsOptions_Destroy(options);
	if (s == NATS_OK)
		s = jsOptions_Init(&js);
	if (s == NATS_OK) {
		js.PublishAsync.MaxPending = PENDING_MAX;
		js.PublishAsync.AckHandler = acked;
		js.PublishAsync.AckHandlerClosure = j;
		s = natsConnection_JetStream(&j->js, j->conn, &js);
	}
	return s == NATS_OK || jetstream_fail(err, where->url, s);
}

bool
jetstream_open(struct jetstream *j, const struct jetstream_where *where,
    jsPubAckHandler acked, struct err *err)
{
	struct servers servers = { .text = strdup(where->url) };
	bool ok;

	if (servers.text == NULL)
		return err_set(err, OUTCOME_TRY_AGAIN, "no memory");
	if (strchr(where->url, '@') != NULL)
		ok = err_set(err, OUTCOME_USAGE, "everybody can see a "
		    "password in an argument; put it into a file for "
		    "--creds or --password-file");
	else
		ok = read_url(&servers, j->stream, where->url, err) &&
		    connect_all(j, &servers, where, acked, err);
	free(servers.text);
	return ok;
}

void
jetstream_close(struct jetstream *j)
{
	/* its thread makes no further call */
	natsConnection_Close(j->conn);
	jsCtx_Destroy(j->js);
	natsConnection_Destroy(j->conn);
	free(j->sent);
	known_free(&j->known);
	nats_Close();
}
