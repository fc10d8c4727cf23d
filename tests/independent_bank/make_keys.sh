#!/bin/bash
# Makes an independent bank's own keys: one pair to sign, one to be sealed to. Usage: make_keys.sh FOLDER rsa|ec|sm2
set -euo pipefail
keys=$1/keys
mkdir -p "$keys"
case $2 in
    rsa) new=(-newkey rsa:3072 -sha256); usage=keyEncipherment ;;
    ec) new=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256); usage=keyAgreement ;;
    sm2) new=(-newkey sm2 -sm3 -sigopt distid:1234567812345678); usage=keyEncipherment ;; # GM/T 0015, 0009
    *) echo "rsa, ec or sm2" >&2; exit 2 ;;
esac
make() { # name, key usage
    openssl req -x509 "${new[@]}" -nodes -days 365 -subj "/CN=independent bank $1" \
        -addext "keyUsage=critical,$2" -addext "basicConstraints=critical,CA:FALSE" \
        -keyout "$keys/$1.key" -out "$keys/$1.crt" 2>/dev/null
    chmod 600 "$keys/$1.key"
}
make sign digitalSignature,nonRepudiation
make decrypt "$usage"
