# SPDX-License-Identifier: Apache-2.0
# What configure asks of the machine. Each macro sets what it names by
# AC_SUBST, or ends configure with the name of what is missing.

# NPIE_HTTPD: APXS, HTTPD, HTTPD_INCLUDEDIR, moduledir.
AC_DEFUN([NPIE_HTTPD], [
AC_ARG_WITH([apxs],
  [AS_HELP_STRING([--with-apxs=PATH], [use this apxs, of the httpd to build for])],
  [APXS=$withval],
  [AC_PATH_PROGS([APXS], [apxs apxs2])])
AS_IF([test -z "$APXS" || ! test -x "$APXS"],
  [AC_MSG_ERROR([apxs not found: install httpd's development files (Debian: apache2-dev) or give --with-apxs=PATH])])
AC_SUBST([APXS])
HTTPD_INCLUDEDIR=$($APXS -q INCLUDEDIR)
AC_ARG_WITH([moduledir],
  [AS_HELP_STRING([--with-moduledir=DIR], [install mod_npie.so into DIR @<:@apxs -q LIBEXECDIR@:>@])],
  [moduledir=$withval], [moduledir=$($APXS -q LIBEXECDIR)])
AC_SUBST([HTTPD_INCLUDEDIR])
AC_SUBST([moduledir])
AC_PATH_PROGS([HTTPD], [httpd apache2], [], [$($APXS -q SBINDIR):$PATH:/usr/sbin])
AC_SUBST([HTTPD])
])

# NPIE_MOD_SSL: HAVE_MOD_SSL_OPENSSL_H. After NPIE_HTTPD, APR and SSL.
AC_DEFUN([NPIE_MOD_SSL], [
npie_cppflags=$CPPFLAGS
CPPFLAGS="$CPPFLAGS -I$HTTPD_INCLUDEDIR $APR_CFLAGS $SSL_CFLAGS"
AC_CHECK_HEADER([mod_ssl_openssl.h],
  [AC_DEFINE([HAVE_MOD_SSL_OPENSSL_H], [1], [mod_ssl lets us into its handshakes])],
  [AC_MSG_WARN([mod_ssl_openssl.h not found (Debian: apache2-ssl-dev): building without NPIETLSExpired])])
CPPFLAGS=$npie_cppflags
])

# NPIE_SECCOMP: SECCOMP_*, the condition HAVE_SECCOMP; demanded on Linux.
AC_DEFUN([NPIE_SECCOMP], [
AS_CASE([$host_os],
  [linux*], [PKG_CHECK_MODULES([SECCOMP], [libseccomp >= 2.5], [have_seccomp=yes])],
  [have_seccomp=no])
AM_CONDITIONAL([HAVE_SECCOMP], [test "$have_seccomp" = yes])
])

# NPIE_PKCS11: P11KIT_*, DL_LIBS, have_pkcs11, the condition HAVE_PKCS11.
AC_DEFUN([NPIE_PKCS11], [
AC_ARG_WITH([pkcs11],
  [AS_HELP_STRING([--without-pkcs11], [build without keys in PKCS#11 tokens @<:@auto@:>@])],
  [], [with_pkcs11=auto])
have_pkcs11=no
AS_IF([test "$with_pkcs11" != no],
  [PKG_CHECK_MODULES([P11KIT], [p11-kit-1 >= 0.23.10], [have_pkcs11=yes],
    [AS_IF([test "$with_pkcs11" = yes],
      [AC_MSG_ERROR([p11-kit not found: install its development files (Debian: libp11-kit-dev) or omit --with-pkcs11])],
      [AC_MSG_WARN([p11-kit not found (Debian: libp11-kit-dev): building without keys in hardware])])])])
AM_CONDITIONAL([HAVE_PKCS11], [test "$have_pkcs11" = yes])
AS_IF([test "$have_pkcs11" = yes],
  [AC_CHECK_FUNC([dlopen], [DL_LIBS=], [DL_LIBS=-ldl])])
AC_SUBST([DL_LIBS])
AC_SUBST([have_pkcs11])
])

# NPIE_HPDF: HPDF_LIBS; libharu has no .pc file.
AC_DEFUN([NPIE_HPDF], [
AC_CHECK_HEADER([hpdf.h], [],
  [AC_MSG_ERROR([hpdf.h not found: install libharu (Debian: libhpdf-dev)])])
AC_CHECK_LIB([hpdf], [HPDF_New], [HPDF_LIBS=-lhpdf],
  [AC_MSG_ERROR([libhpdf not found: install libharu (Debian: libhpdf-dev)])], [-lm])
AC_SUBST([HPDF_LIBS])
])

# NPIE_UNISTRING: UNISTRING_LIBS; no .pc file either, libidn2 stands on it.
AC_DEFUN([NPIE_UNISTRING], [
AC_CHECK_HEADER([uninorm.h], [],
  [AC_MSG_ERROR([uninorm.h is missing: install libunistring (Debian: libunistring-dev)])])
AC_CHECK_LIB([unistring], [u8_normalize], [UNISTRING_LIBS=-lunistring],
  [AC_MSG_ERROR([libunistring is missing (Debian: libunistring-dev)])])
AC_SUBST([UNISTRING_LIBS])
])

# NPIE_COMPILER: NPIE_WARNINGS and, by --enable-sanitizers, NPIE_SANITIZE.
AC_DEFUN([NPIE_COMPILER], [
AC_ARG_ENABLE([werror],
  [AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])])
NPIE_WARNINGS="-Wall -Wextra -Wpointer-arith -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wvla -Wformat=2 -Wundef -Wdeclaration-after-statement"
AS_IF([test "$enable_werror" = yes], [NPIE_WARNINGS="$NPIE_WARNINGS -Werror"])
AC_SUBST([NPIE_WARNINGS])
AC_ARG_ENABLE([sanitizers],
  [AS_HELP_STRING([--enable-sanitizers], [build with ASan and UBSan])])
AS_IF([test "$enable_sanitizers" = yes],
  [NPIE_SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"])
dnl For t/fuzz/run, with clang: the counters of libFuzzer and of coverage.
AC_ARG_ENABLE([fuzzing],
  [AS_HELP_STRING([--enable-fuzzing], [build for libFuzzer, with --enable-sanitizers and CC=clang])])
AS_IF([test "$enable_fuzzing" = yes],
  [NPIE_SANITIZE="$NPIE_SANITIZE -fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping"
   FUZZ_DEFINES=-DNPIE_LIBFUZZER
   FUZZ_ENGINE=-fsanitize=fuzzer])
AC_SUBST([NPIE_SANITIZE])
AC_SUBST([FUZZ_DEFINES])
AC_SUBST([FUZZ_ENGINE])
])
