/* SPDX-License-Identifier: ISC */
/*
 * Prints completion scripts from the table of verbs.  The build runs this and
 * installs its output; there is no other list of verbs and options.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "cli/verb/completion.h"
#include "cli/verb/verb.h"

static const struct option option_help = OPTION_HELP;

/* Is its value the name of a file? */
static bool
is_file(const char *value)
{
	return value != NULL && (strstr(value, "FILE") != NULL ||
	    strstr(value, "DIR") != NULL || strstr(value, "CMD") != NULL);
}

/* The i-th option, --help after all others; NULL: no more. */
static const struct option *
option_at(const struct verb *verb, int i)
{
	for (int n = 0;; n++) {
		if (verb->options[n].name == NULL)
			return n == i ? &option_help : NULL;
		if (n == i)
			return &verb->options[n];
	}
}

/* Text within single quotes; before: characters that get a backslash. */
static void
put_quoted(const char *text, const char *before)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else if (strchr(before, *text) != NULL)
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

/* -- bash -- */

static void
bash_list(const struct verb *verb, const char *name,
    bool (*wanted)(const struct option *))
{
	const struct option *o;
	const char *blank = "";

	printf("        %s='", name);
	for (int i = 0; (o = option_at(verb, i)) != NULL; i++) {
		if (!wanted(o))
			continue;
		printf("%s--%s", blank, o->name);
		blank = " ";
		if (o->letter != 0)
			printf(" -%c", o->letter);
	}
	puts("'");
}

static bool
any(const struct option *o)
{
	return o != NULL;
}

static bool
takes_file(const struct option *o)
{
	return is_file(o->value);
}

static bool
is_endpoint(const struct option *o)
{
	return strcmp(o->name, "endpoint") == 0;
}

static bool
takes_other(const struct option *o)
{
	return o->value != NULL && !is_file(o->value) && !is_endpoint(o);
}

/* What the verb names, and the literal words of "[list | show] [ID ...]". */
static void
put_words(const struct verb *verb)
{
	const char *blank = "", *operands = verb->operands, *word;

	for (size_t i = 0; verb->word_at != NULL &&
	    (word = verb->word_at(NULL, i)) != NULL; i++) {
		printf("%s%s", blank, word);
		blank = " ";
	}
	if (verb->word_at != NULL)
		return;
	for (const char *p = operands; *p != '\0';) {
		size_t len = strspn(p, "abcdefghijklmnopqrstuvwxyz");

		if (len > 1) {
			printf("%s%.*s", blank, (int)len, p);
			blank = " ";
		}
		p += len == 0 ? 1 : len;
	}
}

static void
bash_verb(const struct verb *verb)
{
	printf("    %s)\n", verb->name);
	bash_list(verb, "options", any);
	bash_list(verb, "files", takes_file);
	bash_list(verb, "others", takes_other);
	printf("        words='");
	put_words(verb);
	printf("'\n        operands='%s'\n        ;;\n",
	    is_file(verb->operands) && verb->word_at == NULL ? "file" : "");
}

