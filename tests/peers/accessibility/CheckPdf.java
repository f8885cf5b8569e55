import java.io.FileInputStream;
import java.util.List;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Asks veraPDF's engine for its verdict on files, whatever they claim: PDF/UA-1 and PDF/A-2a. `check-pdfs` runs it. */
public final class CheckPdf {
    private CheckPdf() {}

    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        int failures = 0;
        for (String file : files) {
            for (PDFAFlavour flavour : List.of(PDFAFlavour.PDFUA_1, PDFAFlavour.PDFA_2_A)) {
                failures += passes(file, flavour) ? 0 : 1;
            }
        }
        System.out.println("files: " + files.length + ", failures: " + failures);
        System.exit(failures == 0 && files.length > 0 ? 0 : 1);
    }

    private static boolean passes(String file, PDFAFlavour flavour) {
        try (FileInputStream in = new FileInputStream(file);
                PDFAParser parser = Foundries.defaultInstance().createParser(in, flavour);
                PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            ValidationResult result = validator.validate(parser);
            if (result.isCompliant()) {
                return true;
            }
            System.out.println("FAILED " + flavour.getId() + " " + file);
            result.getTestAssertions().stream()
                    .filter(assertion -> assertion.getStatus() == TestAssertion.Status.FAILED)
                    .limit(5)
                    .forEach(assertion -> System.out.println("  " + assertion.getRuleId().getClause() + "-"
                            + assertion.getRuleId().getTestNumber() + ": " + assertion.getMessage()));
        } catch (Exception error) {
            System.out.println("FAILED " + flavour.getId() + " " + file + ": " + error);
        }
        return false;
    }
}
