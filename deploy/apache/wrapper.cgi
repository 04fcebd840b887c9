#!/bin/sh
# SPDX-License-Identifier: ISC
export HOOKCASK_CONFIG=/home/USER/hookcask/hookcask.conf
exec /home/USER/hookcask/hookcask.fcgi
