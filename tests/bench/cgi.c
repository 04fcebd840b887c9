/* SPDX-License-Identifier: ISC */
/*
 * Plain CGI, from exec to the end: programs that keep a signed delivery
 * against null_cgi, a C program that reads the body, appends it, syncs once
 * and answers; in turn, so that all see the same machine.  Prints microseconds
 * a request, of null_cgi and of each other; a line a round.  php-cgi runs
 * DIRECTORY/b1.php.
 * usage: cgi DIRECTORY REQUESTS NULL_CGI PROGRAM ...
 */
#include <config.h>

#include <sys/wait.h>

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hookcask.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define BODY_SIZE 1500
#define ROUNDS 5

static char body[BODY_SIZE + 1];

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* One request; false if the answer is not 200. */
static bool
request(char *const *argv, char *const *env)
{
	posix_spawn_file_actions_t actions;
	char reply[1024];
	int in[2], out[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		die("pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	if (posix_spawn(&pid, argv[0], &actions, NULL, argv, env) != 0)
		die(argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(out[1]);
	if (write(in[1], body, BODY_SIZE) != BODY_SIZE)
		die("write");
	close(in[1]);
	n = read(out[0], reply, sizeof(reply) - 1);
	reply[n > 0 ? n : 0] = '\0';
	close(out[0]);
	waitpid(pid, &status, 0);
	/* PHP names no status if it is 200 */
	return status == 0 && n > 0 && (strncmp(reply, "Status: ", 8) != 0 ||
	    strncmp(reply, "Status: 200", 11) == 0);
}

static double
run_null(char *program, char *dir, int count)
{
	char *argv[] = { program, dir, NULL };
	char *env[] = { NULL };
	double start = now();

	for (int i = 0; i < count; i++)
		if (!request(argv, env))
			die(program);
	return (now() - start) / count;
}

static double
run_program(char *program, const char *dir, int count)
{
	static long number;
	char id[64], timestamp[64], signature[128], log[512], length[32];
	char script[512], place[512];
	char signed_text[HOOKCASK_SIGNATURE_SIZE];
	char *argv[] = { program, NULL };
	char *env[] = { (char *)(uintptr_t)"GATEWAY_INTERFACE=CGI/1.1",
		(char *)(uintptr_t)"REQUEST_METHOD=POST",
		(char *)(uintptr_t)"SCRIPT_NAME=/b1.php",
		(char *)(uintptr_t)"REDIRECT_STATUS=200", script, place,
		(char *)(uintptr_t)"BENCH_SECRET=" SECRET,
		(char *)(uintptr_t)"HOOKCASK_SECRET=" SECRET, log, length, id,
		timestamp, signature, NULL };
	struct hookcask_span span = { body, BODY_SIZE };
	struct hookcask_key key;
	double start;

	if (hookcask_key_init(&key, SECRET, strlen(SECRET)) != HOOKCASK_OK)
		exit(1);
	snprintf(log, sizeof(log), "HOOKCASK_LOG=%s/log", dir);
	snprintf(script, sizeof(script), "SCRIPT_FILENAME=%s/b1.php", dir);
	snprintf(place, sizeof(place), "BENCH_DIR=%s", dir);
	snprintf(length, sizeof(length), "CONTENT_LENGTH=%d", BODY_SIZE);
	start = now();
	for (int i = 0; i < count; i++) {
		long at = (long)time(NULL);
		struct hookcask_span text;

		snprintf(id, sizeof(id), "HTTP_SVIX_ID=msg_%ld_%024ld",
		    (long)getpid(), ++number);
		text.data = id + strlen("HTTP_SVIX_ID=");
		text.len = strlen(text.data);
		snprintf(timestamp, sizeof(timestamp),
		    "HTTP_SVIX_TIMESTAMP=%ld", at);
		if (hookcask_sign(&key, text, at, &span, 1, signed_text) !=
		    HOOKCASK_OK)
			exit(1);
		snprintf(signature, sizeof(signature),
		    "HTTP_SVIX_SIGNATURE=%s", signed_text);
		if (!request(argv, env))
			die(program);
	}
	return (now() - start) / count;
}

int
main(int argc, char **argv)
{
	int count;

	if (argc < 5 || (count = atoi(argv[2])) < 1) {
		fprintf(stderr, "usage: cgi DIRECTORY REQUESTS NULL_CGI "
		    "PROGRAM ...\n");
		return 64;
	}
	memset(body, 'x', BODY_SIZE);
	memcpy(body, "{\"type\":\"a.b\",\"x\":\"", 19);
	memcpy(body + BODY_SIZE - 2, "\"}", 2);
	for (int i = 0; i < ROUNDS; i++) {
		printf("%.0f", run_null(argv[3], argv[1], count));
		for (int j = 4; j < argc; j++)
			printf("\t%.0f", run_program(argv[j], argv[1], count));
		putchar('\n');
	}
	return 0;
}
