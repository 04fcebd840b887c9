# SPDX-License-Identifier: ISC
libcore_a_SOURCES += \
	%D%/config_check.c %D%/config_check.h \
	%D%/config_env.c %D%/config_env.h \
	%D%/config_file.c %D%/config_file.h \
	%D%/config_load.c %D%/config_load.h \
	%D%/config_scan.c %D%/config_scan.h \
	%D%/config_value.c %D%/config_value.h \
	%D%/configuration.c %D%/configuration.h \
	%D%/keyring.c %D%/keyring.h \
	%D%/keyset.c %D%/keyset.h \
	%D%/vault.c %D%/vault.h
