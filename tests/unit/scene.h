/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of what has one state from boot to power-off: every scene plays in a process of its
 * own, and a CHECK that fails ends it.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(cond)                                                                \
	do {                                                                       \
		if (!(cond)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			_exit(1);                                                  \
		}                                                                  \
	} while (0)

/* There when coverage is counted; a process that ends by _exit() has to say what it ran. */
__attribute__((weak)) void __gcov_dump(void);

struct scene {
	void (*play)(void);
};

static void in_a_child(void **state)
{
	const struct scene *scene = *state;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(60);
		scene->play();
		if (__gcov_dump)
			__gcov_dump();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* An entry of a table of struct CMUnitTest. */
#define SCENE(f)                                            \
	{                                                   \
#f, in_a_child, NULL, NULL, &(struct scene) \
		{                                           \
			f                                   \
		}                                           \
	}
