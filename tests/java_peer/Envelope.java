// EnvelopedData to an SM2 key, its content under SM4: put together from ASN.1 by hand, for BouncyCastle's CMS package makes none.

import java.math.BigInteger;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.cms.IssuerAndSerialNumber;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.crypto.CipherParameters;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;

final class Envelope {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final ASN1ObjectIdentifier AUTH_ENVELOPED = new ASN1ObjectIdentifier("1.2.840.113549.1.9.16.1.23");
    private static final int TAG = 16;

    private Envelope() {}

    // ── write ──

    static byte[] write(byte[] certificate, byte[] content, Spelling spelled) throws Exception {
        byte[] key = random(16);
        byte[] nonce = random(spelled.gcm ? 12 : 16);
        byte[] sealed = cipher(Cipher.ENCRYPT_MODE, spelled.gcm, key, nonce).doFinal(content);
        boolean apart = spelled.gcm && !spelled.gm;
        byte[] inside = apart ? Arrays.copyOf(sealed, sealed.length - TAG) : sealed;

        ASN1EncodableVector parts = new ASN1EncodableVector();
        parts.add(new ASN1Integer(apart ? 0 : spelled.gm ? 1 : spelled.keyId ? 2 : 0));
        parts.add(new DERSet(recipient(SignedMessage.certificate(certificate), key, spelled)));
        parts.add(sequence(Spelling.type(spelled.gm, 1), algorithm(spelled, nonce), implicit(new DEROctetString(inside))));
        if (apart) {
            parts.add(new DEROctetString(Arrays.copyOfRange(sealed, sealed.length - TAG, sealed.length)));
        }
        ASN1ObjectIdentifier type = apart ? AUTH_ENVELOPED : Spelling.type(spelled.gm, 3);
        return sequence(type, new DERTaggedObject(true, 0, new DERSequence(parts))).getEncoded("DER");
    }

    private static ASN1Sequence algorithm(Spelling spelled, byte[] nonce) {
        if (!spelled.gcm) {
            return sequence(Spelling.sm("104.2"), new DEROctetString(nonce));
        }
        return sequence(Spelling.sm("104." + spelled.gcmArc), sequence(new DEROctetString(nonce), new ASN1Integer(TAG)));
    }

    private static ASN1Sequence recipient(X509Certificate certificate, byte[] key, Spelling spelled) throws Exception {
        ASN1Encodable name = spelled.keyId ? implicit(new DEROctetString(keyId(certificate))) : issuerAndSerial(certificate);
        ASN1Sequence algorithm = sequence(Spelling.sm("301.3"), DERNull.INSTANCE);
        int version = spelled.keyId ? 2 : spelled.gm ? 1 : 0;
        return sequence(new ASN1Integer(version), name, algorithm, new DEROctetString(wrap(certificate, key, spelled)));
    }

