// SPDX-License-Identifier: Apache-2.0
// What a stranger says of a letter: PDFBox finds its signatures, BouncyCastle
// verifies each, with the certificates inside and nothing but roots.
//
//   java -cp ... Judge.java DATE LETTER.pdf ROOT.pem...
//
// One line a signature: its field, "good" or what is wrong, whose it is, and
// of a timestamp when. DATE, in seconds, is when paths are judged; those of a
// certificate that had ended by then on its last day, as letter 1 is signed.
import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.apache.pdfbox.pdmodel.interactive.form.PDSignatureField;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.tsp.TimeStampToken;

public class Judge {
    static final Set<TrustAnchor> ROOTS = new HashSet<>();
    static Date date;

    public static void main(String[] arguments) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        byte[] file = Files.readAllBytes(Path.of(arguments[1]));

        date = new Date(Long.parseLong(arguments[0]) * 1000);
        for (int i = 2; i < arguments.length; i++) {
            try (FileInputStream in = new FileInputStream(arguments[i])) {
                ROOTS.add(new TrustAnchor((X509Certificate) factory.generateCertificate(in), null));
            }
        }
        try (PDDocument letter = PDDocument.load(file)) {
            for (PDSignatureField field : letter.getSignatureFields()) {
                if (field.getSignature() != null) {
                    System.out.println(field.getPartialName() + " "
                        + said(field.getSignature(), file));
                }
            }
        }
    }

    static String said(PDSignature signature, byte[] file) {
        try {
            byte[] cms = signature.getContents(file);
            byte[] content = signature.getSignedContent(file);

            return "ETSI.RFC3161".equals(signature.getSubFilter())
                ? stamped(cms, content) : signed(cms, content);
        }
        catch (Exception e) {
            return "bad: " + e;
        }
    }

    static String signed(byte[] cms, byte[] content) throws Exception {
        CMSSignedData data = new CMSSignedData(new CMSProcessableByteArray(content), cms);
        SignerInformation signer = data.getSignerInfos().getSigners().iterator().next();
        X509Certificate cert = path(data, signer);
        JcaSimpleSignerInfoVerifierBuilder builder = new JcaSimpleSignerInfoVerifierBuilder()
            .setProvider(new BouncyCastleProvider());

        // By its certificate it compares a signing time, if there is one, too.
        return (signer.verify(date.after(cert.getNotAfter()) ? builder.build(cert.getPublicKey())
                                                             : builder.build(cert)) ? "good " : "bad ")
            + cert.getSubjectX500Principal();
    }

    static String stamped(byte[] cms, byte[] content) throws Exception {
        CMSSignedData data = new CMSSignedData(cms);
        TimeStampToken token = new TimeStampToken(data);
        String algorithm = token.getTimeStampInfo().getMessageImprintAlgOID().getId();
        byte[] digest = java.security.MessageDigest.getInstance(algorithm).digest(content);
        X509Certificate cert;

        if (!java.util.Arrays.equals(digest, token.getTimeStampInfo().getMessageImprintDigest())) {
            return "bad: of other content";
        }
        cert = path(data, data.getSignerInfos().getSigners().iterator().next());
        token.validate(new JcaSimpleSignerInfoVerifierBuilder()
            .setProvider(new BouncyCastleProvider()).build(cert));
        return "good " + token.getTimeStampInfo().getGenTime().toInstant() + " "
            + cert.getSubjectX500Principal();
    }

    /** The signer's certificate, once it leads to a root. */
    @SuppressWarnings("unchecked")
    static X509Certificate path(CMSSignedData data, SignerInformation signer) throws Exception {
        JcaX509CertificateConverter converter = new JcaX509CertificateConverter();
        List<X509Certificate> all = new ArrayList<>();
        X509CertSelector target = new X509CertSelector();
        X509Certificate cert = converter.getCertificate((X509CertificateHolder)
            data.getCertificates().getMatches(signer.getSID()).iterator().next());
        PKIXBuilderParameters rules;

        for (Object one : data.getCertificates().getMatches(null)) {
            all.add(converter.getCertificate((X509CertificateHolder) one));
        }
        target.setCertificate(cert);
        rules = new PKIXBuilderParameters(ROOTS, target);
        rules.addCertStore(CertStore.getInstance("Collection",
            new CollectionCertStoreParameters(all)));
        rules.setRevocationEnabled(false);
        rules.setDate(date.after(cert.getNotAfter())
            ? new Date(cert.getNotAfter().getTime() - 1000) : date);
        CertPathBuilder.getInstance("PKIX").build(rules);
        return cert;
    }
}
