import java.io.*;
import java.net.*;
import java.net.http.*;
import java.nio.charset.StandardCharsets;
import java.util.regex.*;

public class Inbox {
    static final String API = System.getenv("POSTROOM_API"), TOKEN = System.getenv("POSTROOM_TOKEN");
    static final HttpClient HTTP = HttpClient.newHttpClient();

    static String ask(String method, String path) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(API + path)).header("Authorization", "Bearer " + TOKEN)
            .method(method, HttpRequest.BodyPublishers.noBody()).build();
        var answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) throw new AssertionError(answer.body()); // 409 says what there is instead
        return answer.body();
    }

    // A library for JSON does this better; none is needed for three fields.
    static String field(String json, String name) {
        var found = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        if (!found.find()) throw new AssertionError(name + " is not in " + json);
        return found.group(1).replace("\\u002B", "+");
    }

    static String encoded(String text) { return URLEncoder.encode(text, StandardCharsets.UTF_8); }

    // In the place of the application under test.
    static void send(String to) throws IOException {
        try (var socket = new Socket("127.0.0.1", Integer.parseInt(System.getenv("POSTROOM_SMTP")))) {
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            for (var line : new String[] {"", "EHLO test", "MAIL FROM:<shop@example.com>", "RCPT TO:<" + to + ">", "DATA",
                "Subject: Reset your password\r\n\r\nGo on at https://shop.example.com/reset?code=482913 now.\r\n.", "QUIT"}) {
                if (!line.isEmpty()) socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
                String said;
                do said = in.readLine(); while (said.charAt(3) == '-');
                if (said.charAt(0) > '3') throw new AssertionError(said);
            }
        }
    }

    public static void main(String[] none) throws Exception {
        var box = "run-" + Long.toHexString(System.nanoTime());
        var since = field(ask("POST", "/api/v1/boxes/" + box + "/reset"), "since");
        send("alice+" + box + "@example.com");
        var found = ask("GET", "/api/v1/messages/expect?box=" + box + "&since=" + since + "&count=1&within=10&filter="
            + encoded("subject:\"reset your password\""));
        if (!field(found, "to").equals("alice+" + box + "@example.com")) throw new AssertionError(found);
        var link = field(ask("GET", "/api/v1/mails/" + field(found, "id") + "/links"), "url");
        if (!link.equals("https://shop.example.com/reset?code=482913")) throw new AssertionError(link);
        ask("POST", "/api/v1/boxes/" + box + "/reset");
        System.out.println("ok " + link);
    }
}