    private static byte[] wrap(X509Certificate certificate, byte[] key, Spelling spelled) throws Exception {
        CipherParameters to = PublicKeyFactory.createKey(certificate.getPublicKey().getEncoded());
        SM2Engine engine = engine(spelled);
        engine.init(true, new ParametersWithRandom(to, RANDOM));
        byte[] raw = engine.processBlock(key, 0, key.length);
        if (spelled.form.equals("raw")) {
            return raw;
        }
        if (spelled.form.equals("bare")) {
            return Arrays.copyOfRange(raw, 1, raw.length);
        }
        int middle = spelled.newOrder ? 65 + 32 : raw.length - 32;
        return sequence(
                        new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(raw, 1, 33))),
                        new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(raw, 33, 65))),
                        new DEROctetString(Arrays.copyOfRange(raw, 65, middle)),
                        new DEROctetString(Arrays.copyOfRange(raw, middle, raw.length)))
                .getEncoded("DER");
    }

    // ── read, as agreed and no other way ──

    static byte[] read(byte[] message, byte[] pkcs8, Spelling spelled) throws Exception {
        ASN1Sequence outer = ASN1Sequence.getInstance(message);
        boolean apart = spelled.gcm && !spelled.gm;
        expect(outer.getObjectAt(0).equals(apart ? AUTH_ENVELOPED : Spelling.type(spelled.gm, 3)));
        ASN1Sequence parts = ASN1Sequence.getInstance(ASN1TaggedObject.getInstance(outer.getObjectAt(1)), true);
        ASN1Sequence recipient = ASN1Sequence.getInstance(ASN1Set.getInstance(parts.getObjectAt(1)).getObjectAt(0));
        expect(recipient.getObjectAt(1) instanceof ASN1TaggedObject == spelled.keyId);
        expect(ASN1Sequence.getInstance(recipient.getObjectAt(2)).getObjectAt(0).equals(Spelling.sm("301.3")));
        byte[] key = unwrap(pkcs8, ASN1OctetString.getInstance(recipient.getObjectAt(3)).getOctets(), spelled);

        ASN1Sequence content = ASN1Sequence.getInstance(parts.getObjectAt(2));
        expect(content.getObjectAt(0).equals(Spelling.type(spelled.gm, 1)));
        ASN1Sequence algorithm = ASN1Sequence.getInstance(content.getObjectAt(1));
        expect(algorithm.getObjectAt(0).equals(Spelling.sm(spelled.gcm ? "104." + spelled.gcmArc : "104.2")));
        ASN1Encodable parameters = algorithm.getObjectAt(1);
        ASN1Encodable nonce = spelled.gcm ? ASN1Sequence.getInstance(parameters).getObjectAt(0) : parameters;
        byte[] sealed = ASN1OctetString.getInstance(ASN1TaggedObject.getInstance(content.getObjectAt(2)), false).getOctets();
        Cipher cipher = cipher(Cipher.DECRYPT_MODE, spelled.gcm, key, ASN1OctetString.getInstance(nonce).getOctets());
        byte[] tag = apart ? ASN1OctetString.getInstance(parts.getObjectAt(3)).getOctets() : new byte[0];
        return cipher.doFinal(joined(sealed, tag));
    }

    private static byte[] unwrap(byte[] pkcs8, byte[] wrapped, Spelling spelled) throws Exception {
        SM2Engine engine = engine(spelled);
        engine.init(false, PrivateKeyFactory.createKey(pkcs8));
        byte[] raw = raw(wrapped, spelled);
        return engine.processBlock(raw, 0, raw.length);
    }

    private static byte[] raw(byte[] wrapped, Spelling spelled) {
        if (spelled.form.equals("raw")) {
            return wrapped;
        }
        if (spelled.form.equals("bare")) {
            return joined(new byte[] {4}, wrapped);
        }
        List<byte[]> parts = new ArrayList<>();
        parts.add(new byte[] {4});
        ASN1Sequence sequence = ASN1Sequence.getInstance(wrapped);
        for (int number = 0; number < 2; number++) {
            BigInteger coordinate = ASN1Integer.getInstance(sequence.getObjectAt(number)).getPositiveValue();
            parts.add(org.bouncycastle.util.BigIntegers.asUnsignedByteArray(32, coordinate));
        }
        parts.add(ASN1OctetString.getInstance(sequence.getObjectAt(2)).getOctets());
        parts.add(ASN1OctetString.getInstance(sequence.getObjectAt(3)).getOctets());
        return joined(parts.toArray(new byte[0][]));
    }

    // ── small things ──

    private static SM2Engine engine(Spelling spelled) {
        return new SM2Engine(spelled.newOrder ? SM2Engine.Mode.C1C3C2 : SM2Engine.Mode.C1C2C3);
    }

    private static Cipher cipher(int way, boolean gcm, byte[] key, byte[] nonce) throws Exception {
        Cipher cipher = Cipher.getInstance(gcm ? "SM4/GCM/NoPadding" : "SM4/CBC/PKCS7Padding", "BC");
        cipher.init(way, new SecretKeySpec(key, "SM4"), gcm ? new GCMParameterSpec(8 * TAG, nonce) : new IvParameterSpec(nonce));
        return cipher;
    }

    private static IssuerAndSerialNumber issuerAndSerial(X509Certificate certificate) {
        X500Name issuer = X500Name.getInstance(certificate.getIssuerX500Principal().getEncoded());
        return new IssuerAndSerialNumber(issuer, certificate.getSerialNumber());
    }

    private static byte[] keyId(X509Certificate certificate) throws Exception {
        byte[] extension = certificate.getExtensionValue("2.5.29.14");
        return SubjectKeyIdentifier.getInstance(JcaX509ExtensionUtils.parseExtensionValue(extension)).getKeyIdentifier();
    }

    private static ASN1Sequence sequence(ASN1Encodable... parts) {
        return new DERSequence(parts);
    }

    private static DERTaggedObject implicit(ASN1Encodable inner) {
        return new DERTaggedObject(false, 0, inner);
    }

    private static byte[] random(int length) {
        byte[] drawn = new byte[length];
        RANDOM.nextBytes(drawn);
        return drawn;
    }

    private static byte[] joined(byte[]... parts) {
        byte[] all = new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    private static void expect(boolean holds) {
        if (!holds) {
            throw new SecurityException("not as agreed");
        }
    }
}
