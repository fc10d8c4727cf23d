#!/bin/bash
# A bank of shell tools: answers every flagged inquiry in a folder once. Usage: independent_bank.sh FOLDER (see README.md)
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
# shellcheck source=/dev/null
. ./bank.conf
export CIPHER
seal=${SEAL:-$here/seal_cms.sh}
work=$(mktemp -d /dev/shm/bank.XXXXXX)
mkdir -p "$DONE"
trap 'rm -rf "$work"' EXIT

ask_hxcb() { # CX_<bank>_<yyyymmdd>_<seq>.zip
    rm -rf "$work/in" && mkdir "$work/in"
    unzip -q "$work/package" -d "$work/in"
    iconv -f GB18030 -t UTF-8 "$work/in/${1%.zip}.txt" | gawk -b -f "$here/ask_hxcb.awk" -v facts="$work/facts"
}

ask_gdyz() { # bytes at positions, so cut first and decode after
    gawk -b -f "$here/ask_gdyz.awk" -v facts="$work/facts" "$work/package" | iconv -f GB18030 -t UTF-8
}

tell_hxcb() { # → FK_<bank>_<yyyymmdd>_<seq>.zip of three files
    local name=${1/#CX_/FK_} stem file
    stem=${name%.zip}
    rm -rf "$work/out" && mkdir "$work/out"
    gawk -b -M -f "$here/tell_hxcb.awk" -v facts="$work/facts" -v stem="$work/$stem" "$work/outcomes" "$work/accounts" "$work/movements"
    for file in JG ZH MX; do iconv -f UTF-8 -t GB18030 "$work/${stem}_$file.txt" >"$work/out/${stem}_$file.txt"; done
    (cd "$work/out" && zip -q -X ../answer.zip ./*.txt)
    mv "$work/answer.zip" "$work/answer"
    echo "$name"
}

tell_gdyz() { # → RSP<bank><yyyymmdd><seq>.dat, padded to byte positions after encoding
    for kind in outcomes accounts movements; do iconv -f UTF-8 -t GB18030 "$work/$kind" >"$work/$kind.gb"; done
    gawk -b -M -f "$here/tell_gdyz.awk" -v facts="$work/facts" -v bank="$BANK" -v day="${1:15:8}" \
        "$work/outcomes.gb" "$work/accounts.gb" "$work/movements.gb" >"$work/answer"
    echo "${1/#QRY/RSP}"
}

for flag in "$SEND"/*.ok; do
    [ -e "$flag" ] || continue
    parcel=${flag%.ok}
    package=$(basename "${parcel%.p7m}")
    rm -f "$work/package"
    $seal open "$parcel" "$work/package" # a command with its words
    rm -f "$work"/{asked,outcomes,accounts,movements}
    "ask_$LANGUAGE" "$package" >"$work/asked"
    gawk -b -f "$here/persons.awk" -f "$here/holdings.awk" -v bank="$BANK" -v work="$work" \
        "$work/asked" "$DATA/accounts.csv" "$DATA/movements.csv"
    name=$("tell_$LANGUAGE" "$package").p7m
    if [ ! -e "$TAKE/$name" ]; then
        $seal seal "$work/answer" "$TAKE/$name.tmp"
        mv -n "$TAKE/$name.tmp" "$TAKE/$name"
    fi
    : >"$TAKE/$name.ok"
    mv "$parcel" "$flag" "$DONE/"
    echo "$name"
done
