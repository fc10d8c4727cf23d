#!/bin/sh
# The real servers and programs the tests talk to; where they cannot be installed, the tests that need them are skipped by name.
set -eu
missing=""
[ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
command -v sftp >/dev/null || missing="$missing openssh-client"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v openssl >/dev/null || missing="$missing openssl"
command -v gpg >/dev/null && command -v gpgconf >/dev/null || missing="$missing gnupg"
command -v softhsm2-util >/dev/null || missing="$missing softhsm2"
command -v curl >/dev/null || missing="$missing curl"
find /usr/share/fonts \( -iname '*cjk*' -o -iname 'wqy*' \) 2>/dev/null | grep -q . || missing="$missing fonts-wqy-microhei"
command -v gawk >/dev/null || missing="$missing gawk"
command -v zip >/dev/null || missing="$missing zip"
command -v unzip >/dev/null || missing="$missing unzip"
java=""
command -v javac >/dev/null || java=" openjdk-17-jdk-headless"
[ -e /usr/share/java/bcpkix.jar ] || java="$java libbcprov-java libbcpkix-java"
scanner=""
[ -x /usr/sbin/clamd ] || scanner=" clamav-daemon"
[ -z "$missing$java$scanner" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed here, their tests will be skipped:$missing$java$scanner" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
[ -z "$missing" ] || apt-get install -y -qq $missing >/dev/null
# The second house of the seals; not every system has this Java.
# shellcheck disable=SC2086
[ -z "$java" ] || apt-get install -y -qq --no-install-recommends $java >/dev/null || echo "not installed here, its tests will be skipped:$java" >&2
[ -n "$scanner" ] || exit 0
# 24 MB, and no virus database, now or later: the tests bring a signature of their own. Some systems do not have the package.
echo "clamav-freshclam clamav-freshclam/autoupdate_freshclam select manual" | debconf-set-selections
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $scanner >/dev/null || echo "not installed here, its tests will be skipped:$scanner" >&2
