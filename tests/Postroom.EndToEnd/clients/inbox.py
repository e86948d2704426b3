import json, os, secrets, smtplib, urllib.parse, urllib.request
from email.message import EmailMessage

API, TOKEN, SMTP = os.environ["POSTROOM_API"], os.environ["POSTROOM_TOKEN"], int(os.environ["POSTROOM_SMTP"])
box = "run-" + secrets.token_hex(4)


def ask(method, path):
    request = urllib.request.Request(API + path, method=method, headers={"Authorization": "Bearer " + TOKEN})
    with urllib.request.urlopen(request) as answer:  # 409 raises: its body says what there is instead
        return answer.read()


since = json.loads(ask("POST", f"/api/v1/boxes/{box}/reset"))["since"]

# In the place of the application under test:
mail = EmailMessage()
mail["From"], mail["To"] = "shop@example.com", f"alice+{box}@example.com"
mail["Subject"] = "Reset your password"
mail.set_content("Go on at https://shop.example.com/reset?code=482913 to choose another.\n")
with smtplib.SMTP("127.0.0.1", SMTP) as smtp:
    smtp.send_message(mail)

query = urllib.parse.urlencode(
    {"box": box, "since": since, "filter": 'subject:"reset your password"', "count": "1", "within": "10"})
found = json.loads(ask("GET", "/api/v1/messages/expect?" + query))["recipients"]
assert found[0]["to"] == f"alice+{box}@example.com"

link = json.loads(ask("GET", f"/api/v1/mails/{found[0]['id']}/links"))["links"][0]["url"]
assert link == "https://shop.example.com/reset?code=482913"

ask("POST", f"/api/v1/boxes/{box}/reset")
print("ok", link)
