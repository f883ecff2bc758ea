/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * e2e_kill SIGNAL MICROSECONDS COMMAND...: runs it, with no signal ignored, and
 * sends SIGNAL (a number) after that time; 0: never. Its output goes where ours
 * goes. Says "STATUS MICROSECONDS" on descriptor 3: 128 + N when signal N ended
 * it, and how long it took.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static pid_t start(char **command)
{
	pid_t child = fork();
	sigset_t none;

	if (child)
		return child;
	/* The shell has those of its background jobs ignore some. */
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close(3);
	execvp(*command, command);
	perror(*command);
	_exit(127);
}

/* Until @until_ns, or its end. */
static void await(pid_t child, long long until_ns)
{
	struct pollfd fd = { .events = POLLIN };
	long long left_ns;

	fd.fd = (int)syscall(SYS_pidfd_open, child, 0);
	while ((left_ns = until_ns - now_ns()) > 0) {
		const struct timespec wait = {
			.tv_sec = left_ns / 1000000000,
			.tv_nsec = left_ns % 1000000000,
		};

		if (ppoll(&fd, 1, &wait, NULL) > 0)
			break;
	}
	close(fd.fd);
}

int main(int argc, char **argv)
{
	long long begin = now_ns(), after_ns;
	int status, number;
	pid_t child;

	if (argc < 4)
		return 2;
	number = atoi(argv[1]);
	after_ns = atoll(argv[2]) * 1000;
	child = start(argv + 3);
	if (child < 0)
		return 1;
	if (after_ns) {
		await(child, begin + after_ns);
		kill(child, number);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	dprintf(3, "%d %lld\n",
		WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				      WEXITSTATUS(status),
		(now_ns() - begin) / 1000);
	return 0;
}
