/* SPDX-License-Identifier: ISC */
/* What sandbox_rights.c takes of FreeBSD's header, where there is none. */
#ifndef TESTS_CAPSICUM_H
#define TESTS_CAPSICUM_H

#define cap_rights_t	struct cap_rights
struct cap_rights {
	unsigned long long	 bits;
};

#define CAP_READ		(1ULL << 0)
#define CAP_WRITE		(1ULL << 1)
#define CAP_SEEK		(1ULL << 2)
#define CAP_CREATE		(1ULL << 3)
#define CAP_FTRUNCATE		(1ULL << 4)
#define CAP_FSYNC		(1ULL << 5)
#define CAP_FSTAT		(1ULL << 6)
#define CAP_FSTATFS		(1ULL << 7)
#define CAP_FCHMOD		(1ULL << 8)
#define CAP_FCNTL		(1ULL << 9)
#define CAP_FLOCK		(1ULL << 10)
#define CAP_LOOKUP		(1ULL << 11)
#define CAP_MKDIRAT		(1ULL << 12)
#define CAP_MKFIFOAT		(1ULL << 21)
#define CAP_RENAMEAT_SOURCE	(1ULL << 13)
#define CAP_RENAMEAT_TARGET	(1ULL << 14)
#define CAP_UNLINKAT		(1ULL << 15)
#define CAP_ACCEPT		(1ULL << 16)
#define CAP_EVENT		(1ULL << 17)
#define CAP_GETSOCKOPT		(1ULL << 18)
#define CAP_SETSOCKOPT		(1ULL << 19)
#define CAP_SHUTDOWN		(1ULL << 20)

/* As there: a macro that ends the list. */
#define cap_rights_init(...)	rights_init(__VA_ARGS__, 0ULL)
cap_rights_t	*rights_init(cap_rights_t *, ...);
int		 cap_rights_limit(int fd, const cap_rights_t *);

#endif
