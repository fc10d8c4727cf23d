// A second house in another language and on another library (BouncyCastle): asked over its standard input, one call after the other.
//
// A call and its answer are a number of parts, each with its length before it (4 bytes, big-endian). The first part of a call is
// its name, the first part of an answer is "done" or "refused".

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

public final class Peer {
    public static void main(String[] none) throws IOException {
        Security.addProvider(new BouncyCastleProvider());
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out));
        while (true) {
            byte[][] call;
            try {
                call = read(in);
            } catch (EOFException end) {
                return;
            }
            try {
                write(out, "done".getBytes(StandardCharsets.UTF_8), act(call));
            } catch (Exception refused) {
                write(out, "refused".getBytes(StandardCharsets.UTF_8), refused.toString().getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private static byte[] act(byte[][] call) throws Exception {
        switch (text(call[0])) {
            case "sign":
                return SignedMessage.write(call[1], call[2], call[3], text(call[4]), text(call[5]).equals("attributes"), call[6]);
            case "verify":
                return SignedMessage.read(call[1], call[2], call[3]);
            case "sign beside":
                return SignedMessage.write(call[1], call[2], call[3], text(call[4]), true, call[5], false);
            case "verify beside":
                return SignedMessage.readBeside(call[1], call[2], call[3], call[4]);
            case "seal":
                return Envelope.write(call[1], call[2], new Spelling(text(call[3])));
            case "open":
                return Envelope.read(call[1], call[2], new Spelling(text(call[3])));
            default:
                throw new IllegalArgumentException(text(call[0]));
        }
    }

    private static String text(byte[] part) {
        return new String(part, StandardCharsets.UTF_8);
    }

    private static byte[][] read(DataInputStream in) throws IOException {
        byte[][] parts = new byte[in.readInt()][];
        for (int number = 0; number < parts.length; number++) {
            parts[number] = new byte[in.readInt()];
            in.readFully(parts[number]);
        }
        return parts;
    }

    private static void write(DataOutputStream out, byte[]... parts) throws IOException {
        out.writeInt(parts.length);
        for (byte[] part : parts) {
            out.writeInt(part.length);
            out.write(part);
        }
        out.flush();
    }
}