static void
bash(const struct verb *const *verbs)
{
	puts("# bash completion of hookcask, made from its table of verbs\n"
	    "# shellcheck shell=bash\n"
	    "# into words: the endpoints of the configuration\n"
	    "_hookcask_endpoints() {\n"
	    "    local i conf=()\n"
	    "    for ((i = 2; i + 1 < COMP_CWORD; i++)); do\n"
	    "        case ${COMP_WORDS[i]} in\n"
	    "        -c | --config) conf=(\"${COMP_WORDS[i + 1]}\") ;;\n"
	    "        esac\n"
	    "    done\n"
	    "    words=$(\"${COMP_WORDS[0]}\" help --endpoints "
	    "\"${conf[@]}\" 2>/dev/null)\n"
	    "}\n"
	    "_hookcask() {\n"
	    "    local cur=${COMP_WORDS[COMP_CWORD]} verbs options files "
	    "others words\n"
	    "    local prev=${COMP_WORDS[COMP_CWORD - 1]} operands\n"
	    "    COMPREPLY=()");
	printf("    verbs='");
	for (int i = 0; verbs[i] != NULL; i++)
		printf("%s ", verbs[i]->name);
	puts("help'\n"
	    "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	    "        mapfile -t COMPREPLY < <(compgen -W \"$verbs --version\" "
	    "-- \"$cur\")\n"
	    "        return\n"
	    "    fi\n"
	    "    case ${COMP_WORDS[1]} in\n"
	    "    help) words=$verbs ;;");
	for (int i = 0; verbs[i] != NULL; i++)
		bash_verb(verbs[i]);
	puts("    *) return ;;\n"
	    "    esac\n"
	    "    if [[ \" $others \" == *\" $prev \"* ]]; then\n"
	    "        return\n"
	    "    elif [[ $prev == -e || $prev == --endpoint ]]; then\n"
	    "        _hookcask_endpoints\n"
	    "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
	    "\"$cur\")\n"
	    "        return\n"
	    "    elif [[ \" $files \" == *\" $prev \"* ]]; then\n"
	    "        operands='file' words=\n"
	    "    elif [[ $cur == -* ]]; then\n"
	    "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- "
	    "\"$cur\")\n"
	    "        return\n"
	    "    fi\n"
	    "    if [ -n \"$words\" ]; then\n"
	    "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
	    "\"$cur\")\n"
	    "    fi\n"
	    "    if [ -n \"$operands\" ]; then\n"
	    "        compopt -o filenames 2>/dev/null\n"
	    "        mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < "
	    "<(compgen -f -- \"$cur\")\n"
	    "    fi\n"
	    "}\n"
	    "complete -F _hookcask hookcask");
}

/* -- zsh -- */

static void
zsh_option(const struct option *o)
{
	const char *equals = o->value == NULL ? "" : "=";

	if (o->letter != 0)
		printf("            '(-%c --%s)'{-%c%s,--%s%s}'[", o->letter,
		    o->name, o->letter, o->value == NULL ? "" : "+", o->name,
		    equals);
	else
		printf("            '--%s%s[", o->name, equals);
	put_quoted(o->help, "[]\\");
	putchar(']');
	if (o->value != NULL) {
		putchar(':');
		put_quoted(o->value, ":\\");
		printf(":%s", is_file(o->value) ? "_files" :
		    is_endpoint(o) ? "{_hookcask_endpoints}" : " ");
	}
	puts("' \\");
}

static void
zsh_verb(const struct verb *verb)
{
	const struct option *o;

	printf("    %s)\n        _arguments -s -S \\\n", verb->name);
	for (int i = 0; (o = option_at(verb, i)) != NULL; i++)
		zsh_option(o);
	if (verb->word_at != NULL) {
		printf("            '1: :(");
		put_words(verb);
		puts(")' \\");
	}
	printf("            '*: :%s'\n        ;;\n",
	    is_file(verb->operands) && verb->word_at == NULL ? "_files" : " ");
}

static void
zsh(const struct verb *const *verbs)
{
	puts("#compdef hookcask\n"
	    "# zsh completion of hookcask, made from its table of verbs\n"
	    "_hookcask_endpoints() {\n"
	    "    local conf=${opt_args[-c]:-${opt_args[--config]}}\n"
	    "    compadd -- ${(f)\"$(hookcask help --endpoints ${conf:+$conf} "
	    "2>/dev/null)\"}\n"
	    "}\n"
	    "_hookcask() {\n"
	    "    local -a verbs\n"
	    "    verbs=(");
	for (int i = 0; verbs[i] != NULL; i++) {
		printf("        '%s:", verbs[i]->name);
		put_quoted(verbs[i]->summary, "\\");
		puts("'");
	}
	puts("        'help:print the options of a verb'\n"
	    "    )\n"
	    "    if (( CURRENT == 2 )) || [[ ${words[2]} == help ]]; then\n"
	    "        _describe verb verbs\n"
	    "        return\n"
	    "    fi\n"
	    "    shift words\n"
	    "    (( CURRENT-- ))\n"
	    "    case ${words[1]} in");
	for (int i = 0; verbs[i] != NULL; i++)
		zsh_verb(verbs[i]);
	puts("    esac\n"
	    "}\n"
	    "_hookcask \"$@\"");
}

/* -- fish -- */

static void
fish_verb(const struct verb *verb)
{
	const struct option *o;

	printf("complete -c hookcask -n __fish_use_subcommand -a %s -d '",
	    verb->name);
	put_quoted(verb->summary, "\\");
	puts("'");
	if (verb->word_at != NULL) {
		printf("complete -c hookcask -n '__fish_seen_subcommand_from "
		    "%s' -a '", verb->name);
		put_words(verb);
		puts("'");
	} else if (is_file(verb->operands))
		printf("complete -c hookcask -n '__fish_seen_subcommand_from "
		    "%s' -F\n", verb->name);
	for (int i = 0; (o = option_at(verb, i)) != NULL; i++) {
		printf("complete -c hookcask -n '__fish_seen_subcommand_from "
		    "%s'", verb->name);
		if (o->letter != 0)
			printf(" -s %c", o->letter);
		printf(" -l %s%s -d '", o->name, o->value == NULL ? "" :
		    is_file(o->value) ? " -r -F" : is_endpoint(o) ?
		    " -x -a '(hookcask help --endpoints 2>/dev/null)'" : " -x");
		put_quoted(o->help, "\\");
		puts("'");
	}
}

static void
fish(const struct verb *const *verbs)
{
	puts("# fish completion of hookcask, made from its table of verbs\n"
	    "complete -c hookcask -f\n"
	    "complete -c hookcask -n __fish_use_subcommand -a help -d "
	    "'print the options of a verb'");
	for (int i = 0; verbs[i] != NULL; i++)
		fish_verb(verbs[i]);
}

bool
completion_print(const char *shell, const struct verb *const *verbs,
    struct err *err)
{
	static const struct {
		const char *name;
		void (*print)(const struct verb *const *);
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++)
		if (strcmp(shells[i].name, shell) == 0) {
			shells[i].print(verbs);
			return true;
		}
	return err_set(err, OUTCOME_USAGE,
	    "help --completion %s: not one of bash, zsh, fish", shell);
}
