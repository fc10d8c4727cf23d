"""Every way a seal, a key or a ring may be refused: one stable code, whose it is, and what to do, in English and Chinese.

These codes are for our own operator. To a peer only ``OUTWARD`` is ever said, under ``OUTWARD_CODE``, whatever the cause, so that nobody
can use our answers to learn about padding, tags or keys (reliability/security.md A15).
"""

from transports.errors import BrokenRing, BrokenSeal, TransportError, UnknownKey

OUTWARD_CODE = "seal-refused"
OUTWARD = ("Signature or seal failed; nothing was read.", "签名或封装验证未通过，未读取任何内容。")

_REFUSALS: dict[str, tuple[type[TransportError], str, str]] = {
    "seal-not-enveloped": (
        BrokenSeal,
        "This is not an encrypted envelope (CMS, or OpenPGP where agreed); nothing was read. Ask the sender to sign and encrypt the file.",
        "文件不是加密信封（CMS，或约定的 OpenPGP），未读取。请对方签名并加密后重发。",
    ),
    "seal-text-form": (
        BrokenSeal,
        "The seal is written as text (PEM, S/MIME, ASCII armor); nothing was read. Ask the sender for the binary form.",
        "封装是文本形式（PEM、S/MIME 或 ASCII armor），未读取。请对方以二进制形式重发。",
    ),
    "seal-not-for-us": (
        UnknownKey,
        "The envelope is not addressed to any key of ours. Check which certificate of ours the sender uses, send the letter again.",
        "信封的收件证书不是我方任何密钥。请核对对方使用的我方证书，必要时重发指纹函。",
    ),
    "seal-recipient-hidden": (
        BrokenSeal,
        "The OpenPGP message names no recipient, so nothing was tried. Ask the sender to seal without --throw-keyids or --hidden-recipient.",
        "OpenPGP 报文未写明收件人，未尝试解开。请对方不用 --throw-keyids。",
    ),
    "seal-suite-refused": (
        BrokenSeal,
        "The seal uses an algorithm that is not on our list; nothing was read. Agree the seal suite with the sender.",
        "封装使用了不在许可清单内的算法，未读取。请与对方核对封装套件。",
    ),
    "seal-over-limit": (
        BrokenSeal,
        "A header of the seal is larger, deeper or longer than allowed, or it is cut into too many pieces; nothing was read. "
        "Ask the sender how it was made.",
        "封装的头部过大、过深或过多，或内容被切得过碎，未读取。请对方说明生成方式。",
    ),
    "seal-too-large": (
        BrokenSeal,
        "An OpenPGP message is held whole, so 64 MiB of content is its limit. Send fewer lines in a parcel, or agree a CMS suite.",
        "OpenPGP 报文须整体处理，内容上限 64 MiB。请减少每包行数，或改用 CMS 套件。",
    ),
    "seal-truncated": (
        BrokenSeal,
        "The parcel ends before its seal does: it was cut off on the way. Ask the sender to deliver the same file again.",
        "文件不完整，传输中被截断，未读取。请对方重新投递同一文件。",
    ),
    "seal-trailing-bytes": (
        BrokenSeal,
        "There are bytes after the end of the seal; nothing was read. Ask the sender to deliver the original file again.",
        "封装结束后还有多余内容，未读取。请对方重新投递原文件。",
    ),
    "seal-malformed": (
        BrokenSeal,
        "The structure of the seal is broken; nothing was read. Ask the sender to deliver again, or to seal again.",
        "封装结构损坏，未读取。请对方重新投递或重新封装。",
    ),
    "seal-content-changed": (
        BrokenSeal,
        "The content is not what was sealed: changed on the way, or sealed wrongly. Nothing was read; ask for it again.",
        "内容与封装时不一致（途中被改动或封装有误），未读取。请对方重发。",
    ),
    "seal-unsigned": (
        BrokenSeal,
        "The envelope opens but what is inside is not signed. Nothing was read; ask the sender to sign before encrypting.",
        "信封内的内容没有签名，未读取。请对方先签名、再加密后重发。",
    ),
    "seal-attributes-missing": (
        BrokenSeal,
        "The signature lacks the signed attributes (content type, digest). Ask the sender to sign with attributes.",
        "签名缺少签名属性（内容类型、摘要），未读取。请对方带属性签名后重发。",
    ),
    "seal-signer-unknown": (
        BrokenSeal,
        "The signer's certificate is not one we hold for this bank. Verify the fingerprint letter before importing any key.",
        "签名证书不是我方为对方登记的证书，未读取。导入任何证书前请先核对指纹函。",
    ),
    "seal-signer-expired": (
        BrokenSeal,
        "The signer's certificate is registered but not valid at this time. Agree a new certificate with the sender.",
        "签名证书已登记，但当前不在有效期内，未读取。请与对方更换证书。",
    ),
    "seal-signer-revoked": (
        BrokenSeal,
        "The signer's certificate is registered but its owner has revoked it. Nothing was read; call the sender for a new one.",
        "签名证书已登记，但已被对方吊销，未读取。请电话联系对方更换证书。",
    ),
    "seal-signer-withdrawn": (
        UnknownKey,
        "The signer's certificate was retired or blocked here. Nothing was read; ask the sender to seal with a current one.",
        "签名证书已登记，但我方已停用或封锁，未读取。请联系对方改用现行证书。",
    ),
    "seal-signature-wrong": (
        BrokenSeal,
        "The signature does not hold. Nothing was read; call the sender before doing anything with this file.",
        "签名验证不成立，未读取任何内容。处理前请先电话联系对方。",
    ),
    "seal-not-addressed": (
        BrokenSeal,
        "The signer sealed this for someone else and it was re-wrapped for us. Nothing was read; call the signer.",
        "签名人原本封给他方，后被转封给我方，未读取。请电话联系签名人。",
    ),
    "suite-unknown": (
        UnknownKey,
        "There is no suite of this name here; nothing was sealed. Correct the profile (channel.seal) or the settings (at_rest).",
        "没有此名称的封装套件，未封装。请更正档案（channel.seal）或设置（at_rest）。",
    ),
    "key-missing": (
        UnknownKey,
        "There is no usable key under this alias at this time. Make or import one (connector keys new, keys import).",
        "此别名下当前没有可用密钥。请新建或导入（connector keys new、keys import）。",
    ),
    "alias-blocked": (
        UnknownKey,
        "The key this needs under this alias is blocked here, and work with it waits. Make or import another, or have it restored "
        "(connector keys new, import, restore).",
        "此别名下所需密钥已封锁，相关工作等待。请新建、导入或恢复（connector keys）。",
    ),
    "key-unfit": (
        UnknownKey,
        "No key under this alias is of the kind, and for the use, that this seal takes. Make or import one (connector keys list, new, import).",
        "此别名下没有本封装套件所需种类与用途的密钥。请新建或导入（connector keys）。",
    ),
    "key-not-valid": (
        UnknownKey,
        "A key or certificate for this seal is not valid at this time. Change it before sealing again.",
        "本次封装所用密钥或证书不在有效期内。请更换后再封装。",
    ),
    "key-unsuitable": (
        UnknownKey,
        "The key is of a kind we do not use (wanted: SM2, RSA of 3072 bits or more, EC P-256 or P-384). Ask for another.",
        "密钥种类不可用（应为 SM2、RSA 3072 位以上或 EC P-256、P-384）。请更换。",
    ),
    "key-use-differs": (
        UnknownKey,
        "By its key usage this certificate is not for the use it is given for (to sign, or to encrypt). Nothing was changed; "
        "perhaps two were exchanged.",
        "按证书的密钥用途，它不能用于此处所需（签名或加密），未作改动。两张证书可能互换，请核对。",
    ),
    "key-kind-differs": (
        UnknownKey,
        "A key of this kind is not for this use: an OpenPGP key (pgp-) is of --use any, the others of --use sign or encrypt.",
        "OpenPGP 密钥（pgp-）用途为 any，其他种类为 sign 或 encrypt（--use）。请更正。",
    ),
    "key-of-openpgp": (
        UnknownKey,
        "This is an OpenPGP key: no CA certifies it (PKCS #10). Nothing was written; hand its certificate over with its letter (keys letter).",
        "这是 OpenPGP 密钥，不由 CA 签发证书，未写出申请。请用 connector keys letter 交付。",
    ),
    "key-unreadable": (
        UnknownKey,
        "This is not a certificate in PEM or DER form, nor an OpenPGP public key. Ask the bank for the certificate file itself.",
        "文件不是 PEM 或 DER 形式的证书，也不是 OpenPGP 公钥。请向银行索取证书文件。",
    ),
    "key-not-ours": (
        UnknownKey,
        "This envelope holds no key for this certificate, or not for our signing key. Nothing was changed; ask the CA again.",
        "信封中的密钥与该证书不符，或并非封给我方签名密钥，未作改动。请联系 CA 重新签发。",
    ),
    "key-not-requested": (
        UnknownKey,
        "None of our keys of this alias is the one this certificate is for. Nothing was changed; see which request the CA answered.",
        "此别名下没有与该证书公钥相符的我方密钥，未作改动。请核对 CA 答复的是哪一份申请。",
    ),
    "subject-unusable": (
        UnknownKey,
        "The subject is not a name as RFC 4514 writes it, e.g. CN=us/sign,O=Centre,C=CN. Nothing was written.",
        "证书主体写法有误，未写出申请。应如：CN=us/sign,O=核对中心,C=CN（RFC 4514）。",
    ),
    "key-unchained": (
        UnknownKey,
        "The certificate does not lead to the authority the connection names. Nothing was read or sealed; ask the bank which CA it is of.",
        "证书未能链接到连接所指定的 CA，未读取也未封装。请向银行核实证书由哪家 CA 签发。",
    ),
    "key-unlisted": (
        UnknownKey,
        "There is no revocation list by the CA's key for this certificate, or only one of a day to come. Nothing was read or sealed; "
        "put its list into the folder.",
        "缺少由该证书的 CA 密钥签发的吊销列表，或其日期尚未到来，未读取也未封装。请将吊销列表放入目录。",
    ),
    "key-revoked": (
        UnknownKey,
        "The CA has revoked this certificate. Nothing was read or sealed; call the bank, then retire or block it here.",
        "CA 已吊销此证书，未读取也未封装。请电话联系银行，并在本方停用或封锁。",
    ),
    "key-known": (
        UnknownKey,
        "This certificate is already in the ring. Nothing was changed.",
        "此证书已在密钥环中，未作改动。",
    ),
    "key-stopped": (
        UnknownKey,
        "This key was blocked or destroyed here; another certificate does not bring it back. Nothing was changed; ask for a new key.",
        "此密钥已在我方封锁或销毁，换发证书不能恢复，未作改动。请对方另行生成密钥。",
    ),
    "key-id-taken": (
        UnknownKey,
        "Another certificate in the ring has the same short id, which never happens by chance. Nothing was changed; ask who made it.",
        "密钥环中另有证书与其编号相同，绝非偶然，未作改动。请查明此证书的来源。",
    ),
    "key-state-changed": (
        UnknownKey,
        "The key is in another state than this needs, or was brought there meanwhile. Nothing was changed; see connector keys list.",
        "密钥当前状态与本操作不符，或期间已变更，未作改动。请查看 connector keys list。",
    ),
    "key-blocked": (
        UnknownKey,
        "This may be sealed for a key that is blocked here. It waits as it came until the key is restored or destroyed (connector keys).",
        "此文件可能封给我方已封锁的密钥，原样等待，直至该密钥解除封锁或销毁（connector keys）。",
    ),
    "key-store-unset": (
        UnknownKey,
        "This key is in hardware, and service.yaml names none (hardware: library, token, pin). Work that needs it waits.",
        "此密钥在密码硬件中，而 service.yaml 未指明硬件（hardware），相关工作等待。请补上。",
    ),
    "key-store-away": (
        UnknownKey,
        "The token with this key does not answer (library, cable, label). Work that needs it waits; no key is made in its place.",
        "存放此密钥的密码硬件无应答，相关工作等待，不另建密钥。请检查驱动库、连接和标签。",
    ),
    "key-store-pin-wrong": (
        UnknownKey,
        "The token refused its PIN, which is not tried again by this process. Correct the secret of hardware.pin, then start anew.",
        "密码硬件拒绝了 PIN，本进程不再重试。请更正 hardware.pin 所指的值后重新启动。",
    ),
    "key-store-pin-locked": (
        UnknownKey,
        "The token is locked, has no PIN, or one try left, which is a person's. Unlock it by its own tool; the work waits.",
        "密码硬件已锁定、未设 PIN 或只剩一次机会，须由人用其工具解锁，相关工作等待。",
    ),
    "key-store-lacks-key": (
        UnknownKey,
        "The token answers but has not the key of this certificate. Put the right token in, or restore it; no key is made instead.",
        "密码硬件中没有与此证书相符的密钥，不另建密钥。请换上正确的硬件或恢复其备份。",
    ),
    "key-store-kind": (
        UnknownKey,
        "A key of this kind is not made in hardware here: rsa3072 and ec-p256 are. Nothing was made; for SM2 see docs/security.md.",
        "硬件中只建立 rsa3072、ec-p256，此密钥未建立。SM2 见 docs/security。",
    ),
    "audit-key-blocked": (
        UnknownKey,
        "The key that signs the audit's checkpoints is blocked: the chain goes on, unsigned. Renew it (connector keys renew audit).",
        "审计检查点签名密钥已封锁：审计链继续，但不再签署。请两人更换（connector keys renew audit）。",
    ),
    "alias-unusable": (
        UnknownKey,
        "An alias has 1 to 64 letters, digits and _ . / - and begins with a letter or digit; master and audit are taken.",
        "别名为 1 至 64 个字母、数字或 _ . / -，以字母或数字开头；master、audit 已占用。",
    ),
    "at-rest-broken": (
        BrokenSeal,
        "A stored record does not open under its key: changed, or moved from its place. Nothing was read; restore it.",
        "存储的记录无法用其密钥打开（被改动或移位），未读取。请从备份恢复。",
    ),
    "ring-missing": (
        BrokenRing,
        "There is no key ring in this folder. Restore it from backup; a new one is only made by connector init.",
        "此目录没有密钥环。请从备份恢复；新环只由 connector init 建立。",
    ),
    "ring-exists": (
        BrokenRing,
        "There is something in this folder already; a new key ring is only made in an empty one. Nothing was changed.",
        "目录内已有内容，新密钥环只能建在空目录，未作改动。",
    ),
    "ring-damaged": (
        BrokenRing,
        "The key ring is damaged or was changed by hand. Work stops and no key is made; restore the folder from backup.",
        "密钥环损坏或被手工改动，工作停止且不生成新密钥。请从备份恢复。",
    ),
    "ring-secret-wrong": (
        BrokenRing,
        "The ring secret does not open this key ring. Work stops and nothing was changed; provide the right secret.",
        "密钥环口令不符，工作停止，未作改动。请提供正确的口令。",
    ),
    "ring-exposed": (
        BrokenRing,
        "The key ring can be read by other accounts. Work stops; set the folder to 0700 and its files to 0600.",
        "密钥环可被其他账户读取，工作停止。请将目录设为 0700、文件设为 0600。",
    ),
}

CODES = tuple(_REFUSALS)


def is_of_a_seal(code: str) -> bool:
    """Is this why a parcel did not open? Then a peer is told ``OUTWARD`` in its place. A witness's proof is one of them."""
    return code.startswith(("seal-", "witness-"))


def refusal(code: str, alias: str = "") -> TransportError:
    """The error for a code of the table above, to be raised by whoever found it; ``alias``: of the key it is about."""
    kind, en, zh = _REFUSALS[code]
    return kind(f"{alias}: {en}", f"{alias}：{zh}", code=code) if alias else kind(en, zh, code=code)
