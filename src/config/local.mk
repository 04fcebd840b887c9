# SPDX-License-Identifier: ISC
libcore_a_SOURCES += \
	%D%/config_env.c \
	%D%/config_file.c \
	%D%/config_judge.c \
	%D%/config_load.c \
	%D%/config_scan.c %D%/config_scan.h \
	%D%/config_source.h \
	%D%/config_value.c %D%/config_value.h \
	%D%/configuration.h \
	%D%/keyring.c %D%/keyring.h \
	%D%/keyset.c \
	%D%/vault.c %D%/vault.h
