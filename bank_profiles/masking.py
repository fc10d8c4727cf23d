"""A word that stands in a bank's file and not in the profile, as a message may show it: whole only where it looks like the name of a field.

A person's name can stand where a heading, an element or a sheet should be, and an account number where a document has a key.
"""

import re

_NAME = re.compile(r"[A-Za-z_@][A-Za-z0-9_.:-]{0,39}", re.ASCII)
_NAME_DIGITS_MAX = 4  # in a name: Acct1, Line2024; a longer number may be somebody's
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)  # the place in a list, a year and month; no account, paper or telephone has so few
_HEADING = re.compile(
    "(?:银行|账户|帐户|账号|帐号|卡号|户名|姓名|证件|号码|对方|交易|流水|借贷|收支|收入|支出|余额|金额|可用|冻结|日期|时间|年月日|币种|备注|摘要|附言"
    "|类型|种类|类别|业务|产品|状态|标志|名称|代码|编号|序号|利率|利息|份额|净值|机构|网点|支行|柜员|渠道|地址|电话|用途|开户|销户|起息|到期|本金"
    "|查询|结果|说明|原因|合计|笔数|单位|万元|人民币|元|角|分|明细|清单|工作表|数据|行号|批次|馀额|余|账|帐|卡|行|号|[（()）:：/%％_0-9])+"
)
_HEADING_MAX = 16
_LONG = 12  # characters from which on the ends of a number tell it from others
_ENDS = 4
_STARS_MAX = 30


def shown_word(word: str) -> str:
    """``Balance`` and 余额（元） as they are, 6217****4567, 张**."""
    word = word.strip()
    if _is_name(word):
        return word
    if len(word) >= _LONG and word.isascii() and word.isalnum() and any(sign.isdigit() for sign in word):
        return word[:_ENDS] + "*" * min(len(word) - 2 * _ENDS, _STARS_MAX) + word[-_ENDS:]
    return word[:1] + "*" * min(len(word) - 1, _STARS_MAX)


def _is_name(word: str) -> bool:
    digits = sum(sign.isdigit() for sign in word)
    if _NUMBER.fullmatch(word):
        return True
    if digits > _NAME_DIGITS_MAX:
        return False
    return bool(_NAME.fullmatch(word) or (len(word) <= _HEADING_MAX and _HEADING.fullmatch(word)))
