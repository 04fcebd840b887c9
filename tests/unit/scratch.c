/* SPDX-License-Identifier: ISC */
/* Makes scratch directories, files and events; whatever fails ends the test. */
#include <config.h>

#include <sys/wait.h>

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"

static char made[256];
static pid_t maker;

static void
remove_tree(const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", path, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void
clean_up(void)
{
	if (made[0] != '\0' && maker == getpid())
		remove_tree(made);
}

const char *
scratch_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(made, sizeof(made), "%s/hookcask.XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	ck_assert_ptr_nonnull(mkdtemp(made));
	maker = getpid();
	atexit(clean_up);
	return made;
}

void
scratch_remove(const char *dir, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	remove_tree(path);
}

void
scratch_write(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

size_t
scratch_read(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t len;

	ck_assert_msg(f != NULL, "%s cannot be read", path);
	len = fread(buf, 1, size, f);
	fclose(f);
	return len;
}

int
scratch_count(const char *dir, const char *name)
{
	struct dirent *d;
	char path[1024];
	int count = 0;
	DIR *stream;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	stream = opendir(path);
	ck_assert_msg(stream != NULL, "%s cannot be read", path);
	while ((d = readdir(stream)) != NULL)
		count += d->d_name[0] != '.';
	closedir(stream);
	return count;
}

void
scratch_event(struct event *e, const char *id, char *body, int64_t time)
{
	memset(e, 0, sizeof(*e));
	e->source = "test";
	e->id = (struct hookcask_span){ id, strlen(id) };
	e->signed_at = time;
	e->received_us = time * 1000000 + 123456;
	e->version = (struct hookcask_span){ "v1", 2 };
	e->signature = (struct hookcask_span){
		"g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 44 };
	strcpy(e->key, "1f3a9c04");
	e->body = (unsigned char *)body;
	e->body_len = strlen(body);
	e->is_json = json_scan(&e->scan, body, e->body_len, JSON_DEPTH_MAX);
	e->has_type = type_find(e->type, (struct hookcask_span){ body,
	    e->body_len }, NULL);
}
