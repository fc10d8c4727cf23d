# gdyz: fields at byte positions of GB18030 lines of 300 bytes. 00 header (batch at 3), 10 persons, 99 trailer (count at 3).
BEGIN {
    OFS = "\t"
    split("A R B R C P D T E F", t, " ")
    for (i = 1; i in t; i += 2) kind[t[i]] = t[i + 1]
    split("1 deposit 2 wealth 3 fund 4 bond 5 securities 6 insurance 7 trust 8 precious_metal 9 liability", s, " ")
    for (i = 1; i in s; i += 2) class[s[i]] = s[i + 1]
}
function at(start, width,    text) { text = substr($0, start, width); sub(/ +$/, "", text); return text }
{ sub(/\r$/, "") }
length($0) != 300 { print "line " NR " has " length($0) " bytes" > "/dev/stderr"; failed = 1; exit 1 }
/^00/ { print at(3, 30) > facts; next }
/^99/ { declared = at(3, 8); ended = 1; next }
/^10/ {
    n = split(at(154, 30), codes, ","); scope = ","
    for (i = 1; i <= n; i++) scope = scope class[codes[i]] ","
    print at(3, 6), kind[at(109, 1)], at(110, 20), at(9, 100), at(130, 8), at(138, 8), at(146, 8), scope
    counted++
}
END {
    if (failed) exit 1
    if (!ended || counted + 0 != declared + 0) { print "the trailer does not fit" > "/dev/stderr"; exit 1 }
}
