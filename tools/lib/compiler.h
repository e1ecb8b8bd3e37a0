/* SPDX-License-Identifier: GPL-2.0 */
/* Macros that the kernel's tools call by the same names. */
#ifndef PUG_COMPILER_H
#define PUG_COMPILER_H

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define __noreturn	__attribute__((noreturn))
#define __printf(a, b)	__attribute__((format(printf, a, b)))

#endif /* PUG_COMPILER_H */
