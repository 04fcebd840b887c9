/* SPDX-License-Identifier: ISC */
/*
 * IS_SANITIZED: is this a build with AddressSanitizer, which reads /proc and
 * starts a process that traces this one?
 *
 * No .c: only a macro.
 */
#ifndef BASE_SANITIZED_H
#define BASE_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED	true
#elif defined(__has_feature)	/* clang */
#if __has_feature(address_sanitizer)
#define IS_SANITIZED	true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED	false
#endif

#endif
