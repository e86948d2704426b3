"""The least of an SMTP server around GNU SASL: gsasl.py FOLDER PORT SINK TLS MECHANISM...

Takes mail over STARTTLS from the user jira with the password "right", and hands it to 127.0.0.1:SINK. TLS is 1.2 or 1.3.
What GNU SASL knows of a channel is tls-unique. Writes what becomes of each AUTH to FOLDER/log/mainlog.
"""
import base64
import ctypes
import smtplib
import socketserver
import ssl
import sys

folder, port, sink, tls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
mechanisms = sys.argv[5:]

OK, NEEDS_MORE, NO_CALLBACK = 0, 1, 51
PASSWORD, CB_TLS_UNIQUE = 3, 18

gsasl = ctypes.CDLL("libgsasl.so.18")
gsasl.gsasl_strerror_name.restype = ctypes.c_char_p
Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{folder}/fullchain.pem", f"{folder}/privkey.pem")
context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2 if tls == "1.2" else ssl.TLSVersion.TLSv1_3


class Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def ask(self):
        return self.rfile.readline().decode().rstrip("\r\n")

    def note(self, words):
        with open(f"{folder}/log/mainlog", "a") as log:
            log.write(words + "\n")

    def handle(self):
        self.user = False
        self.say("220 gsasl.example.test ESMTP")
        while line := self.ask():
            verb = line.split(" ")[0].upper()
            if verb == "QUIT":
                return self.say("221 2.0.0 Bye")
            getattr(self, f"on_{verb.lower()}", self.on_other)(line)

    def on_ehlo(self, line):
        secured = isinstance(self.request, ssl.SSLSocket)
        self.say("250-gsasl.example.test")
        self.say("250-8BITMIME")
        self.say("250 AUTH " + " ".join(mechanisms) if secured else "250 STARTTLS")

    def on_starttls(self, line):
        self.say("220 2.0.0 Go")
        self.request = context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)

    def on_auth(self, line):
        words = line.split(" ")
        channel = base64.b64encode(self.request.get_channel_binding("tls-unique") or b"")
        library, exchange = ctypes.c_void_p(), ctypes.c_void_p()
        gsasl.gsasl_init(ctypes.byref(library))

        def tell(_, session, what):
            told = {PASSWORD: b"right", CB_TLS_UNIQUE: channel}.get(what)
            if told is None:
                return NO_CALLBACK
            return gsasl.gsasl_property_set(ctypes.c_void_p(session), what, told) or OK

        callback = Callback(tell)
        gsasl.gsasl_callback_set(library, callback)
        status = gsasl.gsasl_server_start(library, words[1].encode(), ctypes.byref(exchange))
        said, steps = words[2] if len(words) > 2 else "", 0
        while status in (OK, NEEDS_MORE):
            answer = ctypes.c_char_p()
            status = gsasl.gsasl_step64(exchange, said.encode(), ctypes.byref(answer))
            steps += 1
            if status not in (OK, NEEDS_MORE):
                break
            if answer.value:
                self.say("334 " + answer.value.decode())
                said = self.ask()
            if status == OK:
                break
        self.user = status == OK and not said
        name = gsasl.gsasl_strerror_name(status).decode()
        first = base64.b64decode(words[2]).decode().split(",")[0] if len(words) > 2 else ""
        self.note(f"{self.request.version()} {words[1]} {first} step {steps}: {name}")
        self.say("235 2.7.0 Welcome" if self.user else "535 5.7.8 Not you")

    def on_mail(self, line):
        self.sender, self.recipients = line[line.index("<") + 1:line.index(">")], []
        self.say("250 2.1.0 Ok" if self.user else "530 5.7.0 Log in first")

    def on_rcpt(self, line):
        self.recipients.append(line[line.index("<") + 1:line.index(">")])
        self.say("250 2.1.5 Ok")

    def on_data(self, line):
        self.say("354 Go on")
        body = b""
        while (part := self.rfile.readline()) != b".\r\n":
            body += part[1:] if part.startswith(b".") else part
        with smtplib.SMTP("127.0.0.1", sink) as hop:
            hop.sendmail(self.sender, self.recipients, body)
        self.say("250 2.0.0 Ok")

    def on_other(self, line):
        self.say("250 2.0.0 Ok")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("127.0.0.1", port), Session).serve_forever()
