import java.io.File;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.util.Date;
import java.util.Properties;
import javax.mail.Message;
import javax.mail.Session;
import javax.mail.Transport;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeBodyPart;
import javax.mail.internet.MimeMessage;
import javax.mail.internet.MimeMultipart;

/** Sends mail as Jira does: the same properties, multipart/alternative, and a connection for each mail or one for all. */
public class JiraMail {
    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[1]);
        boolean kept = args[2].equals("kept");
        Properties properties = new Properties();
        properties.setProperty("mail.smtp.host", "127.0.0.1");
        properties.setProperty("mail.smtp.port", args[0]);
        properties.setProperty("mail.smtp.timeout", "10000");
        properties.setProperty("mail.transport.protocol", "smtp");
        Session session = Session.getInstance(properties);

        Transport transport = session.getTransport("smtp");
        if (kept) transport.connect();
        for (int i = 0; i < count; i++) {
            MimeMessage mail = write(session, i);
            try (OutputStream file = new FileOutputStream(new File(args[3], String.format("%04d.eml", i)));
                 OutputStream lines = new com.sun.mail.util.CRLFOutputStream(file)) {
                mail.writeTo(lines);
            }
            if (!kept) transport.connect();
            transport.sendMessage(mail, mail.getAllRecipients());
            if (!kept) transport.close();
        }
        if (kept) transport.close();
    }

    private static MimeMessage write(Session session, int i) throws Exception {
        MimeMessage mail = new MimeMessage(session);
        mail.setFrom(new InternetAddress("jira@example.com", "Alice Müller (Jira)", "UTF-8"));
        mail.setRecipient(Message.RecipientType.TO, new InternetAddress("user" + i + "@example.com"));
        mail.setSubject("[JIRA] (PROJ-" + i + ") Der Drucker brennt – schon wieder", "UTF-8");
        mail.setSentDate(new Date());
        mail.addHeader("X-JIRA-FingerPrint", "52b0fe4d0a7b7c41f65ea09fe94f9a26");
        mail.addHeader("Precedence", "bulk");
        mail.addHeader("Auto-Submitted", "auto-generated");
        MimeBodyPart text = new MimeBodyPart();
        text.setText(".\n..two dots\n.hidden\nIssue PROJ-" + i + ": Grüße aus dem Keller\n", "UTF-8");
        MimeBodyPart html = new MimeBodyPart();
        html.setContent("<p style=\"color: red\">PROJ-" + i + "</p>\n".repeat(40), "text/html; charset=UTF-8");
        MimeMultipart both = new MimeMultipart("alternative");
        both.addBodyPart(text);
        both.addBodyPart(html);
        mail.setContent(both);
        mail.saveChanges();
        return mail;
    }
}
