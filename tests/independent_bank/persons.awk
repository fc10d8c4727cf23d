# One form for numbers and names. Works on UTF-8 bytes (gawk -b), so characters outside ASCII are written as their bytes.

function blanks(text) { # ideographic space, no-break space, tab
    gsub(/\xE3\x80\x80|\xC2\xA0|\t/, " ", text)
    return text
}

function half_width(text, letters_only,    found, code) {
    found = ""
    while (match(text, /\xEF\xBC[\x81-\xBF]|\xEF\xBD[\x80-\x9E]/)) {
        code = ord[substr(text, RSTART + 2, 1)] - (substr(text, RSTART + 1, 1) == "\xBC" ? 96 : 32)
        found = found substr(text, 1, RSTART - 1)
        if (!letters_only || sprintf("%c", code) ~ /[0-9A-Za-z]/) found = found sprintf("%c", code)
        else found = found substr(text, RSTART, 3)
        text = substr(text, RSTART + 3)
    }
    return found text
}

function name_form(text,    before, after, found) {
    text = half_width(blanks(text), 1)
    gsub(/\xE2\x80\xA2|\xE2\x80\xA7|\xE3\x83\xBB|\xEF\xBD\xA5|\xE2\x8B\x85/, "\xC2\xB7", text) # every dot is the middle dot
    gsub(/ +/, " ", text)
    found = ""
    while (match(text, / /)) { # a blank stays only between two Latin letters
        before = substr(text, RSTART - 1, 1); after = substr(text, RSTART + 1, 1)
        found = found substr(text, 1, RSTART - 1) (RSTART > 1 && before ~ /[A-Za-z]/ && after ~ /[A-Za-z]/ ? " " : "")
        text = substr(text, RSTART + 1)
    }
    return found text
}

function check_character(body,    i, sum) { # ISO 7064 MOD 11-2 over 17 digits
    sum = 0
    for (i = 1; i <= 17; i++) sum += substr(body, i, 1) * weight[i]
    return substr("10X98765432", sum % 11 + 1, 1)
}

function real_day(text,    y, m, d, days) {
    y = substr(text, 1, 4) + 0; m = substr(text, 5, 2) + 0; d = substr(text, 7, 2) + 0
    if (y < 1850 || m < 1 || m > 12) return 0
    days = m == 2 ? (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 29 : 28) : (m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31)
    return d >= 1 && d <= days
}

function eighteen(text) {
    return text ~ /^[0-9]{17}[0-9X]$/ && check_character(substr(text, 1, 17)) == substr(text, 18, 1) && real_day(substr(text, 7, 8))
}

function person(kind, text) { # "R:<number>", or "" where what is filed is no number
    text = toupper(half_width(blanks(text), 0))
    gsub(/^ +| +$/, "", text)
    if (kind == "R" && text ~ /^[0-9]{15}$/) {
        text = substr(text, 1, 6) "19" substr(text, 7)
        text = text check_character(text)
    }
    if (kind == "P") return text ~ /^[A-Z0-9]{6,12}$/ && text ~ /[0-9]/ ? "P:" text : ""
    if (kind == "F" && text ~ /^[A-Z]{3}[0-9]{12}$/) return "F:" text
    if (kind == "F" && text !~ /^9/) return ""
    if (kind == "T" && text !~ /^8[123]0000/) return ""
    return kind != "" && eighteen(text) ? kind ":" text : ""
}

BEGIN {
    for (i = 0; i < 256; i++) ord[sprintf("%c", i)] = i
    split("7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2", weight, " ")
}
