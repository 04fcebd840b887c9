/* SPDX-License-Identifier: ISC */
/*
 * Prints usage texts from the tables of verbs and options, which are the only
 * source of them.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "cli/verb/usage.h"
#include "cli/verb/verb.h"

static const struct option option_help = OPTION_HELP;

static int
option_width(const struct option *option)
{
	size_t len = strlen(option->name);

	if (option->value != NULL)
		len += 1 + strlen(option->value);
	return (int)len;
}

static void
print_option(const struct option *option, int width)
{
	if (option->letter != 0)
		printf("  -%c, ", option->letter);
	else
		printf("      ");
	printf("--%s%s%s%*s  %s\n", option->name,
	    option->value == NULL ? "" : " ",
	    option->value == NULL ? "" : option->value,
	    width - option_width(option), "", option->help);
}

void
usage_verb(const struct verb *verb)
{
	int width = option_width(&option_help);

	printf("usage: hookcask %s [options]%s%s\n       %s\n\n", verb->name,
	    verb->operands[0] == '\0' ? "" : " ", verb->operands,
	    verb->summary);
	for (const struct option *o = verb->options; o->name != NULL; o++)
		if (option_width(o) > width)
			width = option_width(o);
	for (const struct option *o = verb->options; o->name != NULL; o++)
		print_option(o, width);
	print_option(&option_help, width);
	printf("\nManual: hookcask-%s(1)\n", verb->name);
}

void
usage_all(const struct verb *const *verbs)
{
	static const char *const headings[GROUP_END] = {
		[GROUP_SET_UP] = "set up",
		[GROUP_BY_HAND] = "sign and verify by hand",
		[GROUP_LOOK] = "look at what is stored",
		[GROUP_BATCH] = "process it in batches",
		[GROUP_KEEP] = "keep a store in order",
	};

	printf("usage: hookcask VERB [options] [arguments]\n"
	    "       hookcask help [VERB]\n"
	    "       hookcask --version\n");
	for (int group = 0; group < GROUP_END; group++) {
		bool opened = false;

		for (int i = 0; verbs[i] != NULL; i++) {
			if ((int)verbs[i]->group != group)
				continue;
			if (!opened)
				printf("\n%s:\n", headings[group]);
			opened = true;
			printf("  %-8s  %s\n", verbs[i]->name,
			    verbs[i]->summary);
		}
	}
	printf("\nManual: hookcask(1)\n");
}
