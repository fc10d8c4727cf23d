"""A CA that shares no line with ours: openssl, which verifies what it is asked with and gives a certificate for it (RSA, EC, SM2)."""

import subprocess
from pathlib import Path

DISTID = "distid:1234567812345678"
_MAKE = {
    "sm2": ("SM2",),
    "ec-p256": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "rsa3072": ("RSA", "-pkeyopt", "rsa_keygen_bits:3072"),
}


class OpensslCa:
    """``kind``: of its key and of those it certifies. Its files, ``ca.pem`` the root, are in ``folder``."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        self._digest, self._signs = ("-sm3", ("-sigopt", DISTID)) if kind == "sm2" else ("-sha256", ())
        self._verifies = ("-vfyopt", DISTID) if kind == "sm2" else ()
        folder.mkdir(exist_ok=True)
        self.make_key("ca")
        self.run(
            "req",
            "-x509",
            "-key",
            "ca.key",
            "-subj",
            "/O=CA/CN=root",
            "-days",
            "900",
            self._digest,
            *self._signs,
            "-out",
            "ca.pem",
        )

    def make_key(self, name: str) -> bytes:
        """A key made by openssl; PKCS #8 in DER."""
        self.run("genpkey", "-algorithm", *_MAKE[self.kind], "-out", f"{name}.key")
        return self.run("pkcs8", "-topk8", "-nocrypt", "-in", f"{name}.key", "-outform", "DER")

    def answer(self, request: bytes, days: int = 500) -> bytes:
        """The certificate for a request, with the key usage it asks for; PEM."""
        (self.folder / "asked.pem").write_bytes(request)
        by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", self._digest, *self._signs, *self._verifies)
        return self.run("x509", "-req", "-in", "asked.pem", *by, "-copy_extensions", "copyall", "-days", str(days))

    def encryption_certificate(self, name: str) -> tuple[bytes, bytes]:
        """(PKCS #8 in DER, certificate in PEM) of an encryption key the CA makes for ``name`` itself, as with dual certificates."""
        key = self.make_key("made")
        usage = "keyUsage=critical,keyEncipherment,dataEncipherment,keyAgreement"
        subject = ("-subj", f"/O=CA/CN={name}", "-addext", usage)
        return key, self.answer(self.run("req", "-new", "-key", "made.key", *subject, self._digest, *self._signs))

    def run(self, *arguments: str) -> bytes:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, check=False)
        assert 0 == done.returncode, done.stderr.decode()
        return done.stdout
