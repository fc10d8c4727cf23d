# gdyz: one file of 450-byte lines in GB18030, already encoded, so every width is counted in bytes: 00, 10s, 20s, 30s, 99.
function table(text, into,    t, i) { split(text, t, " "); for (i = 1; i in t; i += 2) into[t[i]] = t[i + 1] }
function left(text, width) {
    if (length(text) > width) { print "too long for " width " bytes" > "/dev/stderr"; failed = 1; exit 1 }
    return sprintf("%-*s", width, text)
}
function right(text, width) { return sprintf("%*s", width, text) }
function whole(value, width) { return sprintf("%0*d", width, value) }
function signed(text, width) { return text == "" ? left("", width) : (text < 0 ? "-" : "+") whole(text < 0 ? -text : text, width - 1) }
function day8(text) { return text == "" ? "00000000" : text }
function line(text) { printf "%s\r\n", left(text, 450) }

BEGIN {
    FS = "\t"
    getline batch < facts
    table("found 0000 no_record 0001 name_mismatch 1001", outcome)
    table("demand_deposit D001 time_deposit D002 notice_deposit D003 large_cd D004 structured_deposit D005 wealth_product W001 fund F001 " \
          "bond B001 precious_metal M001 insurance I001 trust T001 third_party_custody S001 securities_cash S002 stock S003 loan L001 " \
          "credit_card L002", product)
    table("active A closed C frozen F dormant S", status)
    table("out D in C", direction)
    line("00" left(batch, 30) left(bank, 12) day)
}
ARGIND == 1 { results++; line("10" left($1, 6) outcome[$2] left("", 60) whole($3, 6) whole($4, 8)) }
ARGIND == 2 {
    details++; balance += $9
    line("20" left($1, 6) left($2, 100) left($3, 20) left($4, 32) left($5, 32) product[$6] left($7, 60) left($8, 3) \
         signed($9, 17) signed($10, 17) signed($11, 17) right($12, 20) right($13, 16) left($14, 8) day8($15) day8($16) \
         status[$17] left($18, 8) left($19, 32))
}
ARGIND == 3 {
    flows++; amount += $7
    line("30" left($1, 6) left($2, 32) left($3, 8) left($4, 6) direction[$5] left($6, 3) whole($7, 16) signed($8, 17) \
         left($9, 100) left($10, 32) left($11, 100) left($12, 60))
}
END {
    if (failed) exit 1
    line("99" whole(results, 8) whole(details, 8) signed(balance + 0, 20) whole(flows, 10) whole(amount, 20))
}
