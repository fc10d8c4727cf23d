#!/bin/sh
# The real servers and programs the tests talk to; where they cannot be installed, the tests that need them are skipped by name.
set -eu
missing=""
[ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
command -v sftp >/dev/null || missing="$missing openssh-client"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v openssl >/dev/null || missing="$missing openssl"
command -v gawk >/dev/null || missing="$missing gawk"
command -v zip >/dev/null || missing="$missing zip"
command -v unzip >/dev/null || missing="$missing unzip"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed here, their tests will be skipped:$missing" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq $missing >/dev/null
