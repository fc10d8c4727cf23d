# hxcb: outcomes, accounts, movements → <stem>_JG.txt, <stem>_ZH.txt, <stem>_MX.txt: header with the batch, D lines, trailer with totals.
function table(text, into,    t, i) { split(text, t, " "); for (i = 1; i in t; i += 2) into[t[i]] = t[i + 1] }

BEGIN {
    FS = "\t"; OFS = "|"
    getline batch < facts
    table("found 00 no_record 01 name_mismatch 02", outcome)
    table("demand_deposit 101 time_deposit 102 notice_deposit 103 large_cd 104 structured_deposit 105 wealth_product 201 fund 301 bond 302 " \
          "precious_metal 303 insurance 401 trust 402 third_party_custody 501 securities_cash 502 stock 503 loan 601 credit_card 602", product)
    table("CNY 156 USD 840 HKD 344 EUR 978 JPY 392 KWD 414", currency)
    table("active 0 closed 1 frozen 2 dormant 3", status)
    table("out 1 in 2", direction)
    result = stem "_JG.txt"; detail = stem "_ZH.txt"; flow = stem "_MX.txt"
    print "H", batch > result; print "H", batch > detail; print "H", batch > flow
}
ARGIND == 1 { results++; print "D", $1, outcome[$2], "", $3, $4 > result }
ARGIND == 2 {
    details++; balance += $9
    print "D", $1, $2, $3, $4, $5, product[$6], $7, currency[$8], $9, $10, $11, $12, $13, $14, $15, $16, status[$17], $18, $19, "" > detail
}
ARGIND == 3 { flows++; amount += $7; print "D", $1, $2, $3, $4, direction[$5], currency[$6], $7, $8, $9, $10, $11, $12 > flow }
END {
    print "T", results + 0 > result
    print "T", details + 0, balance + 0 > detail
    print "T", flows + 0, amount + 0 > flow
}
