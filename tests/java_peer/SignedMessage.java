// SignedData by SM2 with SM3. Under CMS names BouncyCastle's own CMS package writes and verifies it; the Chinese names, which that
// package does not know, are put on afterwards and looked through by hand.

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Collections;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.SignedData;
import org.bouncycastle.asn1.cms.SignerInfo;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.jcajce.spec.SM2ParameterSpec;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

final class SignedMessage {
    private SignedMessage() {}

    static byte[] write(byte[] key, byte[] certificate, byte[] content, String types, boolean attributes, byte[] userId)
            throws Exception {
        return write(key, certificate, content, types, attributes, userId, true);
    }

    // ``inside``: does the content lie in it, or beside it?
    static byte[] write(
            byte[] key, byte[] certificate, byte[] content, String types, boolean attributes, byte[] userId, boolean inside)
            throws Exception {
        ContentSigner signer = new UserSigner(privateKey(key), userId);
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        generator.addSignerInfoGenerator(
                new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().setProvider("BC").build())
                        .setDirectSignature(!attributes)
                        .build(signer, certificate(certificate)));
        generator.addCertificates(new JcaCertStore(Collections.singletonList(certificate(certificate))));
        boolean gm = types.equals("gm");
        CMSSignedData signed = generator.generate(new CMSProcessableByteArray(Spelling.type(gm, 1), content), inside);
        ContentInfo named = new ContentInfo(Spelling.type(gm, 2), signed.toASN1Structure().getContent());
        return named.getEncoded("DER");
    }

    // BouncyCastle's own builder of signers takes no user id.
    private static final class UserSigner implements ContentSigner {
        private final Signature signature;
        private final ByteArrayOutputStream text = new ByteArrayOutputStream();

        UserSigner(PrivateKey key, byte[] userId) throws GeneralSecurityException {
            signature = Signature.getInstance("SM3withSM2", "BC");
            signature.setParameter(new SM2ParameterSpec(userId));
            signature.initSign(key);
        }

        @Override
        public AlgorithmIdentifier getAlgorithmIdentifier() {
            return new AlgorithmIdentifier(Spelling.sm("501"));
        }

        @Override
        public OutputStream getOutputStream() {
            return text;
        }

        @Override
        public byte[] getSignature() {
            try {
                signature.update(text.toByteArray());
                return signature.sign();
            } catch (GeneralSecurityException cannot) {
                throw new IllegalStateException(cannot);
            }
        }
    }

    // The content, when the one signature over it holds.
    static byte[] read(byte[] message, byte[] certificate, byte[] userId) throws Exception {
        SignedData signed = SignedData.getInstance(ContentInfo.getInstance(message).getContent());
        byte[] content = ASN1OctetString.getInstance(signed.getEncapContentInfo().getContent()).getOctets();
        verify(message, content, certificate, userId);
        return content;
    }

    // The content that lies beside a signature, when it holds.
    static byte[] readBeside(byte[] signature, byte[] content, byte[] certificate, byte[] userId) throws Exception {
        expect(SignedData.getInstance(ContentInfo.getInstance(signature).getContent()).getEncapContentInfo().getContent() == null);
        verify(signature, content, certificate, userId);
        return content;
    }

    private static void verify(byte[] message, byte[] content, byte[] certificate, byte[] userId) throws Exception {
        ContentInfo outer = ContentInfo.getInstance(message);
        if (outer.getContentType().equals(Spelling.type(false, 2)) && Arrays.equals(userId, "1234567812345678".getBytes())) {
            CMSSignedData signed = new CMSSignedData(new CMSProcessableByteArray(content), message);
            SignerInformation signer = signed.getSignerInfos().iterator().next();
            expect(signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(certificate(certificate))));
        } else {
            expect(outer.getContentType().equals(Spelling.type(true, 2)) || outer.getContentType().equals(Spelling.type(false, 2)));
            verifyByHand(SignedData.getInstance(outer.getContent()), content, certificate, userId);
        }
    }

    private static void verifyByHand(SignedData signed, byte[] content, byte[] certificate, byte[] userId) throws Exception {
        SignerInfo signer = SignerInfo.getInstance(signed.getSignerInfos().getObjectAt(0));
        ASN1Set attributes = signer.getAuthenticatedAttributes();
        AttributeTable table = new AttributeTable(attributes);
        ASN1OctetString digest =
                ASN1OctetString.getInstance(table.get(CMSAttributes.messageDigest).getAttrValues().getObjectAt(0));
        expect(Arrays.equals(MessageDigest.getInstance("SM3", "BC").digest(content), digest.getOctets()));
        expect(table.get(CMSAttributes.contentType).getAttrValues().getObjectAt(0).equals(signed.getEncapContentInfo().getContentType()));
        Signature signature = Signature.getInstance("SM3withSM2", "BC");
        signature.setParameter(new SM2ParameterSpec(userId));
        signature.initVerify(certificate(certificate).getPublicKey());
        signature.update(attributes.getEncoded("DER"));
        expect(signature.verify(signer.getEncryptedDigest().getOctets()));
    }

    static PrivateKey privateKey(byte[] pkcs8) throws Exception {
        return KeyFactory.getInstance("EC", "BC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    static X509Certificate certificate(byte[] der) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509", "BC").generateCertificate(new ByteArrayInputStream(der));
    }

    private static void expect(boolean holds) {
        if (!holds) {
            throw new SecurityException("does not hold");
        }
    }
}
