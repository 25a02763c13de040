# SPDX-License-Identifier: BSD-2-Clause
"""Who alerts are told to, for alerts.sh: each appends what it took to a file, a JSON object a line.

    receivers.py http PORT FILE [CERT KEY]       the path begins with the status that it answers: /200/x
    receivers.py smtp PORT FILE CERT KEY USER PASSWORD
                                                 ESMTP with STARTTLS and AUTH, which it insists on
"""
import base64
import email
import email.policy
import http.server
import json
import socketserver
import ssl
import sys

path = sys.argv[3]


def note(**what):
    with open(path, "a", encoding="utf-8") as to:
        to.write(json.dumps(what) + "\n")


def context(cert, key):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(cert, key)
    return made


class Web(http.server.BaseHTTPRequestHandler):
    def take(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        note(method=self.command, path=self.path, type=self.headers["Content-Type"],
             auth=self.headers["Authorization"], body=body)
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Location", "/200/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT = do_GET = take

    def log_message(self, *_):
        pass


class Mail(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def line(self):
        return self.rfile.readline().decode().rstrip("\r\n")

    def secure(self):
        self.say("220 go on")
        self.connection = context(*sys.argv[4:6]).wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def login(self, words):
        if words[1].upper() != "PLAIN":
            return self.say("504 no")
        if len(words) < 3:
            self.say("334 ")
            words.append(self.line())
        self.user = base64.b64decode(words[2]).decode().split("\0")[1:]
        self.user = self.user if self.user == sys.argv[6:8] else None
        return self.say("235 welcome" if self.user else "535 no")

    def data(self):
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        mail = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        note(user=self.user and self.user[0], tls=isinstance(self.connection, ssl.SSLSocket), from_=self.sender,
             to=self.to, headers=sorted(mail.keys()), subject=mail["Subject"], text=mail.get_content(),
             date=str(mail["Date"].datetime.timestamp()))
        self.say("250 taken")

    def handle(self):
        self.user, self.sender, self.to = None, None, []
        self.say("220 lab ESMTP")
        while line := self.line():
            words = line.split(" ")
            verb, tls = words[0].upper(), isinstance(self.connection, ssl.SSLSocket)
            if verb == "EHLO":
                self.say("250-lab")
                self.say("250 AUTH PLAIN" if tls else "250 STARTTLS")
            elif verb == "STARTTLS" and not tls:
                self.secure()
            elif verb == "AUTH" and tls:
                self.login(words)
            elif verb == "QUIT":
                return self.say("221 bye")
            elif not self.user:
                self.say("530 who are you")
            elif verb == "MAIL":
                self.sender = line[5:]
                self.say("250 fine")
            elif verb == "RCPT":
                self.to.append(line[5:])
                self.say("250 fine" if "nobody@" not in line else "550 there is no such user")
            elif verb == "DATA":
                self.data()
            else:
                self.say("502 what")
        return None


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


def main():
    server = Server(("127.0.0.1", int(sys.argv[2])), Web if sys.argv[1] == "http" else Mail)
    if sys.argv[1] == "http" and len(sys.argv) > 4:
        server.socket = context(*sys.argv[4:6]).wrap_socket(server.socket, server_side=True)
    server.serve_forever()


main()
