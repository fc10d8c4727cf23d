# hxcb: "|" between columns, already UTF-8. H|batch|count, then D|line|name|type|number|as of|from|to|scope|authorization|purpose.
BEGIN {
    FS = "|"; OFS = "\t"
    split("01 R 02 R 03 P 04 T 05 F", t, " ")
    for (i = 1; i in t; i += 2) kind[t[i]] = t[i + 1]
    split("CK deposit LC wealth JJ fund ZQ bond BX insurance XT trust GJ precious_metal GP securities FZ liability", s, " ")
    for (i = 1; i in s; i += 2) class[s[i]] = s[i + 1]
}
{ sub(/\r$/, "") }
$1 == "H" { print $2 > facts; declared = $3; next }
$1 == "D" {
    n = split($9, codes, ","); scope = ","
    for (i = 1; i <= n; i++) scope = scope class[codes[i]] ","
    print $2, kind[$4], $5, $3, $6, $7, $8, scope
    counted++
}
END { if (counted + 0 != declared + 0) { print "the inquiry says " declared " lines, there are " counted + 0 > "/dev/stderr"; exit 1 } }
