/* SPDX-License-Identifier: ISC */
/*
 * Makes the parts of an endpoint that init has planned, and can remove what it
 * made.  Overwrites nothing.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "cli/host/files.h"
#include "cli/host/owner.h"
#include "cli/host/trusted.h"
#include "cli/sender/random.h"
#include "cli/setup/parts.h"
#include "cli/term/input.h"
#include "cli/term/prompt.h"
#include "config/keyring.h"
#include "config/vault.h"

static bool
check_secret(const struct input *in, const char *name, struct err *err)
{
	struct keyset set;

	if (!keyset_parse(&set, name, in->data, in->len, err))
		return false;
	keyset_wipe(&set);
	return true;
}

/* The owner of what is made; FILE_KEEP_OWNER: the present user. */
struct maker {
	unsigned	uid, gid;
};

/*
 * Where the user could plant a link, root's own rights would follow it: there
 * everything is made with the rights of that user, until owner_resume().
 */
static bool
act_for(const struct plan *plan, const char *path, struct maker *maker,
    struct err *err)
{
	maker->uid = plan->uid;
	maker->gid = plan->gid;
	if (plan->uid == FILE_KEEP_OWNER || trusted_path(path, 0))
		return true;
	maker->uid = maker->gid = FILE_KEEP_OWNER;
	return owner_act_as(plan->uid, plan->gid, err);
}

/* In a directory of root the secret stays root's, for the user's group. */
static bool
write_secret(struct parts *parts, const struct plan *plan,
    const struct input *text, struct err *err)
{
	struct maker maker;
	struct new_file file;
	bool done;

	if (!act_for(plan, plan->secret_file, &maker, err))
		return false;
	file = (struct new_file){ plan->secret_file,
	    maker.uid != FILE_KEEP_OWNER ? 0640 : 0600, FILE_KEEP_OWNER,
	    maker.gid, text->data, text->len };
	done = file_create(&file, err);
	owner_resume();
	if (done) {
		printf("made   %s (%s)\n", plan->secret_file,
		    parts->fresh ? "a fresh secret" :
		    "the secret you gave");
		parts->made |= PART_SECRET;
	}
	return done;
}

static bool
take_secret(struct parts *parts, const struct plan *plan, struct err *err)
{
	struct input in = { NULL, 0, 0 };
	bool done = prompt_secret(&in, err) &&
	    check_secret(&in, "standard input", err) &&
	    write_secret(parts, plan, &in, err);

	input_wipe(&in);
	return done;
}

/* An existing file is used as it is. */
static bool
make_secret(struct parts *parts, const struct plan *plan, struct err *err)
{
	char *secret;
	struct maker maker;
	struct input in;
	bool done;

	parts->fresh = access(plan->secret_file, F_OK) != 0;
	if (!parts->fresh) {
		if (!act_for(plan, plan->secret_file, &maker, err))
			return false;
		done = input_read(&in, plan->secret_file, INPUT_SECRET_MAX,
		    err);
		owner_resume();
		done = done && check_secret(&in, plan->secret_file, err);
		if (done)
			printf("found  %s\n", plan->secret_file);
		input_wipe(&in);
		return done;
	}
	secret = random_secret(err);
	if (secret == NULL)
		return false;
	in = (struct input){ secret, SECRET_LINE, 0 };
	done = write_secret(parts, plan, &in, err);
	vault_text_free(secret);
	return done;
}

static bool
make_directory(struct parts *parts, const char *path,
    const struct plan *plan, enum part part, struct err *err)
{
	bool owned = part != PART_CONFIG_ROOM;
	struct maker maker;
	bool done, made;

	if (path == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	if (!act_for(plan, path, &maker, err))
		return false;
	if (!owned)
		maker.uid = maker.gid = FILE_KEEP_OWNER;
	else if (maker.uid == FILE_KEEP_OWNER)
		maker.uid = geteuid();
	done = directory_create(path, maker.uid, maker.gid, &made, err);
	owner_resume();
	if (done && made) {
		printf("made   %s/\n", path);
		parts->made |= part;
	}
	return done;
}

/* Makes the directory of a file that will be made. */
static bool
make_room(struct parts *parts, const char *file, const struct plan *plan,
    enum part part, struct err *err)
{
	char *dir = path_directory(file);
	bool done = make_directory(parts, dir, plan, part, err);

	free(dir);
	return done;
}

static bool
make_config(struct parts *parts, const struct plan *plan, struct err *err)
{
	char *text = plan_text(plan);
	struct maker maker;
	struct new_file file;
	bool done;

	if (text == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	done = act_for(plan, plan->config, &maker, err);
	/* it holds no secret, and other users must read root's */
	file = (struct new_file){ plan->config,
	    geteuid() == 0 ? 0644 : 0600, FILE_KEEP_OWNER, FILE_KEEP_OWNER,
	    text, strlen(text) };
	done = done && file_create(&file, err);
	owner_resume();
	if (done) {
		printf("made   %s\n", plan->config);
		parts->made |= PART_CONFIG;
	}
	free(text);
	return done;
}

bool
parts_make(struct parts *parts, const struct plan *plan, bool paste,
    struct err *err)
{
	char *dir = plan_directory(plan);
	bool done;

	memset(parts, 0, sizeof(*parts));
	done = make_directory(parts, dir, plan, PART_STORE, err) &&
	    make_room(parts, plan->config, plan, PART_CONFIG_ROOM, err) &&
	    make_room(parts, plan->secret_file, plan, PART_SECRET_ROOM,
	    err) && (paste ? take_secret(parts, plan, err) :
	    make_secret(parts, plan, err)) &&
	    make_config(parts, plan, err);
	free(dir);
	return done;
}

/* With the user's rights where the user may have put a link meanwhile. */
static void
take_away(const struct parts *parts, const struct plan *plan,
    enum part part, const char *path)
{
	struct err none = ERR_INIT;
	struct maker maker;
	char *room;

	if ((parts->made & part) == 0 || path == NULL ||
	    (room = path_directory(path)) == NULL)
		return;
	if (act_for(plan, room, &maker, &none) && remove(path) == 0)
		printf("undone %s\n", path);
	owner_resume();
	free(room);
}

void
parts_unmake(const struct parts *parts, const struct plan *plan)
{
	char *store = plan_directory(plan);
	char *secret_room = path_directory(plan->secret_file);
	char *config_room = path_directory(plan->config);

	take_away(parts, plan, PART_CONFIG, plan->config);
	take_away(parts, plan, PART_SECRET, plan->secret_file);
	take_away(parts, plan, PART_SECRET_ROOM, secret_room);
	take_away(parts, plan, PART_CONFIG_ROOM, config_room);
	take_away(parts, plan, PART_STORE, store);
	free(config_room);
	free(secret_room);
	free(store);
}
