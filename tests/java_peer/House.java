// The seal of a house at its command line, by BouncyCastle: House open PARCEL PACKAGE, House seal PACKAGE PARCEL. Run where the house's
// keys/ are (tests/independent_bank); SPELLING says what was agreed (Spelling.java), and nothing else is opened.

import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.util.io.pem.PemReader;

public final class House {
    private static final Path KEYS = Path.of("keys");
    private static final byte[] USER_ID = "1234567812345678".getBytes(StandardCharsets.US_ASCII);

    public static void main(String[] said) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        Spelling spelled = new Spelling(System.getenv("SPELLING"));
        byte[] given = Files.readAllBytes(Path.of(said[1]));
        byte[] made = said[0].equals("open") ? open(given, spelled) : seal(given, spelled);
        Files.write(Path.of(said[2]), made);
    }

    private static byte[] open(byte[] parcel, Spelling spelled) throws Exception {
        return SignedMessage.read(Envelope.read(parcel, der("decrypt.key"), spelled), der("centre_sign.crt"), USER_ID);
    }

    private static byte[] seal(byte[] content, Spelling spelled) throws Exception {
        String types = spelled.gm ? "gm" : "pkcs7";
        byte[] signed = SignedMessage.write(der("sign.key"), der("sign.crt"), content, types, true, USER_ID);
        return Envelope.write(der("centre_encrypt.crt"), signed, spelled);
    }

    private static byte[] der(String name) throws Exception {
        return new PemReader(new StringReader(Files.readString(KEYS.resolve(name)))).readPemObject().getContent();
    }
}
