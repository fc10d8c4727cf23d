"""The cases of the conformance run, as one table: what each proves, by which rule of the domain, and who runs it."""

import dataclasses
from collections.abc import Callable

from connector.conform import formats, papers, roads, seals
from connector.conform.trial import Course, Trial


@dataclasses.dataclass(frozen=True)
class Case:
    """``zh``/``en``: the promise, and so what is expected. ``rules``: numbers of the domain's rules."""

    id: str
    group: str
    rules: str
    zh: str
    en: str
    run: Callable[[Trial], Course]


GROUPS = {"format": ("格式", "format"), "seal": ("封装", "seal"), "road": ("通道", "road")}

CASES = (
    # ---- format ------------------------------------------------------------------------------------------------------------------------
    Case("one-person", "format", "36", "问一人，答一行", "One person asked is one line answered", formats.one_person),
    Case("many-persons", "format", "36", "问多人，每行各有且只有一个结果", "Of many asked each gets one outcome", formats.many),
    Case(
        "rare-characters",
        "format",
        "31",
        "姓名含该编码中最生僻的字，照常答复",
        "Names of the rarest characters of the encoding are answered as any other",
        formats.rare_characters,
    ),
    Case(
        "longest-values",
        "format",
        "19",
        "各栏填满至最长，照常答复",
        "Texts as long as their columns are answered as any other",
        formats.longest_values,
    ),
    Case(
        "full-batch",
        "format",
        "36",
        "按约定的最多行数询问，全部答复",
        "As many lines as were agreed at most are all answered",
        formats.full_batch,
    ),
    Case(
        "agreed-persons",
        "format",
        "36, 37",
        "银行测试系统中约定的人员，得到约定的结果",
        "Persons the bank keeps in its test system get the outcomes agreed for them",
        formats.agreed_persons,
    ),
    Case("answer-named", "format", "19", "反馈包名与约定相符", "Answers are named as agreed", formats.named),
    Case(
        "answer-readable",
        "format",
        "21, 43",
        "反馈按画像逐字读出，笔数与合计相符",
        "Answers read by the profile to the letter, counts and totals right",
        formats.readable,
    ),
    Case(
        "answer-lines",
        "format",
        "39, 42",
        "反馈只含所问的行，申报数与账户、变动相符",
        "Answers hold the lines asked and no others, with the accounts and movements they declare",
        formats.lines,
    ),
    Case("answered-once", "format", "28", "一问只答一次", "A question is answered once", formats.once),
    Case(
        "without-its-paper",
        "format",
        "1",
        "授权书随查询送达的，未附授权书的人员不得查询",
        "Where authorizations go with the question, nobody is looked up without his",
        papers.without_its_paper,
    ),
    # ---- seal --------------------------------------------------------------------------------------------------------------------------
    Case(
        "answer-signed",
        "seal",
        "23",
        "反馈由登记的密钥签名，并为我方加密",
        "Answers are signed by the registered key and enveloped for us",
        seals.signed,
    ),
    Case(
        "flipped-bit",
        "seal",
        "23",
        "途中有一位翻转的查询不得答复",
        "A question with a bit turned over on the way is not answered",
        seals.flipped_bit,
    ),
    Case(
        "for-another",
        "seal",
        "23",
        "为他人加密的查询不得答复",
        "A question enveloped for somebody else is not answered",
        seals.for_another,
    ),
    Case(
        "by-a-stranger",
        "seal",
        "23",
        "陌生人签名的查询不得答复",
        "A question signed by a stranger is not answered",
        seals.stranger,
    ),
    Case("unsigned", "seal", "23", "没有签名的查询不得答复", "A question nobody signed is not answered", seals.unsigned),
    Case(
        "weaker-suite",
        "seal",
        "23",
        "以弱于约定的套件封装的查询不得答复",
        "A question sealed by a weaker suite than agreed is not answered",
        seals.weaker_suite,
    ),
    # ---- road --------------------------------------------------------------------------------------------------------------------------
    Case(
        "look-absent",
        "road",
        "29",
        "查看从未投递的名称，答“没有”",
        "A look for what was never put finds nothing",
        roads.look_absent,
    ),
    Case("put-then-look", "road", "29", "投递之后查看，所见相符", "A look after a put shows what was put", roads.put_then_look),
    Case(
        "same-name-twice",
        "road",
        "28",
        "同名同内容投递两次，只答一次",
        "The same name and bytes put twice are answered once",
        roads.same_name_twice,
    ),
    Case(
        "cut-in-half",
        "road",
        "22",
        "投递中断的半个文件不被处理，重新投递后照常答复",
        "Half a file is not taken; put again whole, it is answered",
        roads.cut_in_half,
    ),
    Case("two-lines", "road", "", "可同时使用两条连接", "Two lines at once both work", roads.two_lines),
    Case("idle-line", "road", "25", "连接空闲之后仍可使用", "A line that idled can still be used", roads.idle_line),
    Case("whole-files", "road", "22", "列出的文件都是完整的", "Whatever is listed is whole", roads.whole_files),
    Case(
        "acknowledged",
        "road",
        "23",
        "取走确认之后，反馈按画像归档、删除或保留",
        "Once acknowledged, an answer is moved, removed or left as the profile says",
        roads.acknowledged,
    ),
    Case("in-time", "road", "40", "在约定的时间内答复", "Answers come within the time agreed", roads.in_time),
)
