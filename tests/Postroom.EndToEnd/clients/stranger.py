"""Holds dialogues with a relay from wherever it is run: stranger.py HOST FILE

FILE is JSON: [{"port": 25, "lines": ["EHLO x", ...]}, ...]. A line "STARTTLS" begins TLS if it is answered with 220.
Prints JSON: for each dialogue the replies, the greeting first; "" where the relay has closed.
"""
import json
import socket
import ssl
import sys

host, file = sys.argv[1:]
trusting = ssl._create_unverified_context()


def reply(stream):
    lines = []
    try:
        while True:
            line = stream.readline().decode("latin-1")
            lines.append(line)
            if len(line) < 4 or line[3] != "-":
                return "".join(lines).rstrip()
    except OSError:
        return ""


def dialogue(port, lines):
    with socket.create_connection((host, port), timeout=60) as connection:
        stream = connection.makefile("rb")
        replies = [reply(stream)]
        for line in lines:
            try:
                connection.sendall(line.encode("latin-1") + b"\r\n")
            except OSError:
                replies.append("")
                continue
            replies.append(reply(stream))
            if line == "STARTTLS" and replies[-1].startswith("220"):
                connection = trusting.wrap_socket(connection)
                stream = connection.makefile("rb")
        return replies


with open(file, encoding="utf-8") as asked:
    json.dump([dialogue(one["port"], one["lines"]) for one in json.load(asked)], sys.stdout)
