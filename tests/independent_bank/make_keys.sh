#!/bin/bash
# Makes an independent bank's own keys: one pair to sign, one to be sealed to. Usage: make_keys.sh FOLDER rsa|ec
set -euo pipefail
keys=$1/keys
mkdir -p "$keys"
case $2 in
    rsa) new=(-newkey rsa:3072); usage=keyEncipherment ;;
    ec) new=(-newkey ec -pkeyopt ec_paramgen_curve:P-256); usage=keyAgreement ;;
    *) echo "rsa or ec" >&2; exit 2 ;;
esac
make() { # name, key usage
    openssl req -x509 "${new[@]}" -nodes -sha256 -days 365 -subj "/CN=independent bank $1" \
        -addext "keyUsage=critical,$2" -addext "basicConstraints=critical,CA:FALSE" \
        -keyout "$keys/$1.key" -out "$keys/$1.crt" 2>/dev/null
    chmod 600 "$keys/$1.key"
}
make sign digitalSignature,nonRepudiation
make decrypt "$usage"
