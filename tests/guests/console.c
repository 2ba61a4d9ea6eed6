/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console of a test guest: whole lines out, keys in. Nothing is echoed.
 */
#include <inmate/inmate.h>

#include <base/fmt.h>

static struct lock console_lock;

void say(const char *format, ...)
{
	char line[240];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	lock_take(&console_lock);
	for (const char *p = line; *p; p++)
		uart_put(*p);
	uart_put('\r');
	uart_put('\n');
	lock_give(&console_lock);
}

char key_wait(void)
{
	char c;

	uart_listen(true);
	while (!uart_get(&c))
		uart_wait();
	uart_listen(false);
	return c;
}

void line_read(char *buf, size_t size)
{
	size_t n = 0;
	char c;

	while ((c = key_wait()) != '\n' && c != '\r') {
		if (n + 1 < size)
			buf[n++] = c;
	}
	buf[n] = 0;
}
