#!/bin/bash
# The seal of a house by openssl (CMS): seal_cms.sh open PARCEL PACKAGE, seal_cms.sh seal PACKAGE PARCEL. Run where the house's keys/ are.
set -euo pipefail
signed=$(mktemp /dev/shm/signed.XXXXXX)
trap 'rm -f "$signed"' EXIT
case $1 in
    open) # the signature is held against the centre's one certificate
        openssl cms -decrypt -inform DER -in "$2" -recip keys/decrypt.crt -inkey keys/decrypt.key -out "$signed"
        openssl cms -verify -inform DER -in "$signed" -binary -noverify -nointern -certfile keys/centre_sign.crt -out "$3" 2>/dev/null
        ;;
    seal) # CIPHER: of the content
        openssl cms -sign -binary -nodetach -md sha256 -in "$2" -signer keys/sign.crt -inkey keys/sign.key -outform DER -out "$signed"
        openssl cms -encrypt -binary "$CIPHER" -in "$signed" -outform DER -out "$3" keys/centre_encrypt.crt
        ;;
esac
