set -euo pipefail
box=run-$RANDOM$RANDOM
ask() { curl --silent --show-error --fail-with-body -H "Authorization: Bearer $POSTROOM_TOKEN" "$@"; }

since=$(ask -X POST "$POSTROOM_API/api/v1/boxes/$box/reset" | jq -r .since)

# In the place of the application under test:
printf 'Subject: Reset your password\r\n\r\nGo on at https://shop.example.com/reset?code=482913 now.\r\n' |
    curl --silent --show-error "smtp://127.0.0.1:$POSTROOM_SMTP" --mail-from shop@example.com \
        --mail-rcpt "alice+$box@example.com" --upload-file -

# 409 ends it: what there is instead stands in the body.
found=$(ask --get "$POSTROOM_API/api/v1/messages/expect" --data-urlencode "box=$box" --data-urlencode "since=$since" \
    --data-urlencode 'filter=subject:"reset your password"' -d count=1 -d within=10)
[ "$(jq -r '.recipients[0].to' <<<"$found")" = "alice+$box@example.com" ]

link=$(ask "$POSTROOM_API/api/v1/mails/$(jq -r '.recipients[0].id' <<<"$found")/links" | jq -r '.links[0].url')
[ "$link" = "https://shop.example.com/reset?code=482913" ]

ask -X POST "$POSTROOM_API/api/v1/boxes/$box/reset" >/dev/null
echo "ok $link"
