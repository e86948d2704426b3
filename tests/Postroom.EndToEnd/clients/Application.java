import jakarta.mail.Address;
import jakarta.mail.Authenticator;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.PasswordAuthentication;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.File;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.util.Date;
import java.util.Properties;

/**
 * Sends the mails that every client of the tests sends, and writes down what it built:
 * Application.java FOLDER each|kept|session NAME=VALUE…
 * The tests also run it with javax.mail, by replacing the one word.
 */
public class Application {
    public static void main(String[] args) throws Exception {
        Properties properties = new Properties();
        for (int i = 2; i < args.length; i++) {
            String[] setting = args[i].split("=", 2);
            properties.setProperty(setting[0], setting[1]);
        }
        String user = properties.getProperty("mail.smtp.user");
        String password = properties.getProperty("mail.smtp.password");
        send(Session.getInstance(properties, user == null ? null : new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(user, password);
            }
        }), new File(args[0]), args[1]);
    }

    public static void send(Session session, File folder, String way) throws Exception {
        // "session": Transport.send, which looks the transport up by itself, as code behind a JNDI session does.
        Transport transport = way.equals("session") ? null : session.getTransport("smtp");
        if (way.equals("kept")) transport.connect();
        for (String kind : new String[] {"text", "attachment", "many", "bad"}) {
            MimeMessage mail = write(session, kind);
            try {
                if (way.equals("each")) transport.connect();
                if (transport == null) Transport.send(mail, recipients(kind));
                else transport.sendMessage(mail, recipients(kind));
                System.out.println(kind + ": sent");
            } catch (SendFailedException e) {
                if (!kind.equals("bad")) throw e;
                System.out.println(kind + ": refused");
            } finally {
                if (way.equals("each")) transport.close();
            }
            // Afterwards: Transport.send gives it another Message-ID.
            try (OutputStream file = new FileOutputStream(new File(folder, kind + ".eml"));
                 OutputStream lines = new com.sun.mail.util.CRLFOutputStream(file)) {
                mail.writeTo(lines);
            }
        }
        if (way.equals("kept")) transport.close();
    }

    private static Address[] recipients(String kind) throws MessagingException {
        if (kind.equals("bad"))
            return new Address[] {to("alice@example.com"), to("double..dot@example.com"), to("bob@example.com")};
        Address[] all = new Address[kind.equals("many") ? 30 : 1];
        for (int i = 0; i < all.length; i++) all[i] = to("user" + i + "@example.com");
        return all;
    }

    // Not strict: applications hand over what their users typed.
    private static Address to(String address) throws MessagingException {
        InternetAddress all = new InternetAddress();
        all.setAddress(address);
        return all;
    }

    private static MimeMessage write(Session session, String kind) throws Exception {
        MimeMessage mail = new MimeMessage(session);
        mail.setFrom(new InternetAddress("jira@example.com", "Alice Müller (Jira)", "UTF-8"));
        mail.setRecipient(Message.RecipientType.TO, to("user0@example.com"));
        mail.setSubject("[JIRA] (PROJ-1) Der Drucker brennt – schon wieder", "UTF-8");
        mail.setSentDate(new Date());
        mail.addHeader("X-Kind", kind);
        String text = ".\n..two dots\n.hidden\nIssue PROJ-1: Grüße aus dem Keller\n";
        if (!kind.equals("attachment")) {
            mail.setText(text, "UTF-8");
            mail.setHeader("Content-Transfer-Encoding", "8bit");
        } else {
            MimeBodyPart words = new MimeBodyPart();
            words.setText(text, "UTF-8");
            MimeBodyPart picture = new MimeBodyPart();
            byte[] octets = new byte[50_000];
            new java.util.Random(1).nextBytes(octets);
            picture.setContent(octets, "application/octet-stream");
            picture.setFileName("drucker.png");
            mail.setContent(new MimeMultipart("mixed", words, picture));
        }
        mail.saveChanges();
        return mail;
    }
}
