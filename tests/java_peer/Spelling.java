// How an envelope is spelled, as words with blanks between them: "gcm gm issuer c1c3c2 asn1 8".

import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;

final class Spelling {
    static final String SM = "1.2.156.10197.1.";
    private static final String GM_TYPES = "1.2.156.10197.6.1.4.2.";
    private static final String PKCS7_TYPES = "1.2.840.113549.1.7.";

    final boolean gcm;
    final boolean gm;
    final boolean keyId;
    final boolean newOrder;
    final String form;
    final String gcmArc;

    Spelling(String words) {
        List<String> said = Arrays.asList(words.split(" "));
        gcm = said.get(0).equals("gcm");
        gm = said.get(1).equals("gm");
        keyId = said.get(2).equals("key_id");
        newOrder = said.get(3).equals("c1c3c2");
        form = said.get(4);
        gcmArc = said.get(5);
    }

    // 1 data, 2 signed, 3 enveloped, in either convention
    static ASN1ObjectIdentifier type(boolean gm, int arc) {
        return new ASN1ObjectIdentifier((gm ? GM_TYPES : PKCS7_TYPES) + arc);
    }

    static ASN1ObjectIdentifier sm(String arc) {
        return new ASN1ObjectIdentifier(SM + arc);
    }
}
