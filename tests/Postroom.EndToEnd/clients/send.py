"""Sends one mail with smtplib: send.py plain|starttls|auth PORT FILE"""
import smtplib
import ssl
import sys

way, port, file = sys.argv[1:]
with open(file, "rb") as mail, smtplib.SMTP("127.0.0.1", int(port), local_hostname="client.example.test", timeout=60) as relay:
    relay.ehlo()
    if way != "plain":
        relay.starttls(context=ssl._create_unverified_context())
        relay.ehlo()
    if way == "auth":
        relay.login("jira", "correct horse")
    relay.sendmail("jira@example.com", ["alice@example.com"], mail.read(), mail_options=["BODY=8BITMIME"])
