# Persons asked + accounts.csv + movements.csv → outcomes, accounts, movements (tab-separated, in the order of the lines asked).
# An account is a person's as first or as joint holder. It is due when it was opened by the base date, not closed before the window,
# and of a class asked for. A first holder filed under another name is a name that differs: then nothing is told.

function cells(line, into,    n, text) { # one CSV line, quotes as in RFC 4180
    n = patsplit(line, into, /"([^"]|"")*"|[^,]*/)
    for (i = 1; i <= n; i++) if (into[i] ~ /^"/) { text = substr(into[i], 2, length(into[i]) - 2); gsub(/""/, "\"", text); into[i] = text }
    return n
}

function digits(day) { gsub(/-/, "", day); return day }

function due(line) {
    return digits(c[opened]) <= as_of[line] && (c[closed] == "" || digits(c[closed]) >= from[line]) && index(scope[line], "," class[c[product]] ",")
}

function keep(line, row) { # this account is to be told on this line
    told[line, ++accounts[line]] = row
    who[c[number]] = who[c[number]] " " line
}

BEGIN {
    OFS = "\t"
    split("居民身份证 R 户口簿 R 港澳台居民居住证 T 外国人永久居留身份证 F 护照 P", t, " ")
    for (i = 1; i in t; i += 2) kind[t[i]] = t[i + 1]
    split("demand_deposit deposit time_deposit deposit notice_deposit deposit large_cd deposit structured_deposit deposit " \
          "wealth_product wealth fund fund bond bond insurance insurance trust trust precious_metal precious_metal " \
          "third_party_custody securities securities_cash securities stock securities loan liability credit_card liability", t, " ")
    for (i = 1; i in t; i += 2) class[t[i]] = t[i + 1]
}

FILENAME ~ /asked$/ {
    split($0, a, "\t")
    ref[++lines] = a[1]; of[lines] = person(a[2], a[3]); name[lines] = name_form(a[4])
    as_of[lines] = a[5]; from[lines] = a[6]; to[lines] = a[7]; scope[lines] = a[8]
    if (of[lines] != "") asking[of[lines]] = asking[of[lines]] " " lines
    next
}

{ n = cells($0, c) }

FNR == 1 {
    for (i = 1; i <= n; i++) at[c[i]] = i
    number = at["account_no"]; opened = at["opened_on"]; closed = at["closed_on"]; product = at["product"]
    next
}

c[at["institution"]] != bank { next }

FILENAME ~ /accounts\.csv$/ {
    first = person(kind[c[at["id_type"]]], c[at["id_no"]]); joint = person("R", c[at["joint_holder_id"]])
    row = $0
    n = split(first == "" ? "" : asking[first], mine, " ")
    for (j = 1; j <= n; j++) if (due(mine[j])) {
        if (name_form(c[at["holder_name"]]) != name[mine[j]]) differs[mine[j]] = 1
        keep(mine[j], row)
    }
    n = split(joint == "" || joint == first ? "" : asking[joint], mine, " ")
    for (j = 1; j <= n; j++) if (due(mine[j])) keep(mine[j], row)
    next
}

FILENAME ~ /movements\.csv$/ && c[number] in who {
    day = digits(c[at["booked_on"]]); row = $0
    n = split(who[c[number]], mine, " ")
    for (j = 1; j <= n; j++) if (!differs[mine[j]] && from[mine[j]] <= day && day <= to[mine[j]]) {
        moved[mine[j]]++
        time = c[at["booked_time"]]; gsub(/:/, "", time)
        print ref[mine[j]], c[number], day, time, c[at["direction"]], c[at["currency"]], c[at["amount_minor"]], \
            c[at["balance_after_minor"]], c[at["counterparty_name"]], c[at["counterparty_account"]], \
            c[at["counterparty_institution"]], c[at["summary"]] > (work "/movements")
    }
}

END {
    printf "" > (work "/outcomes"); printf "" > (work "/accounts"); printf "" >> (work "/movements")
    split("institution holder_name id_type id_no joint_holder_id account_no parent_account_no product product_name currency balance_minor " \
          "available_minor frozen_minor units unit_price opened_on closed_on matures_on status as_of custody_id", t, " ")
    for (i = 1; i in t; i++) col[t[i]] = i
    for (line = 1; line <= lines; line++) {
        count = differs[line] ? 0 : accounts[line] + 0
        word = differs[line] ? "name_mismatch" : count ? "found" : "no_record"
        print ref[line], word, count, moved[line] + 0 > (work "/outcomes")
        for (k = 1; k <= count; k++) {
            cells(told[line, k], c)
            print ref[line], c[col["holder_name"]], c[col["joint_holder_id"]], c[col["account_no"]], c[col["parent_account_no"]], \
                c[col["product"]], c[col["product_name"]], c[col["currency"]], c[col["balance_minor"]], c[col["available_minor"]], \
                c[col["frozen_minor"]], c[col["units"]], c[col["unit_price"]], digits(c[col["opened_on"]]), digits(c[col["closed_on"]]), \
                digits(c[col["matures_on"]]), c[col["status"]], digits(c[col["as_of"]]), c[col["custody_id"]] > (work "/accounts")
        }
    }
}
