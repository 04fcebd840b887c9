/* SPDX-License-Identifier: ISC */
/* Each unit test is one program: a Check suite that speaks TAP. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

/* main() for a file that has added its test cases to one suite. */
#define UNIT_MAIN(name, ...)						\
	int								\
	main(void)							\
	{								\
		Suite *suite = suite_create(name);			\
		TCase *tcase = tcase_create(name);			\
		const TTest *const tests[] = { __VA_ARGS__ };		\
		SRunner *runner;					\
		int failed;						\
									\
		for (size_t i = 0; i < sizeof(tests) / sizeof(*tests);	\
		    i++)						\
			tcase_add_test(tcase, tests[i]);		\
		tcase_set_timeout(tcase, 120);				\
		suite_add_tcase(suite, tcase);				\
		runner = srunner_create(suite);				\
		srunner_run_all(runner, CK_ENV);			\
		failed = srunner_ntests_failed(runner);			\
		srunner_free(runner);					\
		return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;	\
	}
#endif
